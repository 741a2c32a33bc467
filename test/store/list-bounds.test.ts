// How far a page looks before it leaves off: both sides of each bound. What lies beyond is on the pages that follow.
import { describe, expect, it } from "vitest";
import type { RowConditions } from "../../src/store/list-reads.ts";
import type { RowWrite } from "../../src/store/row-operations.ts";
import type { Store } from "../../src/store/store.ts";
import { auditOf, createRow, id, now, openTestStore } from "../support/store.ts";

type Sort = { suspended?: boolean; field?: string };

/** A tenant with users in order of birth, each with one term of its field that begins with "lantern". */
async function tenantOf(...sorts: Sort[]): Promise<{ store: Store; tenantId: string; ids: string[] }> {
  const store = await openTestStore();
  const tenantId = await createRow(store, "tenant", id(), { name: "red" });
  const ids = sorts.map((_, at) => `00000000000000000${String(at).padStart(4, "0")}`);
  const writes = sorts.map(({ suspended = false, field = "username" }, at): RowWrite => {
    const name = `lantern ${String(at).padStart(4, "0")}`;
    const row = { id: ids[at], tenantId, username: name, suspended, createTime: now, updateTime: now };
    const terms = [{ field, term: name }];
    return {
      operation: "createRow",
      args: { type: "user", tenantId, row, children: [], terms, audit: auditOf(tenantId) },
    };
  });
  await store.write("writeRows", { writes });
  return { store, tenantId, ids };
}

/** The ids on each page, as numbers of birth. */
async function pages({ store, tenantId, ids }: Awaited<ReturnType<typeof tenantOf>>, conditions: RowConditions) {
  const found: number[][] = [];
  let after: readonly (string | number)[] | undefined;
  do {
    const page = await store.tenant(tenantId).list("user", { ...conditions, after, limit: 2 });
    found.push(page.rows.map((row) => ids.indexOf(String(row["id"]))));
    after = page.next;
  } while (after !== undefined);
  return found;
}

const many = (count: number, sort: Sort): Sort[] => Array.from({ length: count }, () => sort);
const passes = { matching: { suspended: [true] } };
const search = (mode: "prefix" | "substring"): RowConditions => ({
  search: { field: "username", text: "lantern", mode },
});

describe("a page looks", () => {
  it("at 1,000 rows for those that pass a filter", async () => {
    const tenant = await tenantOf(...many(999, {}), { suspended: true }, { suspended: true });
    expect(await pages(tenant, passes)).toEqual([[999], [1000]]);
  });

  it("at 300 places of a search for rows that pass a filter", async () => {
    const tenant = await tenantOf(...many(299, {}), { suspended: true }, { suspended: true });
    expect(await pages(tenant, { ...search("prefix"), ...passes })).toEqual([[299], [300]]);
  });

  it("at 1,000 places that hold a substring, whatever they are the terms of", async () => {
    const tenant = await tenantOf(...many(999, { field: "name" }), {}, {});
    expect(await pages(tenant, search("substring"))).toEqual([[999], [1000]]);
  });

  it("no further than it has to where it is full before", async () => {
    const tenant = await tenantOf(...many(5, { suspended: true }));
    const inTwos = [[0, 1], [2, 3], [4]];
    for (const conditions of [{}, passes, search("prefix"), search("substring")])
      expect(await pages(tenant, conditions)).toEqual(inTwos);
  });
});

describe("a substring", () => {
  it.each([99, 100, 101])("is found after %d places that are no terms of what is searched", async (others) => {
    const tenant = await tenantOf({}, ...many(others - 1, { field: "name" }), {}, {});
    expect(await pages(tenant, search("substring"))).toEqual([[0, others], [others + 1]]);
  });

  it("is counted to 1,000, however many places hold it", async () => {
    const total = async (...sorts: Sort[]) => {
      const { store, tenantId } = await tenantOf(...sorts);
      return store.tenant(tenantId).total("user", search("substring"));
    };
    expect(await total(...many(3, {}), ...many(3, { field: "name" }))).toBe(3);
    expect(await total(...many(999, {}))).toBe(999);
    expect(await total(...many(1001, {}))).toBe(1000);
  });
});
