// Create, update and delete of a management row, the same for every type, with its audit event and the epoch it moves.
import { and, count, eq, not, or, sql } from "drizzle-orm/sql";
import { Failure } from "../failure.ts";
import { systemTenantId } from "../system-tenant.ts";
import { type AuditEvent, bindRecord } from "./audit-rows.ts";
import { storeFailure } from "./conflict.ts";
import type { Connection } from "./connection.ts";
import { placeOf } from "./search-tables.ts";
import type { Tables } from "./tables.ts";

/** The tables that hold one management type each. */
export type TypeName = Exclude<
  keyof Tables,
  | "instance"
  | "searchTerm"
  | "bootstrapSecret"
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

/** What a row is searched by: the normalised value of one of its fields. */
export type Term = { field: string; term: string };
/** The most rows that may equal these columns, counted with the new one; what is thrown when there are more. */
export type AtMost = { where: AnyRow; count: number; otherwise: "exhausted" | "precondition" | "stale" };

export type RowChange = {
  type: TypeName;
  tenantId: string;
  children: Children[];
  /** Absent leaves the terms as they are. */
  terms?: Term[];
  /** Absent where no permission depends on the row. */
  epoch?: Epoch;
  audit: AuditEvent;
};
/** `displaces`: the rows that it takes the place of, and the event of each, still without its subject. */
export type CreateRow = RowChange & {
  row: AnyRow;
  atMost?: AtMost;
  displaces?: { where: AnyRow; audit: AuditEvent };
};
export type UpdateRow = RowChange & { id: string; revision: number; set: AnyRow };
export type DeleteRow = Omit<RowChange, "children" | "terms"> & { id: string };
export type RowWrite =
  | { operation: "createRow"; args: CreateRow }
  | { operation: "updateRow"; args: UpdateRow }
  | { operation: "deleteRow"; args: DeleteRow };

// One place where a type's name becomes its table. Every such table has these columns; the tenant's own id is its tenant.
export type AnyTable = Tables["project"];
export const tableOf = (t: Tables, type: TypeName | Children["table"]) => t[type] as unknown as AnyTable;
export const tenantColumn = (t: Tables, type: TypeName) =>
  type === "tenant" ? t.tenant.id : tableOf(t, type).tenantId;

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
  const replaceTerms = async (type: TypeName, tenantId: string, rowId: string, terms: Term[] | undefined) => {
    if (terms === undefined) return;
    const { searchTerm } = t;
    // One that stays keeps its number, which is its place in the pages of a search.
    const stays = or(...terms.map(({ field, term }) => and(eq(searchTerm.field, field), eq(searchTerm.term, term))));
    await db.delete(searchTerm).where(and(eq(searchTerm.rowId, rowId), stays && not(stays)));
    // Tenants are searched from the system tenant.
    const owner = type === "tenant" ? systemTenantId : tenantId;
    const rows = terms.map((term) => ({ ...term, type, tenantId: owner, rowId, place: placeOf(owner, type) }));
    if (rows.length > 0) await db.insert(searchTerm).values(rows).onConflictDoNothing();
  };
  const equalTo = (type: TypeName, where: AnyRow) => {
    const columns = tableOf(t, type) as unknown as Record<string, AnyTable["id"]>;
    return and(
      ...Object.entries(where).map(([name, value]) => sql`${columns[name]} = ${sql.param(value, columns[name])}`),
    );
  };
  const displace = async (type: TypeName, { where, audit }: NonNullable<CreateRow["displaces"]>) => {
    const displaced = await db.delete(tableOf(t, type)).where(equalTo(type, where)).returning();
    for (const { id } of displaced) await record({ ...audit, subject: id });
  };
  const keepTo = async (type: TypeName, { where, count: most, otherwise }: AtMost) => {
    const [found] = await db.select({ rows: count() }).from(tableOf(t, type)).where(equalTo(type, where));
    if ((found?.rows ?? 0) <= most) return;
    if (otherwise === "stale") throw new Failure("stale", "it changed since it was read");
    throw new Failure(otherwise, `there are at most ${most}`, {
      reason: otherwise === "exhausted" ? "LIMIT_REACHED" : "FAILED_PRECONDITION",
    });
  };
  const finish = async ({ epoch, audit }: { epoch?: Epoch; audit: AuditEvent }) => {
    if (epoch === undefined) await record(audit);
    else await bumpAndRecord(epoch, audit);
  };
  const bumpAndRecord = async (epoch: Epoch, audit: AuditEvent) => {
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
    createRow: async (created: CreateRow): Promise<void> => {
      const { type, tenantId, row, children, terms, atMost, displaces, ...rest } = created;
      if (displaces) await displace(type, displaces);
      await db.insert(tableOf(t, type)).values(row as AnyTable["$inferInsert"]);
      if (atMost) await keepTo(type, atMost);
      await replaceChildren(children);
      await replaceTerms(type, tenantId, String(row["id"]), terms);
      await finish(rest);
    },
    /** Throws stale when the row is no longer at `revision`. */
    updateRow: async ({ type, tenantId, id, revision, set, children, terms, ...rest }: UpdateRow): Promise<void> => {
      const table = tableOf(t, type);
      const updated = await db
        .update(table)
        .set({ ...set, revision: sql`${table.revision} + 1` })
        .where(and(here(type, tenantId, id), eq(table.revision, revision)))
        .returning({ id: table.id });
      if (updated.length === 0) throw new Failure("stale", "it changed since it was read");
      await replaceChildren(children);
      await replaceTerms(type, tenantId, id, terms);
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
    /** An event that changed nothing else: something was refused. */
    recordEvent: async ({ audit }: { audit: AuditEvent }): Promise<void> => record(audit),
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
