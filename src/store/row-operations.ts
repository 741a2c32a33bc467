// Create, update and delete of a management row, the same for every type, with its audit event and the epoch it moves.
import { and, eq, gt, type Placeholder, sql } from "drizzle-orm/sql";
import { Failure } from "../failure.ts";
import { type AuditEvent, bindRecord } from "./audit-rows.ts";
import { storeFailure } from "./conflict.ts";
import type { Connection } from "./connection.ts";
import type { Tables } from "./tables.ts";

/** The tables that hold one management type each. */
export type TypeName = Exclude<
  keyof Tables,
  | "instance"
  | "connectorAudience"
  | "applicationCertificate"
  | "applicationOrigin"
  | "grant"
  | "refreshFamily"
  | "revokedToken"
  | "usedToken"
  | "signingKey"
  | "dataKey"
  | "auditEvent"
>;
/** A row of any type: its columns by name, plain values only. */
export type AnyRow = Record<string, unknown>;
/** Rows of a side table that follow from a list field, replaced as a whole. */
export type Children = {
  table: "connectorAudience" | "applicationCertificate" | "applicationOrigin";
  owner: string;
  rows: AnyRow[];
};
/** Whose cached permissions the change makes old: the tenant's, or one user's. */
export type Epoch = { tenant: string } | { user: string };

export type RowChange = { type: TypeName; tenantId: string; children: Children[]; epoch: Epoch; audit: AuditEvent };
export type CreateRow = RowChange & { row: AnyRow };
export type UpdateRow = RowChange & { id: string; revision: number; set: AnyRow };
export type DeleteRow = Omit<RowChange, "children"> & { id: string };
export type RowWrite =
  | { operation: "createRow"; args: CreateRow }
  | { operation: "updateRow"; args: UpdateRow }
  | { operation: "deleteRow"; args: DeleteRow };

// One place where a type's name becomes its table. Every such table has these columns; the tenant's own id is its tenant.
type AnyTable = Tables["project"];
const tableOf = (t: Tables, type: TypeName | Children["table"]) => t[type] as unknown as AnyTable;
const tenantColumn = (t: Tables, type: TypeName) => (type === "tenant" ? t.tenant.id : tableOf(t, type).tenantId);

export function bindRowOperations(connection: Connection) {
  const { db, t } = connection;
  const record = bindRecord(connection);
  const here = (type: TypeName, tenantId: string, id: string) =>
    and(eq(tenantColumn(t, type), tenantId), eq(tableOf(t, type).id, id));

  const replaceChildren = async (children: Children[]) => {
    for (const { table, owner, rows } of children) {
      const column = table === "connectorAudience" ? t.connectorAudience.connectorId : t[table].applicationId;
      await db.delete(tableOf(t, table)).where(eq(column, owner));
      if (rows.length > 0) await db.insert(tableOf(t, table)).values(rows as AnyTable["$inferInsert"][]);
    }
  };
  const finish = async ({ epoch, audit }: { epoch: Epoch; audit: AuditEvent }) => {
    if ("tenant" in epoch)
      await db
        .update(t.tenant)
        .set({ policyEpoch: sql`${t.tenant.policyEpoch} + 1` })
        .where(eq(t.tenant.id, epoch.tenant));
    else
      await db
        .update(t.user)
        .set({ epoch: sql`${t.user.epoch} + 1` })
        .where(eq(t.user.id, epoch.user));
    await record(audit);
  };

  const rows = {
    createRow: async ({ type, row, children, ...rest }: CreateRow): Promise<void> => {
      await db.insert(tableOf(t, type)).values(row as AnyTable["$inferInsert"]);
      await replaceChildren(children);
      await finish(rest);
    },
    /** Throws stale when the row is no longer at `revision`. */
    updateRow: async ({ type, tenantId, id, revision, set, children, ...rest }: UpdateRow): Promise<void> => {
      const table = tableOf(t, type);
      const updated = await db
        .update(table)
        .set({ ...set, revision: sql`${table.revision} + 1` })
        .where(and(here(type, tenantId, id), eq(table.revision, revision)))
        .returning({ id: table.id });
      if (updated.length === 0) throw new Failure("stale", "it changed since it was read");
      await replaceChildren(children);
      await finish(rest);
    },
    deleteRow: async ({ type, tenantId, id, ...rest }: DeleteRow): Promise<void> => {
      const deleted = await db
        .delete(tableOf(t, type))
        .where(here(type, tenantId, id))
        .returning();
      if (deleted.length === 0) throw new Failure("notFound", "not found");
      await finish(rest);
    },
  };
  return {
    ...rows,
    /** All or none. What is thrown names the first write that failed, counted from 0, as the field of a violation. */
    writeRows: async ({ writes }: { writes: readonly RowWrite[] }): Promise<void> => {
      for (const [at, write] of writes.entries()) await namingPlace(at, () => runWrite(rows, write));
    },
  };
}

type Rows = {
  createRow(args: CreateRow): Promise<void>;
  updateRow(args: UpdateRow): Promise<void>;
  deleteRow(args: DeleteRow): Promise<void>;
};

function runWrite(rows: Rows, write: RowWrite): Promise<void> {
  if (write.operation === "createRow") return rows.createRow(write.args);
  return write.operation === "updateRow" ? rows.updateRow(write.args) : rows.deleteRow(write.args);
}

async function namingPlace(at: number, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    const { kind, message, reason } = storeFailure(thrown);
    // An outage is nobody's write, and has to reach the group as it is: the transaction may be gone with it.
    if (kind === "unavailable") throw thrown;
    throw new Failure(kind, message, { reason, violations: [{ field: String(at), description: message, rule: kind }] });
  }
}

export function bindRowReads({ db, t }: Connection) {
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
