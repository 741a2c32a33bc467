// When keys are published, sign, and disappear: each moment at both sides, then whole histories.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeyRequest, type KeyStanding, type KeyTimes, planKeys } from "../../src/policy/keys.ts";

const times: KeyTimes = { publishMs: 1_000, previousMs: 5_000, rotationMs: 20_000 };
const tick: KeyRequest = { kind: "tick" };
const rotate: KeyRequest = { kind: "rotate" };

const current: KeyStanding = { kid: "c", status: "current", createdAt: 0, effectiveAt: 0, retiredAt: null };
const next: KeyStanding = { kid: "n", status: "next", createdAt: 0, effectiveAt: null, retiredAt: null };
const retired: KeyStanding = { kid: "p", status: "previous", createdAt: 0, effectiveAt: 0, retiredAt: 10_000 };

const statuses = (keys: readonly KeyStanding[]) => Object.fromEntries(keys.map(({ kid, status }) => [kid, status]));

describe("promotion by time", () => {
  it("N2-12: Next signs once Current has had its turn, not a millisecond before", () => {
    expect(planKeys([current, next], tick, 19_999, times)).toEqual({ keys: [current, next], missing: [] });
    const { keys, missing } = planKeys([current, next], tick, 20_000, times);
    expect(keys).toEqual([
      { ...current, status: "previous", retiredAt: 20_000 },
      { ...next, status: "current", effectiveAt: 20_000 },
    ]);
    expect(missing).toEqual(["next"]);
  });

  it("N2-12: a late Next is published for its time first, also when Current is overdue", () => {
    const late = { ...next, createdAt: 30_000 };
    expect(planKeys([current, late], tick, 30_999, times).keys).toEqual([current, late]);
    expect(statuses(planKeys([current, late], tick, 31_000, times).keys)).toEqual({ c: "previous", n: "current" });
  });

  it("asks for a Current and a Next where there is nothing", () => {
    expect(planKeys([], tick, 0, times)).toEqual({ keys: [], missing: ["current", "next"] });
  });
});

describe("rotation on request", () => {
  it("N2-12: schedules a Next that caches may not have yet, and leaves Current to sign", () => {
    const { keys, missing } = planKeys([current, { ...next, createdAt: 4_000 }], rotate, 4_999, times);
    expect(keys).toEqual([current, { ...next, createdAt: 4_000, effectiveAt: 5_000 }]);
    expect(missing).toEqual([]);
    expect(statuses(planKeys(keys, tick, 4_999, times).keys)).toEqual({ c: "current", n: "next" });
    expect(statuses(planKeys(keys, tick, 5_000, times).keys)).toEqual({ c: "previous", n: "current" });
  });

  it("promotes a Next that has been published for its time at once", () => {
    expect(statuses(planKeys([current, next], rotate, 1_000, times).keys)).toEqual({ c: "previous", n: "current" });
  });
});

describe("retirement", () => {
  it("N2-12: Previous stays until the last token it signed has died, not a millisecond longer", () => {
    expect(statuses(planKeys([retired, current, next], tick, 14_999, times).keys)).toHaveProperty("p");
    expect(statuses(planKeys([retired, current, next], tick, 15_000, times).keys)).not.toHaveProperty("p");
  });

  it("keeps several Previous keys if rotations follow each other quickly", () => {
    const before = [retired, { ...retired, kid: "q", retiredAt: 12_000 }, current, next];
    expect(statuses(planKeys(before, rotate, 13_000, times).keys)).toEqual({
      p: "previous",
      q: "previous",
      c: "previous",
      n: "current",
    });
  });
});

describe("emergency revocation", () => {
  it("N2-12: the Next of a revoked Current signs at once, however young it is", () => {
    const young = { ...next, createdAt: 99 };
    const { keys, missing } = planKeys([current, young], { kind: "revoke", kid: "c" }, 100, times);
    expect(keys).toEqual([
      { ...current, status: "revoked", retiredAt: 100 },
      { ...young, status: "current", effectiveAt: 100 },
    ]);
    expect(missing).toEqual(["next"]);
  });

  it("a revoked Current without a Next is replaced by a new key", () => {
    expect(planKeys([current], { kind: "revoke", kid: "c" }, 100, times).missing).toEqual(["current", "next"]);
  });

  it("a revoked Next or Previous leaves Current to sign", () => {
    expect(statuses(planKeys([current, next], { kind: "revoke", kid: "n" }, 100, times).keys)).toEqual({
      c: "current",
      n: "revoked",
    });
    expect(statuses(planKeys([retired, current, next], { kind: "revoke", kid: "p" }, 11_000, times).keys)).toEqual({
      p: "revoked",
      c: "current",
      n: "next",
    });
  });

  it("a second revocation of the same key changes nothing", () => {
    const before = [
      { ...current, status: "revoked" as const, retiredAt: 50 },
      { ...next, status: "current" as const },
    ];
    expect(planKeys(before, { kind: "revoke", kid: "c" }, 100, times).keys).toEqual(before);
  });
});

describe("any history", () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom("tick", "tick", "rotate", "revoke"),
      which: fc.nat(),
      wait: fc.oneof(fc.nat({ max: 1_500 }), fc.nat({ max: 25_000 })),
    }),
    { maxLength: 40, size: "max" },
  );

  it("N2-12: has one Current and one Next, signs only with known keys, and no unexpired token loses its key", () => {
    fc.assert(
      fc.property(steps, (history) => {
        let keys: KeyStanding[] = [];
        let now = 0;
        let made = 0;
        const lastUse = new Map<string, number>();
        const revoked = new Set<string>();
        for (const { kind, which, wait } of [{ kind: "tick", which: 0, wait: 0 }, ...history]) {
          // A token is signed at the last moment before the step.
          const signer = keys.find(({ status }) => status === "current");
          now += wait;
          if (signer) lastUse.set(signer.kid, now);
          const kid = keys[which % Math.max(keys.length, 1)]?.kid ?? "";
          const request: KeyRequest =
            kind === "revoke" ? { kind, kid } : kind === "rotate" ? { kind } : { kind: "tick" };
          if (kind === "revoke") revoked.add(kid);

          const wasEmergency = kind === "revoke" && signer?.kid === kid;
          const plan = planKeys(keys, request, now, times);
          const fresh = plan.missing.map((status): KeyStanding => {
            const effectiveAt = status === "current" ? now : null;
            return { kid: `k${made++}`, status, createdAt: now, effectiveAt, retiredAt: null };
          });
          keys = [...plan.keys, ...fresh];

          expect(keys.filter(({ status }) => status === "current")).toHaveLength(1);
          expect(keys.filter(({ status }) => status === "next")).toHaveLength(1);
          const signing = keys.find(({ status }) => status === "current");
          const isNewSigner = signer !== undefined && signing !== undefined && signing.kid !== signer.kid;
          const isKnown = signing !== undefined && now - signing.createdAt >= times.publishMs;
          expect(isKnown || wasEmergency || !isNewSigner).toBe(true);
          const statusOf = (kid: string) => keys.find((key) => key.kid === kid)?.status;
          const needed = [...lastUse].filter(([kid, at]) => !revoked.has(kid) && now < at + times.previousMs);
          for (const [kid] of needed) expect(["current", "previous"]).toContain(statusOf(kid));
          for (const kid of revoked) expect(statusOf(kid) ?? "revoked").toBe("revoked");
        }
      }),
      { numRuns: 300 },
    );
  });
});
