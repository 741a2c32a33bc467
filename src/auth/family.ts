// What a presented refresh token does to its family's row, in the words of the rotation policy.
import { decideRotation, type FamilyState, type RotationDecision } from "../policy/rotation.ts";
import type { Row } from "../store/tables.ts";
import type { Keyring } from "../tokens/keyring.ts";
import { matchOf, type PresentedRefreshToken } from "../tokens/refresh-token.ts";

/** Asked by Refresh, and by Introspect, which calls inactive whatever Refresh would refuse. `now` is milliseconds. */
export const decidePresentation = (
  keyring: Keyring,
  row: Row<"refreshFamily">,
  input: { token: string; presented: PresentedRefreshToken; clientId: string; now: number },
): RotationDecision =>
  decideRotation(
    familyState(row),
    {
      generation: input.presented.generation,
      matches: matchOf(keyring, input.token, row),
      clientId: input.clientId,
      binding: null,
    },
    input.now,
  );

function familyState(row: Row<"refreshFamily">): FamilyState {
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
