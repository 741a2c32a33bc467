// One presented refresh token: each decision at both sides of its limit, then whole histories against a plain model.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRotation, type FamilyState, idleExpiry, type Presented } from "../../src/policy/rotation.ts";

const now = 1_000_000;

const family: FamilyState = {
  generation: 5,
  headDigest: "digest-5",
  previousDigest: "digest-4",
  salt: "salt-5",
  rotatedAt: now - 10_000,
  retryWindowMs: 30_000,
  clientId: "app",
  binding: null,
  idleExpiresAt: now + 60_000,
  absoluteExpiresAt: now + 600_000,
  revokedAt: null,
};
const head: Presented = { generation: 5, matches: "head", clientId: "app", binding: null };
const previous: Presented = { ...head, generation: 4, matches: "previous" };
const older: Presented = { ...head, generation: 3, matches: "neither" };

describe("a live token", () => {
  it("rotates when it is the head", () => {
    expect(decideRotation(family, head, now)).toEqual({ kind: "rotate" });
  });

  it("rotates when it is the first of its family", () => {
    const first = { ...family, generation: 0, previousDigest: null, salt: null, rotatedAt: null };
    expect(decideRotation(first, { ...head, generation: 0 }, now)).toEqual({ kind: "rotate" });
  });

  it("gets the same answer again inside the retry window, from the stored salt", () => {
    const last = { ...family, rotatedAt: now - 29_999 };
    expect(decideRotation(last, previous, now)).toEqual({ kind: "repeat", salt: "salt-5" });
  });

  it("gets the same answer when the clock stands still or was set back since", () => {
    for (const rotatedAt of [now, now + 5_000]) {
      expect(decideRotation({ ...family, rotatedAt }, previous, now)).toEqual({ kind: "repeat", salt: "salt-5" });
    }
  });
});

describe("reuse", () => {
  it("N4-04: the predecessor at the end of the retry window is reuse", () => {
    expect(decideRotation({ ...family, rotatedAt: now - 30_000 }, previous, now)).toEqual({ kind: "reuse" });
  });

  it("N4-04: with a window of 0 the predecessor is reuse within the same millisecond", () => {
    expect(decideRotation({ ...family, retryWindowMs: 0, rotatedAt: now }, previous, now)).toEqual({ kind: "reuse" });
  });

  it("N4-04: every older generation is reuse, however young the head is", () => {
    for (const generation of [0, 3, 4]) {
      expect(decideRotation(family, { ...older, generation }, now)).toEqual({ kind: "reuse" });
    }
  });

  it("I-RT-04: a second token of the head's generation is reuse: its predecessor was used twice", () => {
    expect(decideRotation(family, { ...older, generation: 5 }, now)).toEqual({ kind: "reuse" });
  });

  it("N4-04: reuse in an expired family is still reuse", () => {
    expect(decideRotation({ ...family, idleExpiresAt: now - 1 }, older, now)).toEqual({ kind: "reuse" });
  });

  it("is what a match with the wrong generation is taken for", () => {
    expect(decideRotation(family, { ...head, generation: 4 }, now)).toEqual({ kind: "reuse" });
    expect(decideRotation(family, { ...previous, generation: 3 }, now)).toEqual({ kind: "reuse" });
  });

  it("is what the predecessor is taken for when nothing is left to derive its successor from", () => {
    expect(decideRotation({ ...family, salt: null }, previous, now)).toEqual({ kind: "reuse" });
    expect(decideRotation({ ...family, rotatedAt: null }, previous, now)).toEqual({ kind: "reuse" });
  });
});

describe("refusal without a change of state", () => {
  it("N4-03 I-RT-06: another client is refused, whichever token it shows", () => {
    for (const presented of [head, previous, older, { ...older, generation: 6 }]) {
      const stolen = { ...presented, clientId: "thief" };
      expect(decideRotation(family, stolen, now)).toEqual({ kind: "refuse", reason: "client" });
    }
  });

  it("N4-03: a missing, other or unexpected binding is refused, whichever token it shows", () => {
    const bound = { ...family, binding: "jkt-a" };
    for (const presented of [head, previous, older]) {
      expect(decideRotation(bound, presented, now)).toEqual({ kind: "refuse", reason: "binding" });
      const other = { ...presented, binding: "jkt-b" };
      expect(decideRotation(bound, other, now)).toEqual({ kind: "refuse", reason: "binding" });
      expect(decideRotation(family, other, now)).toEqual({ kind: "refuse", reason: "binding" });
    }
    expect(decideRotation(bound, { ...head, binding: "jkt-a" }, now)).toEqual({ kind: "rotate" });
  });

  it("a revoked family refuses head, predecessor and older ones alike", () => {
    for (const presented of [head, previous, older]) {
      const revoked = { ...family, revokedAt: now - 1 };
      expect(decideRotation(revoked, presented, now)).toEqual({ kind: "refuse", reason: "revoked" });
    }
  });

  it("a generation above the head is unknown, not reuse", () => {
    expect(decideRotation(family, { ...older, generation: 6 }, now)).toEqual({ kind: "refuse", reason: "unknown" });
  });

  it("N4-09: the idle end refuses at its millisecond, not one before", () => {
    const atEnd = { ...family, idleExpiresAt: now };
    expect(decideRotation(atEnd, head, now)).toEqual({ kind: "refuse", reason: "expired" });
    expect(decideRotation(atEnd, previous, now)).toEqual({ kind: "refuse", reason: "expired" });
    expect(decideRotation({ ...family, idleExpiresAt: now + 1 }, head, now)).toEqual({ kind: "rotate" });
  });

  it("N4-09: the absolute end refuses at its millisecond, not one before", () => {
    const atEnd = { ...family, absoluteExpiresAt: now };
    expect(decideRotation(atEnd, head, now)).toEqual({ kind: "refuse", reason: "expired" });
    expect(decideRotation({ ...family, absoluteExpiresAt: now + 1 }, head, now)).toEqual({ kind: "rotate" });
  });
});

describe("expiry arithmetic", () => {
  it("N4-09: idle time ends at the absolute end at the latest", () => {
    expect(idleExpiry(now, 1_000, now + 999)).toBe(now + 999);
    expect(idleExpiry(now, 1_000, now + 1_001)).toBe(now + 1_000);
  });
});

// Two families side by side. The model knows tokens by their place in the list of those ever issued, and nothing of
// digests or generations, so it cannot repeat a mistake of the decision.
const idleTtlMs = 40_000;
type Line = { family: FamilyState; issued: string[]; usedAt: number; expiresAt: number; isRevoked: boolean };

const newLine = (name: string, retryWindowMs: number): Line => ({
  family: {
    ...family,
    generation: 0,
    headDigest: name,
    previousDigest: null,
    salt: null,
    rotatedAt: null,
    retryWindowMs,
    idleExpiresAt: idleTtlMs,
    absoluteExpiresAt: 120_000,
  },
  issued: [name],
  usedAt: -1,
  expiresAt: idleTtlMs,
  isRevoked: false,
});

const step = fc.record({
  line: fc.nat({ max: 1 }),
  back: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 1 }) }, { weight: 1, arbitrary: fc.nat({ max: 6 }) }),
  clientId: fc.oneof({ weight: 9, arbitrary: fc.constant("app") }, { weight: 1, arbitrary: fc.constant("thief") }),
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12_000 })),
});

function present(line: Line, index: number, clientId: string, at: number) {
  const token = line.issued[index] ?? "";
  const { headDigest, previousDigest } = line.family;
  const matches = token === headDigest ? "head" : token === previousDigest ? "previous" : "neither";
  return decideRotation(line.family, { generation: index, matches, clientId, binding: null }, at);
}

function expected(line: Line, index: number, clientId: string, at: number): string {
  const last = line.issued.length - 1;
  const isRetry = index === last - 1 && at - line.usedAt < line.family.retryWindowMs;
  if (clientId !== "app") return "client";
  if (line.isRevoked) return "revoked";
  if (index < last && !isRetry) return "reuse";
  if (at >= line.expiresAt) return "expired";
  return index === last ? "rotate" : "repeat";
}

/** What the store does at a rotation. */
const rotated = (
  { generation, headDigest: previousDigest, absoluteExpiresAt, ...rest }: FamilyState,
  { at, headDigest, salt }: { at: number; headDigest: string; salt: string },
): FamilyState => ({
  ...rest,
  generation: generation + 1,
  headDigest,
  previousDigest,
  salt,
  rotatedAt: at,
  idleExpiresAt: idleExpiry(at, idleTtlMs, absoluteExpiresAt),
  absoluteExpiresAt,
});

/** What a use-case does with a decision; answers the token that the caller gets. */
function apply(line: Line, index: number, decision: ReturnType<typeof decideRotation>, at: number): string | undefined {
  const derive = (salt: string) => `${line.issued[index]}/${salt}`;
  if (decision.kind === "repeat") return derive(decision.salt);
  if (decision.kind === "reuse") line.family = { ...line.family, revokedAt: at };
  if (decision.kind === "reuse") line.isRevoked = true;
  if (decision.kind !== "rotate") return undefined;
  const salt = `s${line.issued.length}`;
  const token = derive(salt);
  line.family = rotated(line.family, { at, headDigest: token, salt });
  line.issued.push(token);
  line.usedAt = at;
  line.expiresAt = Math.min(at + idleTtlMs, 120_000);
  return token;
}

describe("any history", () => {
  it("I-RT-03 I-RT-04 N4-06: has one head, rising generations, one answer per token, and reuse stays in its family", () => {
    const histories = fc.tuple(fc.array(step, { maxLength: 60, size: "max" }), fc.constantFrom(0, 5_000, 30_000));
    fc.assert(
      fc.property(histories, ([steps, retryWindowMs]) => {
        const lines = [newLine("a", retryWindowMs), newLine("b", retryWindowMs)];
        const answers = new Map<string, string>();
        let at = 0;
        for (const { line: which, back, clientId, wait } of steps) {
          at += wait;
          const line = lines[which] ?? newLine("never", 0);
          const other = lines[1 - which]?.family;
          const before = line.family;
          const index = Math.max(line.issued.length - 1 - back, 0);

          const decision = present(line, index, clientId, at);
          expect(decision.kind === "refuse" ? decision.reason : decision.kind).toBe(
            expected(line, index, clientId, at),
          );

          const presented = line.issued[index] ?? "";
          const answer = apply(line, index, decision, at);
          const firstAnswer = answers.get(presented) ?? answer;
          expect(answer ?? firstAnswer).toBe(firstAnswer);
          if (answer !== undefined) answers.set(presented, answer);
          expect(line.family.generation).toBe(before.generation + (decision.kind === "rotate" ? 1 : 0));
          expect(line.family.headDigest).toBe(line.issued.at(-1));
          expect(line.family.absoluteExpiresAt).toBe(before.absoluteExpiresAt);
          expect(lines[1 - which]?.family).toBe(other);
          expect(line.family !== before).toBe(decision.kind === "rotate" || decision.kind === "reuse");
        }
      }),
      { numRuns: 300 },
    );
  });
});
