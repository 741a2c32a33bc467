// Tenants as copies of one: its projects, connectors, resources, scopes, roles and applications with ids of their own,
// and with their search terms and audit rows, but without its users.
import type { Database } from "better-sqlite3";
import { newId, systemRandom } from "../../src/random.ts";
import { placeOf } from "../../src/store/search-tables.ts";
import { inserter, type Row, rowOf, rowsOf } from "../support/rows.ts";

const tables = [
  "project",
  "connector",
  "connector_audience",
  "resource",
  "scope",
  "role",
  "application",
  "application_secret",
] as const;

export function addTenants(file: Database, tenantId: string, count: number): void {
  const tenant = rowOf(file, "tenant", "id = ?", tenantId);
  const owned = tables.flatMap((table) =>
    rowsOf(file, table, "tenant_id = ?", tenantId).map((row) => ({ table: table as string, row })),
  );
  const ids = [tenant, ...owned.map(({ row }) => row)].map(({ id }) => id).filter((id) => typeof id === "string");
  const about = new Set(ids);
  const among = (column: string) => (row: Row) => about.has(String(row[column]));
  const terms = rowsOf(file, "search_term", "1").filter(among("row_id"));
  const audit = rowsOf(file, "audit_event", "tenant_id = ?", tenantId).filter(among("subject"));
  const templates = [
    { table: "tenant", row: tenant },
    ...owned,
    ...terms.map((row) => ({ table: "search_term", row: { ...row, id: null } })),
    ...audit.map((row) => ({ table: "audit_event", row: { ...row, sealed: 1, previous_hash: "-", seal: "-" } })),
  ].map(({ table, row }) => ({ insert: inserter(file, table, row), table, copy: copierOf(row, ids) }));

  const start = Date.now() - count * 10;
  for (let at = 1; at <= count; at++) {
    const fresh = new Map(ids.map((id) => [id, newId(start + at * 10, systemRandom)]));
    const own = { id: fresh.get(tenantId) ?? "", was: String(tenant["name"]), name: `${tenant["name"]}-${at}` };
    for (const { insert, table, copy } of templates) insert(adjusted(table, copy(fresh), own));
  }
}

type Own = { id: string; was: string; name: string };

/** Names of tenants are their own, and where a search term stands depends on the tenant. */
function adjusted(table: string, row: Row, { id, was, name }: Own): Row {
  if (table === "tenant") return { ...row, name };
  if (table !== "search_term") return row;
  if (row["row_id"] === id) return { ...row, term: String(row["term"]).replace(was, name) };
  return { ...row, place: placeOf(id, String(row["type"])) };
}

/** Each id in it, wherever it stands, becomes the fresh one; what has none stays as it is. */
function copierOf(row: Row, ids: readonly string[]): (fresh: ReadonlyMap<string, string>) => Row {
  const some = new RegExp(`(${ids.join("|")})`);
  const parts = Object.entries(row).flatMap(([name, value]) =>
    typeof value === "string" && some.test(value) ? [{ name, pieces: value.split(some) }] : [],
  );
  return (fresh) => {
    const renewed = parts.map(({ name, pieces }) => [name, pieces.map((piece) => fresh.get(piece) ?? piece).join("")]);
    return { ...row, ...Object.fromEntries(renewed) };
  };
}
