// Store contract: pages of a list hold each row once and in order, whatever is filtered out and whatever comes meanwhile.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestTotal, type Position, type RowConditions } from "../../src/store/list-reads.ts";
import type { AnyRow, TypeName } from "../../src/store/row-operations.ts";
import type { Store } from "../../src/store/store.ts";
import { auditOf, createRow, fillTenant, id, now } from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

/** Many rows in few transactions, without anything to search them by. */
export async function createMany(store: Store, type: TypeName, tenantId: string, rows: AnyRow[]): Promise<string[]> {
  const made = rows.map((row) => ({ id: id(), tenantId, createTime: now, updateTime: now, ...row }));
  const audit = auditOf(tenantId);
  for (let from = 0; from < made.length; from += 500) {
    const args = (row: AnyRow) => ({ type, tenantId, row, children: [], audit });
    const writes = made.slice(from, from + 500).map((row) => ({ operation: "createRow" as const, args: args(row) }));
    await store.write("writeRows", { writes });
  }
  return made.map((row) => row.id);
}

export type Walked = { ids: string[]; pages: number[] };

/** Every page of a list, `between` each; fails where a page does not get on. */
export async function walk(
  store: Store,
  tenantId: string,
  type: TypeName,
  { limit, ...query }: RowConditions & { limit: number },
  between: () => Promise<unknown> = async () => undefined,
): Promise<Walked> {
  const walked: Walked = { ids: [], pages: [] };
  let after: Position | undefined;
  do {
    const page = await store.tenant(tenantId).list(type, { ...query, after, limit });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    expect(page.next).not.toEqual(after ?? null);
    walked.ids.push(...page.rows.map((row) => String(row["id"])));
    walked.pages.push(page.rows.length);
    after = page.next;
    if (after !== undefined) await between();
  } while (after !== undefined);
  return walked;
}

export async function bareTenant(store: Store): Promise<string> {
  const tenantId = id();
  await createRow(store, "tenant", tenantId, { id: tenantId, name: tenantId });
  return tenantId;
}

const named = (count: number, more: (at: number) => AnyRow = () => ({})) =>
  Array.from({ length: count }, (_, at) => ({ username: `user-${at}`, ...more(at) }));

export function listContract(open: OpenStore): void {
  describe("pages", () => {
    it("of any size hold each row once, in order of birth, though rows come in between", async () => {
      const store = await open();
      const steps = { before: fc.integer({ min: 0, max: 25 }), limit: fc.integer({ min: 1, max: 9 }) };
      const property = fc.asyncProperty(fc.record(steps), fc.array(fc.nat(3)), async ({ before, limit }, inserts) => {
        const tenantId = await bareTenant(store);
        const first = await createMany(store, "user", tenantId, named(before));
        const later: string[] = [];
        const insert = async () => {
          const rows = named(inserts.pop() ?? 0, () => ({ username: id() }));
          later.push(...(await createMany(store, "user", tenantId, rows)));
        };
        const { ids } = await walk(store, tenantId, "user", { limit }, insert);
        expect(ids).toEqual([...new Set(ids)].toSorted());
        expect(ids.filter((each) => !later.includes(each))).toEqual(first.toSorted());
      });
      await fc.assert(property, { numRuns: 25 });
    });

    it("are full, and the last names no next one, even where it is just full", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      await createMany(store, "user", tenantId, named(6));
      expect((await walk(store, tenantId, "user", { limit: 3 })).pages).toEqual([3, 3]);
      expect((await walk(store, tenantId, "user", { limit: 4 })).pages).toEqual([4, 2]);
      expect((await walk(store, tenantId, "user", { limit: 7 })).pages).toEqual([6]);
      expect((await walk(store, tenantId, "application", { limit: 7 })).pages).toEqual([0]);
    });

    it("of an owner hold what is its own", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const other = await createRow(store, "resource", tenantId, { name: "b", indicator: "https://b.test" });
      const scope = await createRow(store, "scope", tenantId, { resourceId: other, name: "own" });
      const of = async (resourceId: string) =>
        (await walk(store, tenantId, "scope", { parent: { resourceId }, limit: 5 })).ids;
      expect(await of(ids.resource)).toEqual([ids.scope]);
      expect(await of(other)).toEqual([scope]);
      expect(await of(id())).toEqual([]);
    });
  });

  describe("filters", () => {
    it("that few rows pass make short pages that go on to every one of them", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const rare = (at: number) => at % 1250 === 1249;
      const made = await createMany(
        store,
        "user",
        tenantId,
        named(2600, (at) => ({ suspended: rare(at), username: id() })),
      );
      const matching = { suspended: [true] };
      const { ids, pages } = await walk(store, tenantId, "user", { matching, limit: 100 });
      expect(ids).toEqual(made.filter((_, at) => rare(at)).toSorted());
      expect(pages.length).toBeGreaterThan(1);
      expect(await store.tenant(tenantId).total("user", { matching })).toBe(2);
    });

    it("leave out what is linked already", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const ben = await createRow(store, "user", tenantId, { username: "ben" });
      const other = await createRow(store, "group", tenantId, { name: "other" });
      const without = (groupId: string) => ({ link: "groupMember" as const, by: "userId", where: { groupId } });
      const list = async (groupId: string) =>
        (await walk(store, tenantId, "user", { without: without(groupId), limit: 5 })).ids;
      expect(await list(ids.group)).toEqual([ben]);
      expect(await list(other)).toEqual([ben, ids.user].toSorted());
      expect(await store.tenant(tenantId).total("user", { without: without(ids.group) })).toBe(1);
    });

    it("take any of several values, and combine", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const [one = "", two = "", three = ""] = await createMany(store, "role", tenantId, [
        { name: "one", type: 1 },
        { name: "two", type: 2 },
        { name: "three", type: 2, isDefault: true },
      ]);
      const list = async (matching: RowConditions["matching"]) =>
        (await walk(store, tenantId, "role", { ...(matching && { matching }), limit: 5 })).ids;
      expect(await list({ type: [1, 2] })).toEqual([one, two, three].toSorted());
      expect(await list({ type: [2], isDefault: [false] })).toEqual([two]);
      expect(await list({ type: [3] })).toEqual([]);
    });
  });

  describe("totals", () => {
    it("are exact below a thousand, and a thousand beyond", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const total = () => store.tenant(tenantId).total("user", {});
      expect(await total()).toBe(0);
      await createMany(store, "user", tenantId, named(largestTotal - 1));
      expect(await total()).toBe(largestTotal - 1);
      await createMany(
        store,
        "user",
        tenantId,
        named(2, (at) => ({ username: `more-${at}` })),
      );
      expect(await total()).toBe(largestTotal);
    });

    it("are not known where too many rows would have to be looked at", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      await createMany(store, "user", tenantId, named(9_990));
      const total = () => store.tenant(tenantId).total("user", { matching: { suspended: [true] } });
      expect(await total()).toBe(0);
      await createMany(
        store,
        "user",
        tenantId,
        named(10, (at) => ({ username: `more-${at}` })),
      );
      expect(await total()).toBeUndefined();
    });
  });

  describe("presence", () => {
    it("is told of this tenant's ids, in whatever number, each once", async () => {
      const store = await open();
      const [mine, theirs] = [await fillTenant(store), await fillTenant(store)];
      const present = (ids: string[]) => store.tenant(mine.tenantId).present("user", ids);
      expect(await present([])).toEqual([]);
      expect(await present([mine.ids.user, theirs.ids.user, id(), mine.ids.role])).toEqual([mine.ids.user]);
      expect(await present(Array(300).fill(mine.ids.user))).toEqual([mine.ids.user]);
    });
  });
}
