// Exchange: an upstream token in, this tenant's tokens out (RFC 8693 in spirit; its other parameters are refused).
import type { UseCase } from "../call.ts";
import { Failure } from "../failure.ts";
import type { ExchangeRequest, ExchangeRequestSchema, ExchangeResponseSchema } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { chooseAudience } from "../policy/audience.ts";
import { callingClient } from "../call.ts";
import { issue, readScope, subjectAt } from "./issue.ts";
import { organizationOf } from "./subject.ts";
import { targetOrRefuse } from "./target.ts";
import { recognize } from "./upstream.ts";
import { userPicture } from "./user-picture.ts";

type Needs = Pick<
  Parts,
  "store" | "policies" | "permissions" | "issuers" | "keyring" | "mint" | "lifetimes" | "random" | "log"
>;

export const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

export const exchange =
  (parts: Needs): UseCase<typeof ExchangeRequestSchema, typeof ExchangeResponseSchema> =>
  async (call, request) => {
    refuseUnbuilt(request);
    // Before anything is asked or made in its name: a malformed request must not leave a user behind.
    const asked = readScope(request.scope);
    const client = callingClient(call);
    const { application } = client;
    const policy = await parts.policies.of(application.tenantId, client.tenant.policyEpoch);
    const resource = targetOrRefuse(chooseAudience(policy, { requested: request.resource, application }));
    const { user, connector, upstream, claim } = await recognize(parts, call, {
      client,
      token: request.accessToken,
      connectorId: request.connectorId,
    });
    const tenant = parts.store.tenant(application.tenantId);
    const organization = await organizationOf(tenant, user, application, request.organizationId);
    const subject = await subjectAt(parts, call, { client, user, resource, organization });
    const issued = await issue(parts, call, {
      ...subject,
      asked,
      ttl: request.ttl,
      connectorId: connector.id,
      claim,
      refreshable: true,
    });
    return {
      token: issued.token,
      refreshToken: issued.refreshToken,
      expiresIn: issued.expiresIn,
      tokenType: "Bearer",
      issuedTokenType: accessTokenType,
      scope: issued.scope,
      user: userPicture(subject, upstream.subject),
    };
  };

/** A parameter that is not served is refused, never ignored (RFC 8693 section 2.1). */
function refuseUnbuilt(request: ExchangeRequest): void {
  const { subjectToken, subjectTokenType, actorToken, actorTokenType, requestedTokenType, audience } = request;
  const wanted = {
    subject_token: subjectToken,
    subject_token_type: subjectTokenType,
    actor_token: actorToken,
    actor_token_type: actorTokenType,
    audience: audience.join(" "),
  };
  const unbuilt = Object.entries(wanted).find(([, value]) => value !== "")?.[0];
  const otherType = requestedTokenType !== "" && requestedTokenType !== accessTokenType;
  if (unbuilt === undefined && !otherType) return;
  throw new Failure("unimplemented", "the request names a parameter that is not served yet", {
    violations: [{ field: unbuilt ?? "requested_token_type", description: "not served yet", rule: "unimplemented" }],
  });
}
