// Refresh at the same moment as other calls, and random histories held against a plain model of what must happen.
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Door, doors, expectOk, type Outcome } from "../support/door.ts";
import { familyOf, invalidGrant, through, tokensOf } from "../support/histories.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  world.hold();
});
afterAll(() => world.close());

/** Every live head that a user's sign-in has, read from the store. */
const refreshed = (outcomes: readonly Outcome[]) =>
  outcomes.filter((outcome) => outcome.ok).map((one) => tokensOf(one.answer));

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);

  it.each([2, 8, 50, 64])("N4-05 I-RT-01: %d presentations at once get one successor", async (count) => {
    const { refresh: first } = await on.signIn(world.red);
    const outcomes = await Promise.all(Array.from({ length: count }, () => on.refresh(first)));
    const answers = refreshed(outcomes);
    expect(answers).toHaveLength(count);
    const successors = new Set(answers.map((answer) => answer.refresh));
    expect(successors.size).toBe(1);
    expect(await familyOf(world, world.red, first)).toMatchObject({ generation: 1, revokeTime: null });
    const [second = ""] = successors;
    await on.next(second);
  });

  it("N4-05: presentations at both doors at once get one successor", async () => {
    const { refresh: first } = await on.signIn(world.red);
    const calls = Array.from({ length: 16 }, (_, i) => {
      const other = through(doors[i % doors.length] ?? door, () => world);
      return other.next(first);
    });
    expect(new Set((await Promise.all(calls)).map((answer) => answer.refresh)).size).toBe(1);
  });

  it("N4-04 N4-05: a spent token presented many times at once ends its family and no other", async () => {
    const { refresh: first } = await on.signIn(world.red);
    const bystander = await on.signIn(world.red);
    const { refresh: second } = await on.next(first);
    await on.next(second);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => on.refresh(first)));
    for (const outcome of outcomes) expect(outcome).toEqual(invalidGrant);
    await on.next(bystander.refresh);
  });
});

describe.each(doors)("revocation against refresh over $name", (door) => {
  const on = through(door, () => world);
  type Race = { steps: ("refresh" | "revoke" | "wait")[]; repeats: number };

  /** Starts every step of the race without waiting for the one before, but where it says to wait. */
  async function run({ steps, repeats }: Race) {
    const signedIn = await on.signIn(world.red);
    const [refreshes, revokes]: [Promise<Outcome>[], Promise<Outcome>[]] = [[], []];
    for (const step of steps) {
      if (step === "wait") await Promise.race([...refreshes, ...revokes]);
      else if (step === "revoke") revokes.push(on.revoke(signedIn.refresh));
      else for (let i = 0; i < repeats; i += 1) refreshes.push(on.refresh(signedIn.refresh));
    }
    for (const revoked of await Promise.all(revokes)) expect(revoked).toEqual({ ok: true, answer: {} });
    const won = refreshed(await Promise.all(refreshes));
    return { signedIn, won };
  }

  it("N4-08 I-RT-05: after an acknowledged Revoke nothing of the family lives, whoever won", async () => {
    let winners = 0;
    const race = fc.record({
      steps: fc
        .array(fc.constantFrom("refresh", "wait" as const), { maxLength: 4 })
        .chain((before) =>
          fc
            .array(fc.constantFrom("refresh", "revoke", "wait" as const), { maxLength: 4 })
            .map((after): Race["steps"] => ["refresh", ...before, "revoke", ...after]),
        ),
      repeats: fc.integer({ min: 1, max: 3 }),
    }) as fc.Arbitrary<Race>;
    await fc.assert(
      fc.asyncProperty(race, async (input) => {
        const { signedIn, won } = await run(input);
        winners += won.length;
        for (const { access, refresh } of [signedIn, ...won]) {
          expect(await on.isActive(access)).toBe(false);
          expect(await on.isActive(refresh)).toBe(false);
          expect(await on.refresh(refresh)).toEqual(invalidGrant);
        }
      }),
      { numRuns: 40 },
    );
    // The races would prove nothing if Revoke always came first.
    expect(winners).toBeGreaterThan(0);
  });
});

describe.each(doors)("what happens between the decision and the rotation, over $name,", (door) => {
  const on = through(door, () => world);

  /** Refreshes, and lets `first` happen when the rotation is about to be written. */
  async function interrupted(token: string, first: () => Promise<unknown>): Promise<Outcome> {
    const { store } = world.parts;
    const { write } = store;
    store.write = (name, args, deadline) => {
      if (name !== "rotateFamily") return write(name, args, deadline);
      store.write = write;
      return first().then(() => write(name, args, deadline));
    };
    return on.refresh(token);
  }

  it("N4-08: a revocation wins", async () => {
    const { refresh } = await on.signIn(world.red);
    expect(await interrupted(refresh, () => expectOk(on.revoke(refresh)))).toEqual(invalidGrant);
    expect(await familyOf(world, world.red, refresh)).toMatchObject({ generation: 0 });
  });

  it("N4-05: another rotation wins, and both callers get its successor", async () => {
    const { refresh } = await on.signIn(world.red);
    const won: string[] = [];
    const outcome = await interrupted(refresh, async () => won.push((await on.next(refresh)).refresh));
    expect(refreshed([outcome]).map((answer) => answer.refresh)).toEqual(won);
    expect(await familyOf(world, world.red, refresh)).toMatchObject({ generation: 1, revokeTime: null });
  });
});

type Step =
  | { kind: "refresh" | "introspect"; back: number }
  | { kind: "advance"; ms: number }
  | { kind: "revoke" | "restart" };

const window = 30_000;
const idle = 7 * 86_400_000;
const absolute = 30 * 86_400_000;

const durations = [1, 1000, window - 1, window, idle - 1, idle, absolute];
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constantFrom("refresh" as const, "introspect" as const), back: fc.nat(3) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(...durations) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "revoke" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

/** One family as the rules describe it: a list of tokens of which the last is the head. */
function createModel(first: string, start: number) {
  const model = { tokens: [first], alive: true, rotated: -Infinity, idleEnd: start + idle, end: start + absolute };
  const verdict = (index: number, now: number): "rotate" | "repeat" | "reuse" | "refuse" => {
    const head = model.tokens.length - 1;
    if (!model.alive) return "refuse";
    if (index < head - 1 || (index === head - 1 && now - model.rotated >= window)) return "reuse";
    if (now >= model.idleEnd || now >= model.end) return "refuse";
    return index === head ? "rotate" : "repeat";
  };
  return {
    model,
    verdict,
    /** What the presentation has to answer: a successor, or nothing. `answered` is taken on as a new head. */
    present(index: number, now: number, answered: string): string | undefined {
      const decided = verdict(index, now);
      if (decided === "reuse") model.alive = false;
      if (decided === "repeat") return model.tokens[index + 1];
      if (decided !== "rotate") return undefined;
      Object.assign(model, { rotated: now, idleEnd: Math.min(now + idle, model.end) });
      model.tokens.push(answered);
      return answered;
    },
  };
}

describe.each(doors)("random histories over $name", (door) => {
  it("I-RT-04 N4-07 N5-06: every history goes as the model says, and Introspect says what Refresh would do", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) => follow(door, steps)),
      { numRuns: 30 },
    );
  }, 60_000);
});

async function follow(door: Door, steps: readonly Step[]): Promise<void> {
  const on = through(door, () => world);
  const { refresh: first } = await on.signIn(world.red);
  const { model, verdict, present } = createModel(first, world.now());
  for (const one of steps) {
    if (one.kind === "advance") world.advance(one.ms);
    if (one.kind === "restart") await world.restart();
    if (one.kind === "revoke") {
      await expectOk(on.revoke(model.tokens.at(-1) ?? ""));
      model.alive = false;
    }
    if (one.kind !== "refresh" && one.kind !== "introspect") continue;
    const index = Math.max(0, model.tokens.length - 1 - one.back);
    const token = model.tokens[index] ?? "";
    const isUsable = ["rotate", "repeat"].includes(verdict(index, world.now()));
    expect(await on.isActive(token)).toBe(isUsable);
    if (one.kind === "introspect") continue;
    const outcome = await on.refresh(token);
    const answered = outcome.ok ? tokensOf(outcome.answer).refresh : "";
    const wanted = present(index, world.now(), answered);
    if (wanted === undefined) expect(outcome).toEqual(invalidGrant);
    else expect(answered).toBe(wanted);
    // What is over for good may have been swept away.
    if (world.now() >= model.end) continue;
    const stored = await familyOf(world, world.red, first);
    expect(stored).toMatchObject({ generation: model.tokens.length - 1 });
    expect(stored?.revokeTime === null).toBe(model.alive);
  }
}
