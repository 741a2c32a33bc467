// A token that Introspect was asked about before: whatever ends it or takes from it is in the very next answer, single or
// in a batch, through either door; and what is given back is back. What ends a token at all stands in state-flips.test.ts.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { grpcDoor } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { claimsOf, kidOf, through } from "../support/histories.ts";
import { auditOf } from "../support/store.ts";
import type { Credential } from "../support/world.ts";
import { call, changed, flips } from "./introspect-remembered-flips.ts";
import {
  createStage,
  everyWay,
  minted,
  mintFor,
  openGrant,
  remembered,
  type Stage,
  subjects,
  tokenOf,
  ways,
} from "./introspect-remembered-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.world.close());

const hour = 3_600_000;
const { fine } = subjects.ada;
const granted = "ada: read write";

describe("a token that was minted here, or asked about before,", () => {
  it("is answered from memory: nothing is read for it again", async () => {
    const read = vi.spyOn(stage.world.parts.store, "tenant");
    try {
      const token = await tokenOf(stage, "ada");
      const readFor = async () => {
        const before = read.mock.calls.length;
        for (const { ask } of ways) expect(await ask(stage, token, stage.red.as("backend"))).toBe(fine);
        return read.mock.calls.length - before;
      };
      expect(await readFor()).toBeGreaterThan(0);
      expect(await readFor()).toBe(0);
    } finally {
      read.mockRestore();
    }
  });

  it.each(flips)("N5-02 N3-16: $what, and the next answer shows it", async (one) => {
    const usual = subjects[one.subject ?? "ada"].fine;
    const said = await remembered(stage, one.subject ?? "ada");
    expect(await said()).toEqual(everyWay(usual));
    // Known from its minting on, so its first answer has to show it as well.
    const first = await minted(stage, one.subject ?? "ada");
    await one.off(stage);
    try {
      expect(await said()).toEqual(everyWay(one.meanwhile));
      expect(await first()).toEqual(everyWay(one.meanwhile));
    } finally {
      await one.back(stage);
    }
    expect(await said()).toEqual(everyWay(one.afterwards ?? usual));
  });

  it("N4-12: loses and regains a permission again and again, and each answer says how it is", async () => {
    const token = await tokenOf(stage, "ben");
    const [take, give] = changed(
      "group staff",
      "group.updateGroup",
      () => ({ roleIds: [] }),
      ({ idOf }) => ({ roleIds: [idOf("role reader")] }),
    );
    for (let round = 0; round < 3; round++) {
      for (const { ask } of ways) expect(await ask(stage, token)).toBe("ben: read");
      await call(take)(stage);
      for (const { ask } of ways) expect(await ask(stage, token)).toBe("ben:");
      await call(give)(stage);
    }
  });

  it.each(ways)("N5-02: $name: ends with its own revocation, and with its grant's", async ({ ask }) => {
    const on = through(grpcDoor, () => stage.world);
    const [alone, first] = [await on.signIn(stage.red), await on.signIn(stage.red)];
    const next = await on.next(first.refresh);
    const said = () => Promise.all([alone, first, next].map(({ access }) => ask(stage, access)));
    for (let i = 0; i < 2; i++) expect(await said()).toEqual([granted, granted, granted]);
    await on.revoke(alone.access);
    expect(await said()).toEqual(["inactive", granted, granted]);
    await on.revoke(next.refresh);
    expect(await said()).toEqual(["inactive", "inactive", "inactive"]);
    // Of the first sign-in one token was revoked and nothing else.
    expect(await ask(stage, (await on.next(alone.refresh)).access)).toBe(granted);
  });

  it.each(ways)("N5-02: $name: is answered as ended where nobody asked before", async ({ ask }) => {
    const on = through(grpcDoor, () => stage.world);
    const [alone, first] = [await on.signIn(stage.red), await on.signIn(stage.red)];
    const next = await on.next(first.refresh);
    await on.revoke(alone.access);
    expect(await ask(stage, alone.access)).toBe("inactive");
    const another = await on.next(alone.refresh);
    await on.revoke(next.refresh);
    for (const { access } of [first, next]) expect(await ask(stage, access)).toBe("inactive");
    expect(await ask(stage, another.access)).toBe(granted);
  });

  it.each(ways)("N2-12: $name: ends with the key that signed it", async ({ ask }) => {
    const token = await tokenOf(stage, "ada");
    for (let i = 0; i < 2; i++) expect(await ask(stage, token)).toBe(fine);
    await stage.world.parts.keyring.revoke(kidOf(token));
    expect(await ask(stage, token)).toBe("inactive");
  });
});

describe("N5-03: whether the caller may read it is asked each time", () => {
  it.each(ways)("$name: one that may not learns nothing of what another was told", async ({ ask }) => {
    const { red, world } = stage;
    const token = await tokenOf(stage, "ada");
    for (let i = 0; i < 2; i++) {
      expect(await ask(stage, token)).toBe(fine);
      expect(await ask(stage, token, red.as("backend"))).toBe(fine);
      for (const as of [red.as("other"), world.blue.as("backend"), world.blue.as("inspector")])
        expect(await ask(stage, token, as)).toBe("inactive");
    }
  });

  it.each(ways)("$name: one that serves the audience no more reads nothing, until it does again", async ({ ask }) => {
    const { red } = stage;
    const token = await tokenOf(stage, "ada");
    const [take, give] = changed(
      `resource ${api}`,
      "resource.updateResource",
      ({ idOf }) => ({ serverClientIds: [idOf("application other")] }),
      ({ idOf }) => ({ serverClientIds: [idOf("application backend")] }),
    );
    const askers: Credential[] = [red.as("backend"), red.as("other"), red.as("inspector")];
    const told = () => Promise.all(askers.map((as) => ask(stage, token, as)));
    for (let i = 0; i < 2; i++) expect(await told()).toEqual([fine, "inactive", fine]);
    await call(take)(stage);
    expect(await told()).toEqual(["inactive", fine, fine]);
    await call(give)(stage);
    expect(await told()).toEqual([fine, "inactive", fine]);
  });

  it.each(ways)("$name: one whose role is gone reads nothing, until it has it again", async ({ ask }) => {
    const { boss, idOf } = stage;
    const token = await tokenOf(stage, "ada");
    const machine = { applicationId: idOf("application inspector") };
    for (let i = 0; i < 2; i++) expect(await ask(stage, token)).toBe(fine);
    await boss.ok("applicationRole.removeApplicationRole", { ...machine, roleId: idOf("role inspector") });
    expect(await ask(stage, token)).toBe("inactive");
    await boss.ok("applicationRole.assignApplicationRoles", { ...machine, roleIds: [idOf("role inspector")] });
    expect(await ask(stage, token)).toBe(fine);
  });
});

describe("a token whose grant stands on another user's", () => {
  const parentOf = () => openGrant(stage, "ben", { expireTime: stage.world.now() + hour });
  const tokenOn = async (parentId: string) =>
    mintFor(stage, await openGrant(stage, "ada", { expireTime: stage.world.now() + hour, parentId }));

  it.each(ways)("$name: is inactive while that user is suspended", async ({ ask }) => {
    const token = await tokenOn(await parentOf());
    const ben = { id: stage.idOf("user ben") };
    for (let i = 0; i < 2; i++) expect(await ask(stage, token)).toBe("ada: read");
    await stage.boss.ok("user.suspendUser", ben);
    const meanwhile = await ask(stage, token);
    await stage.boss.ok("user.reactivateUser", ben);
    expect(meanwhile).toBe("inactive");
    expect(await ask(stage, token)).toBe("ada: read");
  });

  it.each(ways)("$name: ends when that grant is revoked", async ({ ask }) => {
    const { red, world } = stage;
    const grantId = await parentOf();
    const token = await tokenOn(grantId);
    for (let i = 0; i < 2; i++) expect(await ask(stage, token)).toBe("ada: read");
    const [tenantId, now] = [red.id, world.now()];
    const audit = { ...auditOf(tenantId), time: now };
    await world.parts.store.write("endGrant", { tenantId, grantId, now, reason: "revoked", audit });
    expect(await ask(stage, token)).toBe("inactive");
  });
});

describe("at the very moment, without a write", () => {
  beforeAll(() => stage.world.hold());

  const soon = () => stage.world.now() + 300_000;

  /** Says `before` until the last millisecond before the moment, and `after` from then on, each way of a token of its own. */
  async function turnsAt(moment: number, before: string, after: string, make: () => Promise<string>): Promise<void> {
    const { world } = stage;
    const tokens = await Promise.all(ways.map(make));
    const said = () => Promise.all(ways.map(({ ask }, i) => ask(stage, tokens[i] ?? "")));
    const each = (words: string) => ways.map(() => words);
    for (let i = 0; i < 2; i++) expect(await said()).toEqual(each(before));
    world.advance(moment - 1 - world.now());
    expect(await said()).toEqual(each(before));
    world.advance(1);
    for (let i = 0; i < 2; i++) expect(await said()).toEqual(each(after));
  }

  it.each([
    ["an assignment of a role", "roleAssignments", "ada", { roleId: "editor", userId: "ada" }, fine, "ada: invite"],
    ["a membership of a group", "groupMembers", "ben", { groupId: "staff", userId: "ben" }, "ben: read", "ben:"],
  ] as const)("%s expires", async (_what, list, subject, is, before, after) => {
    const { red } = stage;
    const moment = soon();
    const matches = (one: Record<string, unknown>) => Object.entries(is).every(([key, value]) => one[key] === value);
    const entry = red.declared[list]?.find(matches) ?? expect.unreachable();
    await red.apply(() => void (entry["expireTime"] = new Date(moment).toISOString()));
    await turnsAt(moment, before, after, () => tokenOf(stage, subject));
    await red.apply(() => void delete entry["expireTime"]);
    expect(await ways[0]?.ask(stage, await tokenOf(stage, subject))).toBe(before);
  });

  it("the token expires", async () => {
    const { red, world } = stage;
    const on = through(grpcDoor, () => world);
    const make = async () => (await on.signIn(red, { request: { ttl: 300 } })).access;
    await turnsAt(Number(claimsOf(await make())["exp"]) * 1000, granted, "inactive", make);
  });

  it("its grant ends", async () => {
    const expireTime = soon();
    const make = async () => mintFor(stage, await openGrant(stage, "ada", { expireTime }));
    await turnsAt(expireTime, "ada: read", "inactive", make);
  });

  it("the grant that its own stands on ends", async () => {
    const expireTime = soon();
    const parentId = await openGrant(stage, "ben", { expireTime });
    const own = { expireTime: expireTime + hour, parentId };
    const make = async () => mintFor(stage, await openGrant(stage, "ada", own));
    await turnsAt(expireTime, "ada: read", "inactive", make);
  });
});
