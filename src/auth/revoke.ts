// Revoke (RFC 7009): a refresh token ends its grant and all minted from it, an access token only itself. Idempotent.
import { auditEvent } from "../audit.ts";
import type { Call, UseCase } from "../call.ts";
import { Failure } from "../failure.ts";
import type { RevokeRequestSchema, RevokeResponseSchema } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { isRefreshToken, parseRefreshToken } from "../tokens/refresh-token.ts";
import { callingClient } from "../call.ts";
import { readOwnToken } from "./liveness.ts";

type Needs = Pick<Parts, "store" | "keyring" | "verify">;

export const revoke =
  (parts: Needs): UseCase<typeof RevokeRequestSchema, typeof RevokeResponseSchema> =>
  async (call, request) => {
    if (isRefreshToken(request.token)) await revokeRefreshToken(parts, call, request.token);
    else await revokeAccessToken(parts, call, request.token);
    return {};
  };

async function revokeRefreshToken(parts: Needs, call: Call, token: string): Promise<void> {
  const { application } = callingClient(call);
  const presented = parseRefreshToken(parts.keyring, token);
  if (presented === undefined) return;
  const family = await parts.store.tenant(application.tenantId).family(presented.familyId);
  if (family === undefined) return;
  if (family.clientId !== application.id) throw othersToken();
  // Any generation of the family will do: whoever holds one of its tokens may end it.
  await parts.store.write(
    "endGrant",
    {
      tenantId: family.tenantId,
      grantId: family.grantId,
      now: call.now,
      reason: "revoked",
      audit: auditEvent(call, { event: "grant.revoked", subject: family.grantId, tenantId: family.tenantId }),
    },
    call.deadline,
  );
}

async function revokeAccessToken(parts: Needs, call: Call, token: string): Promise<void> {
  const { application } = callingClient(call);
  const claims = readOwnToken(parts, token, call.now);
  // Unknown, expired or mangled: there is nothing to end (RFC 7009 section 2.2).
  if (claims === undefined || claims.tenant_id !== application.tenantId) return;
  if (claims.client_id !== application.id) throw othersToken();
  await parts.store.write(
    "revokeToken",
    {
      token: { jti: claims.jti, tenantId: claims.tenant_id, expireTime: claims.exp * 1000 },
      audit: auditEvent(call, { event: "token.revoked", subject: claims.jti, tenantId: claims.tenant_id }),
    },
    call.deadline,
  );
}

const othersToken = () =>
  new Failure("denied", "the token belongs to another application", { reason: "UNAUTHORIZED_CLIENT" });
