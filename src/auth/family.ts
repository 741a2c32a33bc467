// A family's row in the words of the rotation policy.
import type { FamilyState, Presented } from "../policy/rotation.ts";
import type { Row } from "../store/tables.ts";
import type { Keyring } from "../tokens/keyring.ts";
import { matchOf, type PresentedRefreshToken } from "../tokens/refresh-token.ts";

export function familyState(row: Row<"refreshFamily">): FamilyState {
  return {
    generation: row.generation,
    headDigest: row.headDigest,
    previousDigest: row.previousDigest,
    salt: row.salt,
    rotatedAt: row.rotateTime,
    retryWindowMs: row.retryWindowMs,
    clientId: row.clientId,
    binding: row.binding,
    idleExpiresAt: row.idleExpireTime,
    absoluteExpiresAt: row.absoluteExpireTime,
    revokedAt: row.revokeTime,
  };
}

/** Which token of the family this is, and who brings it. */
export const presentedBy = (
  keyring: Keyring,
  row: Row<"refreshFamily">,
  input: { token: string; presented: PresentedRefreshToken; clientId: string },
): Presented => ({
  generation: input.presented.generation,
  matches: matchOf(keyring, input.token, row),
  clientId: input.clientId,
  binding: null,
});
