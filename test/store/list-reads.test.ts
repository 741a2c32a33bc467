// Lists in SQLite: every query of a list, a search, a get and a delete goes by an index, however large the tables are,
// and the trigram index is in step with the terms.
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { bindOperations } from "../../src/store/operations.ts";
import { bindRowReads } from "../../src/store/row-reads.ts";
import type { RowConditions, Search } from "../../src/store/list-reads.ts";
import type { TypeName } from "../../src/store/row-operations.ts";
import { openQueryLog } from "../support/query-log.ts";
import { auditOf, createRow, databaseFile, fillTenant, openTestStore } from "../support/store.ts";

/** `slow` answers the steps of what was asked since the last time that do not go by an index. */
async function logged() {
  const { file, tenant, asked, connection, steps } = await openQueryLog();
  const slow = () => steps().filter((detail) => isSlow(detail));
  return { file, tenant, asked, slow, reads: bindRowReads(connection), operations: bindOperations(connection) };
}

/** The text index is asked with its own words, and what is scanned of a subquery was bounded inside it. */
const isSlow = (detail: string) =>
  (detail.startsWith("SCAN ") &&
    !/^SCAN (search_trigram VIRTUAL TABLE INDEX \d+:M|held\b|counted\b|\(subquery|CONSTANT ROW)/.test(detail)) ||
  /TEMP B-TREE FOR (ORDER|LAST)/.test(detail);

const big = ["user", "application", "scope", "groupMember", "roleAssignment"] as const;
const parents: Partial<Record<TypeName, RowConditions["parent"]>> = {
  application: { projectId: "p" },
  scope: { resourceId: "r" },
  groupMember: { groupId: "g" },
  roleAssignment: { roleId: "r" },
};
const search = (mode: Search["mode"]): RowConditions => ({ search: { field: "name", text: "abc", mode } });
const queries = (type: TypeName): [string, RowConditions, (string | number)[]][] => [
  ["everything", {}, ["x"]],
  ["of an owner", { parent: parents[type] ?? {} }, ["x"]],
  ["filtered", { matching: { revision: [1] } }, ["x"]],
  ["without what is linked", { without: { link: "groupMember", by: "userId", where: { groupId: "g" } } }, ["x"]],
  ["by prefix", search("prefix"), ["abc", "x"]],
  ["as a whole", search("exact"), ["abc", "x"]],
  ["by any part", search("substring"), [7]],
  ["by prefix, filtered", { ...search("prefix"), matching: { revision: [1] } }, ["abc", "x"]],
  ["by any part, filtered", { ...search("substring"), matching: { revision: [1] } }, [7]],
];

/** Foreign keys of small tables without an index of their own. */
const unindexed = ["application_secret.tenant_id", "user_consent_scope.application_id"];

describe("goes by an index", () => {
  it.each(big)("a list and a count of %s, from the start and from a position", async (type) => {
    const { tenant, reads, slow, asked } = await logged();
    for (const [what, conditions, after] of queries(type)) {
      for (const from of [undefined, after]) {
        await reads.list(tenant.tenantId, type, { ...conditions, after: from, limit: 20 });
        expect([what, asked.length > 0, slow()]).toEqual([what, true, []]);
      }
      await reads.total(tenant.tenantId, type, conditions);
      expect([what, slow()]).toEqual([what, []]);
    }
  });

  it.each(big)("a get of %s, and the look at which ids there are", async (type) => {
    const { tenant, reads, slow, asked } = await logged();
    await reads.row(tenant.tenantId, type, "x");
    await reads.present(tenant.tenantId, type, ["x", "y"]);
    expect(asked).toHaveLength(2);
    expect(slow()).toEqual([]);
  });

  it.each([
    ["user", "username"],
    ["application", "name"],
  ] as const)("create, update and delete of %s", async (type, name) => {
    const { tenant, operations, slow, asked } = await logged();
    const { tenantId, ids } = tenant;
    const change = { type, tenantId, children: [], audit: auditOf(tenantId) };
    const row = { id: "new", tenantId, createTime: 1, updateTime: 1, [name]: "new", projectId: ids.project };
    const { projectId: _project, ...user } = row;
    const terms = [{ field: name, term: "new" }];
    await operations.createRow({ ...change, row: type === "user" ? user : row, terms });
    await operations.updateRow({ ...change, id: "new", revision: 1, set: { [name]: "newer" }, terms });
    await operations.deleteRow({ ...change, id: "new" });
    expect(asked.length).toBeGreaterThan(6);
    expect(slow().filter((step) => step !== "SCAN user_consent_scope")).toEqual([]);
  });

  it("what a delete takes along: every foreign key begins an index of its table", async () => {
    const { file } = await logged();
    const tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    const missing = tables.flatMap((table) => {
      const indexes = file.pragma(`index_list("${table}")`) as { name: string; partial: number }[];
      const whole = indexes.filter(({ partial }) => partial === 0);
      const first = whole.map(({ name }) =>
        file.prepare("SELECT name FROM pragma_index_info(?) LIMIT 1").pluck().get(name),
      );
      const keys = file.pragma(`foreign_key_list("${table}")`) as { from: string; table: string }[];
      return keys.filter(({ from }) => !first.includes(from)).map(({ from }) => `${table}.${from}`);
    });
    expect(missing.filter((key) => !unindexed.includes(key))).toEqual([]);
  });

  it("and what does not is seen: this test can fail", async () => {
    const { file, tenant, reads, slow } = await logged();
    file.exec("DROP INDEX user_birth; DROP INDEX user_username; DROP INDEX user_email");
    await reads.list(tenant.tenantId, "user", { limit: 20 });
    expect(slow()).toEqual([expect.stringMatching(/^SCAN user/)]);
    file.exec("DROP INDEX search_term_key");
    await reads.list(tenant.tenantId, "user", { ...search("prefix"), limit: 20 });
    expect(slow()).not.toEqual([]);
  });
});

describe("the trigram index", () => {
  it("is in step with the terms after creations, changes, deletions and refusals, searched in between or not", async () => {
    const path = databaseFile();
    const store = await openTestStore({ path });
    for (let round = 0; round < 12; round += 1) {
      const { tenantId, ids } = await fillTenant(store);
      const search = { field: "username", text: "ada", mode: "substring" as const };
      expect((await store.tenant(tenantId).list("user", { search, limit: 9 })).rows).toHaveLength(1);
      const create = (name: string) => createRow(store, "project", tenantId, { name }).catch(() => "refused");
      const [, refused] = await Promise.all([create("twice"), create("twice"), create("another")]);
      expect(refused).toBe("refused");
      await store.write("deleteRow", { type: "resource", tenantId, id: ids.resource, audit: auditOf(tenantId) });
      // The check does not take for damage what was written since this connection last searched.
      expect(store.integrityCheck()).toEqual([]);
    }
    await store.close();
    const file = new Sqlite(path);
    const count = (sql: string) => file.prepare(sql).pluck().get();
    file.exec("INSERT INTO search_trigram (search_trigram, rank) VALUES ('integrity-check', 1)");
    expect(count("SELECT count(*) FROM search_trigram_docsize")).toBe(count("SELECT count(*) FROM search_term"));
    expect(count("SELECT count(*) FROM search_term WHERE type = 'scope'")).toBe(0);
    file.close();
  });
});
