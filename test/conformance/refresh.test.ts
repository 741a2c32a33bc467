// Refresh, one call after the other: rotation, the retry window, reuse, who may present a token, how long it lives.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { claimsOf, familyOf, invalidGrant, through } from "../support/histories.ts";
import { createWorld, type World } from "../support/world.ts";

const day = 86_400_000;

let world: World;
beforeAll(async () => {
  world = await createWorld();
  world.hold();
  const confidential = { type: "APPLICATION_TYPE_TRADITIONAL", connectorIds: ["idp"] };
  await world.red.apply((declared) => {
    declared["applications"]?.push(
      { name: "strict", ...confidential, refreshRetryWindow: 0 },
      { name: "brief", ...confidential, refreshTokenIdleTtl: 100, refreshTokenAbsoluteTtl: 250 },
    );
    declared["applicationSecrets"]?.push(
      { applicationId: "strict", name: "first" },
      { applicationId: "brief", name: "first" },
    );
  });
});
afterAll(() => world.close());

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);
  const familyIn = (token: string) => familyOf(world, world.red, token);

  describe("rotation", () => {
    it("a refresh answers a new pair and the same picture of the user as Exchange", async () => {
      const { red } = world;
      const request = {
        access_token: world.token(red, "ada"),
        organization_id: red.ids.get("organization north") ?? "",
      };
      const first = await expectOk(on.call("exchange", request));
      const second = await expectOk(on.refresh(first["refresh_token"] ?? ""));
      const { token, refresh_token, ...rest } = second;
      expect({ ...first, ...rest }).toEqual(first);
      expect(token).not.toBe(first["token"]);
      expect(refresh_token).not.toBe(first["refresh_token"]);
      const [before, after] = [first["token"], token].map((text) => claimsOf(String(text)));
      expect(after).toEqual({ ...before, jti: expect.not.stringMatching(String(before?.["jti"])) });
    });

    it("N4-06 I-RT-03: tokens rotated in one millisecond are told apart by their generation", async () => {
      for (const replayed of [0, 1, 2, 3, 4]) {
        const tokens = [(await on.signIn(world.red)).refresh];
        for (let i = 0; i < 5; i += 1) tokens.push((await on.next(tokens[i] ?? "")).refresh);
        expect(new Set(tokens).size).toBe(6);
        expect(await familyIn(tokens[0] ?? "")).toMatchObject({ generation: 5, revokeTime: null });
        const outcome = await on.refresh(tokens[replayed] ?? "");
        if (replayed === 4) expect(outcome).toMatchObject({ ok: true, answer: { refresh_token: tokens[5] } });
        else expect(outcome).toEqual(invalidGrant);
      }
    });

    it("I-RT-02 N4-07: after a restart the window still repeats and a spent token is still spent", async () => {
      const { refresh: first } = await on.signIn(world.red);
      const { refresh: second } = await on.next(first);
      await world.restart();
      expect((await on.next(first)).refresh).toBe(second);
      const { refresh: third } = await on.next(second);
      await world.restart();
      expect(await on.refresh(first)).toEqual(invalidGrant);
      await world.restart();
      expect(await on.refresh(third)).toEqual(invalidGrant);
    });
  });

  describe("the same token again", () => {
    it("gets the identical successor to the last millisecond of the window, and each time another access token", async () => {
      const { refresh: first } = await on.signIn(world.red);
      const answers = [await on.next(first), await on.next(first)];
      world.advance(29_999);
      answers.push(await on.next(first));
      expect(new Set(answers.map((pair) => pair.refresh)).size).toBe(1);
      expect(new Set(answers.map((pair) => pair.access)).size).toBe(3);
      expect(await familyIn(first)).toMatchObject({ generation: 1, revokeTime: null });
      expect((await on.next(answers[0]?.refresh ?? "")).refresh).not.toBe(answers[0]?.refresh);
    });

    it("N4-04: is reuse when the window is over: the family ends with its newest token and every access token", async () => {
      const first = await on.signIn(world.red);
      const other = await on.signIn(world.red);
      const second = await on.next(first.refresh);
      world.advance(30_000);
      expect(await on.isActive(second.access)).toBe(true);
      expect(await on.refresh(first.refresh)).toEqual(invalidGrant);
      expect(await on.refresh(second.refresh)).toEqual(invalidGrant);
      for (const { access, refresh } of [first, second]) {
        expect(await on.isActive(access)).toBe(false);
        expect(await on.isActive(refresh)).toBe(false);
      }
      expect(await on.isActive(other.access)).toBe(true);
      await on.next(other.refresh);
    });

    it("N4-04 I-RT-04: is reuse inside the window once its successor was used", async () => {
      const first = await on.signIn(world.red);
      const second = await on.next(first.refresh);
      const third = await on.next(second.refresh);
      expect(await on.refresh(first.refresh)).toEqual(invalidGrant);
      expect(await on.refresh(third.refresh)).toEqual(invalidGrant);
      expect(await on.isActive(third.access)).toBe(false);
      expect(await familyIn(first.refresh)).toMatchObject({ generation: 2, revokeTime: world.now() });
    });

    it("N4-04: is reuse at once where the application's window is 0", async () => {
      const strict = world.red.as("strict");
      const { refresh: first } = await on.signIn(world.red, { as: strict });
      const { refresh: second } = await on.next(first, strict);
      const { refresh: third } = await on.next(second, strict);
      expect(await on.refresh(second, strict)).toEqual(invalidGrant);
      expect(await on.refresh(third, strict)).toEqual(invalidGrant);
    });

    it("N8-04: reuse leaves one row in the audit trail, under the family's id", async () => {
      const { refresh: first } = await on.signIn(world.red);
      const { refresh: second } = await on.next(first);
      await on.next(second);
      for (let i = 0; i < 3; i += 1) expect(await on.refresh(first)).toEqual(invalidGrant);
      const trail = await world.parts.store.instance.auditTrail(world.red.id, 0, 10_000);
      const rows = trail.filter((row) => row.subject === first.slice(3, 24));
      expect(rows).toMatchObject([{ event: "refresh.reused", outcome: "refused", reason: "refresh_reuse" }]);
    });
  });

  describe("another presenter", () => {
    const presenters = [
      ["another application of the tenant", () => world.red.as("strict")],
      ["a public application of the tenant", () => world.red.as("phone")],
      ["an application of another tenant", () => world.blue.as("backend")],
    ] as const;

    it.each(presenters)(
      "N4-03 I-RT-06 I-RT-07 I-RT-08 I-TEN-03: %s is refused and changes nothing",
      async (_who, as) => {
        const { refresh: first } = await on.signIn(world.red);
        const { refresh: second } = await on.next(first);
        const { refresh: third } = await on.next(second);
        const before = await familyIn(first);
        // The head, its predecessor, and one that would end the family.
        for (const token of [third, second, first]) expect(await on.refresh(token, as())).toEqual(invalidGrant);
        expect(await familyIn(first)).toEqual(before);
        await on.next(third);
      },
    );

    it("N4-03: a public application's token is not another public application's", async () => {
      const { refresh } = await on.signIn(world.red, { as: world.red.as("phone") });
      expect(await on.refresh(refresh, world.red.as("backend"))).toEqual(invalidGrant);
      expect(await on.refresh(refresh, world.blue.as("phone"))).toEqual(invalidGrant);
      await on.next(refresh, world.red.as("phone"));
    });

    it("N4-03: nobody at all, a wrong secret and a user's bearer are refused before the token is looked at", async () => {
      const { red } = world;
      const { refresh, access } = await on.signIn(red);
      const before = await familyIn(refresh);
      const wrong = { basic: [red.ids.get("application backend") ?? "", `tsk_${"A".repeat(43)}`] as [string, string] };
      for (const as of ["none", wrong, { bearer: access }] as const)
        expect(await on.refresh(refresh, as)).toMatchObject({ ok: false, kind: "unauthenticated" });
      expect(await familyIn(refresh)).toEqual(before);
      await on.next(refresh);
    });
  });

  describe("lifetimes", () => {
    it("N4-09: a token lives for the idle time after its last rotation, and no millisecond longer", async () => {
      const { refresh: first } = await on.signIn(world.red);
      world.advance(7 * day - 1);
      const { refresh: second } = await on.next(first);
      world.advance(7 * day);
      expect(await on.isActive(second)).toBe(false);
      expect(await on.refresh(second)).toEqual(invalidGrant);
      // Not reuse: nothing was taken from anybody.
      expect(await familyIn(first)).toMatchObject({ revokeTime: null });
    });

    it("N4-09: rotation never moves the absolute end", async () => {
      let { refresh } = await on.signIn(world.red);
      const end = (await familyIn(refresh))?.absoluteExpireTime ?? 0;
      expect(end).toBe(world.now() + 30 * day);
      for (let i = 0; i < 5; i += 1) {
        world.advance(6 * day - 1);
        ({ refresh } = await on.next(refresh));
        expect(await familyIn(refresh)).toMatchObject({ absoluteExpireTime: end });
      }
      expect(await familyIn(refresh)).toMatchObject({ idleExpireTime: end });
      world.advance(4);
      ({ refresh } = await on.next(refresh));
      world.advance(1);
      expect(await on.refresh(refresh)).toEqual(invalidGrant);
    });

    it("N4-09: an application's own limits hold instead of the instance's", async () => {
      const brief = world.red.as("brief");
      let { refresh } = await on.signIn(world.red, { as: brief });
      for (const seconds of [99.999, 99.999, 50.001]) {
        world.advance(seconds * 1000);
        ({ refresh } = await on.next(refresh, brief));
      }
      world.advance(1);
      expect(await on.refresh(refresh, brief)).toEqual(invalidGrant);
    });

    it("N4-09: a repeat inside the window dies with the family all the same", async () => {
      const brief = world.red.as("brief");
      let { refresh } = await on.signIn(world.red, { as: brief });
      for (let i = 0; i < 2; i += 1) {
        world.advance(99_000);
        ({ refresh } = await on.next(refresh, brief));
      }
      world.advance(51_999);
      const { refresh: last } = await on.next(refresh, brief);
      expect((await on.next(refresh, brief)).refresh).toBe(last);
      world.advance(1);
      expect(await on.refresh(refresh, brief)).toEqual(invalidGrant);
      expect(await familyIn(refresh)).toMatchObject({ generation: 3, revokeTime: null });
    });
  });

  it("N4-14 I-RT-10: every prefix, suffix and changed character of a token is refused and ends nothing", async () => {
    const { refresh: token } = await on.signIn(world.red);
    const before = await familyIn(token);
    for (const edited of editsOf(token)) expect([edited, await on.refresh(edited)]).toEqual([edited, invalidGrant]);
    expect(await familyIn(token)).toEqual(before);
    await on.next(token);
  });
});

/** Cut at either end, lengthened at either end, in other letter case, with any one character another. */
function editsOf(token: string): string[] {
  const places = Array.from({ length: token.length - 1 }, (_, i) => i + 1);
  const replaced = [0, ...places].map(
    (i) => `${token.slice(0, i)}${token[i] === "a" ? "b" : "a"}${token.slice(i + 1)}`,
  );
  const spelled = [` ${token}`, `${token} `, `${token}\n`, `${token}=`, `${token}.`, token.replaceAll(".", "%2E")];
  const cased = [token.toUpperCase(), token.toLowerCase()].filter((text) => text !== token);
  return [...places.flatMap((i) => [token.slice(0, i), token.slice(i)]), ...replaced, ...spelled, ...cased];
}
