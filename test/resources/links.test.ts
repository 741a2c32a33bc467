// Links as sets: adding and replacing twice is doing it once, and whoever else is at it, the set is one that was asked for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupMember } from "../../src/resources/policy/group.ts";
import { operating } from "../../src/resources/index.ts";
import { addLinks, allLinks, type LinkSet, removeLink, replaceLinks } from "../../src/resources/links.ts";
import type { Acting } from "../../src/resources/resource-type.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const nobody = "0".repeat(21);
const names = ["ada", "ben", "cem", "dag", "eve", "fay"];

let instance: Instance;
let acting: Acting;
let users: string[];
let groups = 0;
const idOf = async (type: "user" | "group", key: object) =>
  String((await instance.parts.store.tenant(acting.tenantId).rowByKey(type, { ...key }))?.["id"]);

beforeAll(async () => {
  instance = await openInstance(afterAll);
  await instance.apply({ tenant: { name: "acme" }, users: names.map((username) => ({ username })) });
  await instance.apply({ tenant: { name: "other" }, users: [{ username: "ada" }], groups: [{ name: "theirs" }] });
  acting = operating({ tenantId: await instance.tenantId("acme"), now: 1_800_000_000_000, requestId: nobody });
  users = await Promise.all(names.map((username) => idOf("user", { username })));
});

/** A new group, as the set of its members. */
async function emptySet() {
  const name = `Group ${(groups += 1)}`;
  await instance.apply({ tenant: { name: "acme" }, groups: [{ name }] });
  const links: LinkSet<typeof groupMember.desc> = {
    type: groupMember,
    owner: { groupId: await idOf("group", { name }) },
    other: "userId",
  };
  const { parts } = instance;
  const rows = () => allLinks(parts, links, acting);
  return {
    links,
    rows,
    add: (...ids: string[]) => addLinks(parts, links, acting, ids),
    replace: (...ids: string[]) => replaceLinks(parts, links, acting, ids),
    remove: (id: string) => removeLink(parts, links, acting, id),
    held: async () => (await rows()).map((row) => String(row["userId"])).toSorted(),
    events: async () =>
      (await instance.audit(acting.tenantId)).filter(({ event }) => event.startsWith("group_member.")).length,
  };
}
const some = (...at: number[]) => at.map((i) => users[i] ?? "").toSorted();

describe("adding", () => {
  it("twice makes it once, and answers what was missing", async () => {
    const { add, held, rows, events } = await emptySet();
    expect((await add(...some(0, 1))).toSorted()).toEqual(some(0, 1));
    const [before, told] = [await rows(), await events()];
    expect(await add(...some(0, 1))).toEqual([]);
    expect([await rows(), await events()]).toEqual([before, told]);
    expect(await add(...some(1, 2))).toEqual(some(2));
    expect(await held()).toEqual(some(0, 1, 2));
  });

  it("the same one twice in one request makes it once", async () => {
    const { add, held } = await emptySet();
    expect(await add(...some(0), ...some(0))).toEqual(some(0));
    expect(await held()).toEqual(some(0));
  });

  it("nothing changes nothing", async () => {
    const { add, held } = await emptySet();
    expect(await add()).toEqual([]);
    expect(await held()).toEqual([]);
  });

  it("N6-11: one that is not there, or another tenant's, adds none of the others", async () => {
    const { add, held } = await emptySet();
    const other = await instance.parts.store
      .tenant(await instance.tenantId("other"))
      .rowByKey("user", { username: "ada" });
    const refusals = await Promise.all([String(other?.["id"]), nobody].map((id) => refusalOf(add(...some(0), id))));
    expect(refusals[0]).toEqual(refusals[1]);
    expect(refusals[0]?.kind).toMatch(/notFound|invalid/);
    expect(await held()).toEqual([]);
  });
});

describe("replacing", () => {
  it("twice by the same set writes nothing the second time, and keeps the rows that stay", async () => {
    const { replace, rows, held, events } = await emptySet();
    await replace(...some(0, 1, 1));
    const [before, told] = [await rows(), await events()];
    await replace(...some(1, 0));
    expect([await rows(), await events()]).toEqual([before, told]);
    await replace(...some(1, 2));
    expect(await held()).toEqual(some(1, 2));
    const kept = before.find((row) => row["userId"] === users[1]);
    expect(await rows()).toContainEqual(kept);
    // One that went and one that came.
    expect(await events()).toBe(told + 2);
  });

  it("by nothing empties it, and one that is not there changes nothing at all", async () => {
    const { add, replace, held } = await emptySet();
    await add(...some(0, 1));
    expect((await refusalOf(replace(...some(2), nobody))).kind).toMatch(/notFound|invalid/);
    expect(await held()).toEqual(some(0, 1));
    await replace();
    expect(await held()).toEqual([]);
  });
});

describe("removing", () => {
  it("takes one, once, and says when there is none", async () => {
    const { add, remove, held } = await emptySet();
    await add(...some(0, 1));
    await remove(users[0] ?? "");
    expect(await held()).toEqual(some(1));
    expect(await refusalOf(remove(users[0] ?? ""))).toMatchObject({ kind: "notFound" });
    expect(await refusalOf(remove(nobody))).toMatchObject({ kind: "notFound" });
  });
});

describe("at once", () => {
  const settled = async (work: Promise<unknown>[]) =>
    (await Promise.allSettled(work)).flatMap((end) => (end.status === "rejected" ? [String(end.reason.kind)] : []));

  it("two that add the same both succeed, and it is there once", async () => {
    const { add, held, rows } = await emptySet();
    expect(await settled([add(...some(0, 1)), add(...some(1, 2))])).toEqual([]);
    expect(await held()).toEqual(some(0, 1, 2));
    expect(await rows()).toHaveLength(3);
  });

  it("two that replace both succeed, and the set is one of theirs", async () => {
    const { replace, held } = await emptySet();
    await replace(...some(0, 1));
    expect(await settled([replace(...some(2, 3)), replace(...some(3, 4))])).toEqual([]);
    expect([some(2, 3), some(3, 4)]).toContainEqual(await held());
  });

  it("many that replace, add and remove leave no link twice and none that nobody asked for", async () => {
    const { replace, add, remove, held, rows } = await emptySet();
    await add(...some(0, 1, 2));
    const work = [
      replace(...some(0, 5)),
      replace(...some(1, 5)),
      add(...some(5)),
      add(...some(0, 5)),
      remove(users[2] ?? ""),
    ];
    // Who is disturbed again and again is told so, and may ask again.
    for (const kind of await settled(work)) expect(kind).toMatch(/exists|notFound|stale/);
    const after = await held();
    expect(new Set(after).size).toBe((await rows()).length);
    expect(some(0, 1, 5)).toEqual(expect.arrayContaining(after));
    expect(after).toContain(users[5]);
  });
});
