// What the access token of a Refresh may do: less than was granted, never more, and only what the user may do now.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { claimsOf, declaredItem, familyOf, invalidGrant, through } from "../support/histories.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);
  const familyIn = (token: string) => familyOf(world, world.red, token);
  const scopeOf = async (token: string, request?: { scope: string }) => {
    const answer = await expectOk(on.refresh(token, undefined, request));
    expect(claimsOf(answer["token"] ?? "")).toMatchObject({ scope: answer["scope"] });
    return { scope: answer["scope"], refresh: String(answer["refresh_token"]) };
  };

  it("N4-10: a scope narrows one access token and not the grant", async () => {
    const { refresh } = await on.signIn(world.red);
    const narrowed = await scopeOf(refresh, { scope: "read" });
    expect(narrowed.scope).toBe("read");
    expect((await scopeOf(narrowed.refresh)).scope).toBe("read write");
  });

  it("N4-10: nothing widens what was granted, neither a permission of the user nor one of nobody", async () => {
    const { refresh } = await on.signIn(world.red, { request: { scope: "read" } });
    const wide = await scopeOf(refresh, { scope: "read write root" });
    expect(wide.scope).toBe("read");
    expect((await scopeOf(wide.refresh)).scope).toBe("read");
    const { refresh: other } = await on.signIn(world.red, { user: "ben" });
    expect((await scopeOf(other, { scope: "write" })).scope).toBe("");
  });

  it("N4-10: a malformed scope is refused by name and spends nothing", async () => {
    const { refresh } = await on.signIn(world.red);
    const before = await familyIn(refresh);
    expect(await on.refresh(refresh, undefined, { scope: 'read  "write"' })).toEqual({
      ok: false,
      kind: "invalid",
      reason: "INVALID_SCOPE",
      message: "the scope is malformed",
      fields: ["scope"],
    });
    expect(await familyIn(refresh)).toEqual(before);
  });

  it("N4-12: a role that was given or taken away shows in the next token", async () => {
    const { red } = world;
    let { refresh, scope } = await scopeOf((await on.signIn(red, { user: "ben" })).refresh);
    expect(scope).toBe("read");
    await red.apply((declared) => declared["roleAssignments"]?.push({ roleId: "editor", userId: "ben" }));
    ({ refresh, scope } = await scopeOf(refresh));
    expect(scope).toBe("read write");
    await red.apply((declared) => declared["roleAssignments"]?.pop(), { prune: true });
    ({ refresh, scope } = await scopeOf(refresh));
    expect(scope).toBe("read");
  });

  it("N4-12: a suspended user's token is refused and not spent: reactivated, it works", async () => {
    const { red } = world;
    const { refresh } = await on.signIn(red, { user: "ben" });
    const before = await familyIn(refresh);
    const ben = declaredItem(red.declared["users"], "ben");
    await red.apply(() => Object.assign(ben, { suspended: true }));
    for (let i = 0; i < 2; i += 1) expect(await on.refresh(refresh)).toEqual(invalidGrant);
    expect(await familyIn(refresh)).toEqual(before);
    await red.apply(() => Object.assign(ben, { suspended: false }));
    await on.next(refresh);
  });
});
