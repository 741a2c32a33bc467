// Reads of management rows, the same for every type: one by its id or key, and pages of many.
import { and, eq, gt, inArray, type Placeholder, sql } from "drizzle-orm/sql";
import type { Connection } from "./connection.ts";
import { bindListReads } from "./list-reads.ts";
import { type AnyRow, type AnyTable, tableOf, tenantColumn, type TypeName } from "./row-operations.ts";

export function bindRowReads(connection: Connection) {
  const { db, t } = connection;
  const within = (type: TypeName, tenantId: string | Placeholder) => eq(tenantColumn(t, type), tenantId);
  const given = sql.placeholder;
  const select = (type: TypeName) => db.select().from(tableOf(t, type));
  const byId = once((type: TypeName) =>
    select(type)
      .where(and(within(type, given("tenantId")), eq(tableOf(t, type).id, given("id"))))
      .prepare(),
  );
  const byKey = once((type: TypeName, names: readonly string[]) => {
    const columns = tableOf(t, type) as unknown as Record<string, AnyTable["id"]>;
    const equal = names.map(
      (name) => sql`${columns[name]} is not distinct from ${sql.param(given(name), columns[name])}`,
    );
    return select(type)
      .where(and(within(type, given("tenantId")), ...equal))
      .prepare();
  });
  return {
    row: async (tenantId: string, type: TypeName, id: string): Promise<AnyRow | undefined> =>
      (await byId(type).execute({ tenantId, id }))[0],
    /** The row whose columns equal these: its natural key. */
    rowByKey: async (tenantId: string, type: TypeName, key: AnyRow): Promise<AnyRow | undefined> =>
      (await byKey(type, Object.keys(key)).execute({ ...key, tenantId }))[0],
    /** A page in order of birth: ids sort by time. `after` is the last id of the page before, or "". */
    rows: async (tenantId: string, type: TypeName, after: string, limit: number): Promise<AnyRow[]> =>
      db
        .select()
        .from(tableOf(t, type))
        .where(and(within(type, tenantId), gt(tableOf(t, type).id, after)))
        .orderBy(tableOf(t, type).id)
        .limit(limit),
    /** Which of these ids there are. */
    present: async (tenantId: string, type: TypeName, ids: readonly string[]): Promise<string[]> =>
      ids.length === 0
        ? []
        : (
            await db
              .select({ id: tableOf(t, type).id })
              .from(tableOf(t, type))
              .where(and(within(type, tenantId), inArray(tableOf(t, type).id, [...ids])))
          ).map((row) => row.id),
    ...bindListReads(connection),
  };
}

/** Makes a prepared query at its first use and keeps it: there are few types and fewer keys. */
function once<A extends unknown[], Q>(prepare: (...args: A) => Q): (...args: A) => Q {
  const prepared = new Map<string, Q>();
  return (...args) => {
    const name = args.join(" ");
    const known = prepared.get(name);
    if (known !== undefined) return known;
    const made = prepare(...args);
    prepared.set(name, made);
    return made;
  };
}
