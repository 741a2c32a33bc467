// OidcToken: an upstream ID token becomes an access token in the tenant of the bearer that calls.
import type { UseCase } from "../call.ts";
import type { OidcTokenRequestSchema, TokenResponseSchema } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { callingClient } from "../call.ts";
import { issue, readScope, subjectAt } from "./issue.ts";
import { realmTarget } from "./realm.ts";
import { recognize } from "./upstream.ts";

type Needs = Pick<
  Parts,
  "store" | "policies" | "permissions" | "issuers" | "keyring" | "mint" | "lifetimes" | "random" | "log"
>;

export const oidcToken =
  (parts: Needs): UseCase<typeof OidcTokenRequestSchema, typeof TokenResponseSchema> =>
  async (call, request) => {
    // The tenant comes from the bearer, never from what the token says.
    const client = callingClient(call);
    const policy = await parts.policies.of(client.application.tenantId, client.tenant.policyEpoch);
    const resource = realmTarget(policy, request.realm, client.application);
    const { user, connector, claim } = await recognize(parts, call, {
      client,
      token: request.oidcToken,
      nonce: request.nonce,
    });
    const subject = await subjectAt(parts, call, { client, user, resource, organization: undefined });
    const issued = await issue(parts, call, {
      ...subject,
      asked: readScope(request.scope),
      ttl: request.ttl,
      connectorId: connector.id,
      claim,
      refreshable: false,
    });
    return { accessToken: issued.token, expiresIn: issued.expiresIn, tokenType: "Bearer", scope: issued.scope };
  };
