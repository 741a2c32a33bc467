// When a signing key is published, signs, stops signing and disappears. Pure: makes no key and reads no clock.

/** What keys may sign with. HS* and none cannot be said (RFC 8725 section 3.1, RFC 9068 section 2.1). */
export type Algorithm = "ES256" | "RS256" | "ES384" | "EdDSA";
/** In the order of tessera.admin.v1.SigningAlgorithm, which counts from 1. */
export const signingAlgorithms: readonly Algorithm[] = ["ES256", "RS256", "ES384", "EdDSA"];

/** By the number of tessera.admin.v1.SigningAlgorithm; unspecified and unknown are ES256. */
export const algorithmOf = (number: number): Algorithm => signingAlgorithms[number - 1] ?? "ES256";

export type KeyUse = "access" | "checkpoint";
export type KeyStatus = "next" | "current" | "previous" | "revoked";

/** Those whose signatures count, in the order they are published. */
export const verifyingStatuses: readonly KeyStatus[] = ["current", "next", "previous"];

/** Where one key stands. `effectiveAt`: of Next the scheduled, of others the real first use. Milliseconds. */
export type KeyStanding = {
  kid: string;
  status: KeyStatus;
  createdAt: number;
  effectiveAt: number | null;
  retiredAt: number | null;
};

export type KeyTimes = {
  /** How long a key is published before it signs, so that every cached key set has it. */
  publishMs: number;
  /** How long a retired key still verifies: the longest token it signed, and leeway. */
  previousMs: number;
  /** How long a key signs. */
  rotationMs: number;
};

export type KeyRequest = { kind: "tick" } | { kind: "rotate" } | { kind: "revoke"; kid: string };

/** The keys as they shall be, and which are still to be made to have one Current and one Next. */
export type KeyPlan<Key> = { keys: Key[]; missing: ("current" | "next")[] };

/**
 * Plans the keys of one (purpose, algorithm): exactly one Current, one Next, and every Previous that an unexpired
 * token may still need.
 *
 * - `tick`: promotes Next once its time has come, and drops what nothing needs any more.
 * - `rotate`: promotes Next if it has been published long enough, else schedules it for the moment it will have been.
 * - `revoke`: the key verifies nothing from now on. If it was Current, Next signs at once: a key that some caches do
 *   not have yet is better than a stolen one.
 */
export function planKeys<Key extends KeyStanding>(
  keys: readonly Key[],
  request: KeyRequest,
  now: number,
  times: KeyTimes,
): KeyPlan<Key> {
  const kept = keys.filter((key) => key.retiredAt === null || now < key.retiredAt + times.previousMs);
  const asked = applyRequest(kept, request, now, times);
  const next = asked.find((key) => key.status === "next");
  const current = asked.find((key) => key.status === "current");
  const isDue = next !== undefined && (current === undefined || now >= dueAt(next, current, times));
  const settled = isDue ? promote(asked, now) : asked;
  const missing = (["current", "next"] as const).filter((status) => !settled.some((key) => key.status === status));
  return { keys: settled, missing };
}

function applyRequest<Key extends KeyStanding>(keys: Key[], request: KeyRequest, now: number, times: KeyTimes): Key[] {
  if (request.kind === "tick") return keys;
  if (request.kind === "rotate") {
    return keys.map((key) =>
      key.status === "next" ? { ...key, effectiveAt: Math.max(now, key.createdAt + times.publishMs) } : key,
    );
  }
  return keys.map((key) =>
    key.kid === request.kid && key.status !== "revoked" ? { ...key, status: "revoked", retiredAt: now } : key,
  );
}

/** Scheduled time of the next key, else the end of the current one's turn, but never before it is known everywhere. */
function dueAt(next: KeyStanding, current: KeyStanding, times: KeyTimes): number {
  const wanted = next.effectiveAt ?? (current.effectiveAt ?? current.createdAt) + times.rotationMs;
  return Math.max(wanted, next.createdAt + times.publishMs);
}

function promote<Key extends KeyStanding>(keys: Key[], now: number): Key[] {
  return keys.map((key) => {
    if (key.status === "next") return { ...key, status: "current", effectiveAt: now };
    if (key.status === "current") return { ...key, status: "previous", retiredAt: now };
    return key;
  });
}
