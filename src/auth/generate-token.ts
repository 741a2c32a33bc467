// GenerateToken: an authenticated application asks for the access token of a user it names by verified e-mail.
import type { ClientState, UseCase } from "../call.ts";
import { Failure, invalidClient } from "../failure.ts";
import {
  type GenerateTokenRequest,
  type GenerateTokenRequestSchema,
  type TokenResponseSchema,
} from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { emailKey } from "../policy/email.ts";
import { callingClient } from "../call.ts";
import { issue, readScope, subjectAt } from "./issue.ts";
import { realmTarget } from "./realm.ts";

type Needs = Pick<Parts, "store" | "policies" | "permissions" | "keyring" | "mint" | "lifetimes" | "random" | "log">;

export const generateToken =
  (parts: Needs): UseCase<typeof GenerateTokenRequestSchema, typeof TokenResponseSchema> =>
  async (call, request) => {
    const client = callingClient(call);
    if (!namesCaller(request, client)) throw nobody(request, "the ids name another application");
    const policy = await parts.policies.of(client.application.tenantId, client.tenant.policyEpoch);
    const resource = realmTarget(policy, request.realm, client.application);
    const user = await parts.store.tenant(client.application.tenantId).userByEmail(emailKey(request.emailId));
    if (user === undefined || user.suspended) throw nobody(request, "no such active user");
    const subject = await subjectAt(parts, call, {
      client,
      user,
      resource,
      organization: undefined,
    }).catch((thrown: unknown) => {
      throw thrown instanceof Failure && thrown.kind === "badToken" ? nobody(request, thrown.cause) : thrown;
    });
    const issued = await issue(parts, call, {
      ...subject,
      asked: readScope(request.scope),
      ttl: request.ttl,
      connectorId: null,
      claim: undefined,
      refreshable: false,
    });
    return { accessToken: issued.token, expiresIn: issued.expiresIn, tokenType: "Bearer", scope: issued.scope };
  };

const namesCaller = (request: GenerateTokenRequest, { application }: ClientState): boolean =>
  request.clientId === application.id &&
  request.projectId === application.projectId &&
  request.tenantId === application.tenantId;

/** One answer for every mismatch. Only a caller that proved itself beside the request hears "not found". */
function nobody(request: GenerateTokenRequest, cause: unknown): Failure {
  if (request.secretId !== "") return invalidClient(cause);
  return new Failure("notFound", "client or user not found", { cause });
}
