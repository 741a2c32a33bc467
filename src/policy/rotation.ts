// What one presented refresh token does to its family: rotates it, repeats an answer, or shows that it was stolen.

/** A chain of refresh tokens as stored. Times are milliseconds; of the tokens only keyed digests are known. */
export type FamilyState = {
  /** Counts rotations. Order is decided by it, never by time: two rotations may share a millisecond. */
  generation: number;
  headDigest: string;
  previousDigest: string | null;
  /** What the head was derived with; null while it is the first token. */
  salt: string | null;
  rotatedAt: number | null;
  /** How long the predecessor of an unused head gets the same head again; 0 = never. */
  retryWindowMs: number;
  clientId: string;
  binding: string | null;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  revokedAt: number | null;
};

/** A token whose tag has proved that Tessera issued it, and who presented it. */
export type Presented = {
  generation: number;
  matches: "head" | "previous" | "neither";
  clientId: string;
  binding: string | null;
};

export type RotationRefusal = "client" | "binding" | "expired" | "revoked" | "unknown";

export type RotationDecision =
  | { kind: "rotate" }
  | { kind: "repeat"; salt: string }
  | { kind: "reuse" }
  | { kind: "refuse"; reason: RotationRefusal };

/**
 * Decides on one presentation (RFC 9700 section 4.14.2, RFC 6749 section 6).
 *
 * - `rotate`: make the successor, store it as head.
 * - `repeat`: answer the identical successor again, made from `salt`; nothing is stored.
 * - `reuse`: revoke this family. It outranks expiry, because the family's last access tokens may outlive it.
 * - `refuse`: no change of state, whatever the token is: a wrong client must not be able to revoke a victim.
 */
export function decideRotation(family: FamilyState, presented: Presented, now: number): RotationDecision {
  if (presented.clientId !== family.clientId) return { kind: "refuse", reason: "client" };
  if (presented.binding !== family.binding) return { kind: "refuse", reason: "binding" };
  if (family.revokedAt !== null) return { kind: "refuse", reason: "revoked" };
  // A store set back to a backup meets tokens from its future. They prove nothing about theft.
  if (presented.generation > family.generation) return { kind: "refuse", reason: "unknown" };

  const isHead = presented.matches === "head" && presented.generation === family.generation;
  const salt = isHead ? null : retrySalt(family, presented, now);
  // Also a stranger at the head's own generation: two of one generation mean that a predecessor was used twice.
  if (!isHead && salt === null) return { kind: "reuse" };
  if (now >= family.idleExpiresAt || now >= family.absoluteExpiresAt) return { kind: "refuse", reason: "expired" };
  return salt === null ? { kind: "rotate" } : { kind: "repeat", salt };
}

/** When an unused token dies: idle time from now, but never past the family's absolute end. */
export function idleExpiry(now: number, idleTtlMs: number, absoluteExpiresAt: number): number {
  return Math.min(now + idleTtlMs, absoluteExpiresAt);
}

/** The head's salt if this is its direct predecessor inside the window; null otherwise. */
function retrySalt(family: FamilyState, presented: Presented, now: number): string | null {
  if (presented.matches !== "previous" || presented.generation !== family.generation - 1) return null;
  if (family.rotatedAt === null || now - family.rotatedAt >= family.retryWindowMs) return null;
  return family.salt;
}
