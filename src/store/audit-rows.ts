// The audit trail's rows: added in the transaction of the change they tell of, numbered per tenant, linked by a sealer.
import { and, asc, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm/sql";
import type { Connection } from "./connection.ts";
import type { Row } from "./tables.ts";

/** What happened, in opaque ids only: no name, address, token or secret. `time` is milliseconds. */
export type AuditEvent = Pick<
  Row<"auditEvent">,
  "tenantId" | "time" | "event" | "actor" | "subject" | "clientId" | "requestId" | "outcome" | "reason" | "detail"
>;
export type AuditRow = Row<"auditEvent">;
export type SealedRow = Pick<AuditRow, "tenantId" | "seq"> & { previousHash: string; seal: string };

/** Adds an event under the tenant's next number. Call it inside the transaction of the change. */
export function bindRecord({ db, t }: Connection) {
  return async (event: AuditEvent): Promise<void> => {
    const next = sql<number>`(select coalesce(max(${t.auditEvent.seq}), 0) + 1 from ${t.auditEvent} where ${t.auditEvent.tenantId} = ${event.tenantId})`;
    await db.insert(t.auditEvent).values({ ...event, seq: next });
  };
}

export function bindAuditReads({ db, t }: Connection) {
  return {
    unsealed: async (limit: number): Promise<AuditRow[]> =>
      db
        .select()
        .from(t.auditEvent)
        .where(eq(t.auditEvent.sealed, false))
        .orderBy(asc(t.auditEvent.tenantId), asc(t.auditEvent.seq))
        .limit(limit),
    auditRow: async (tenantId: string, seq: number): Promise<AuditRow | undefined> =>
      (
        await db
          .select()
          .from(t.auditEvent)
          .where(and(eq(t.auditEvent.tenantId, tenantId), eq(t.auditEvent.seq, seq)))
      )[0],
    auditTrail: async (tenantId: string, after: number, limit: number): Promise<AuditRow[]> =>
      db
        .select()
        .from(t.auditEvent)
        .where(and(eq(t.auditEvent.tenantId, tenantId), sql`${t.auditEvent.seq} > ${after}`))
        .orderBy(asc(t.auditEvent.seq))
        .limit(limit),
    auditTenants: async (): Promise<string[]> =>
      (await db.selectDistinct({ id: t.auditEvent.tenantId }).from(t.auditEvent)).map((row) => row.id),
  };
}

/** What is listed; absent is everything. `event` that ends in "." takes all events of that word. Times are milliseconds. */
export type TrailFilter = Partial<
  Pick<AuditEvent, "event" | "actor" | "subject" | "clientId" | "requestId" | "outcome"> & {
    from: number;
    until: number;
  }
>;
export type TrailPage = { rows: AuditRow[]; next: number | undefined };

/** Rows that a page looks at before it leaves off, however few of them it shows. */
const mostExamined = 2000;

export function bindTrailReads({ db, t }: Connection) {
  const { seq, tenantId: tenant } = t.auditEvent;
  const end = async (tenantId: string): Promise<number> => {
    const [last] = await db.select({ seq }).from(t.auditEvent).where(eq(tenant, tenantId)).orderBy(desc(seq)).limit(1);
    return (last?.seq ?? 0) + 1;
  };
  return {
    /** The newest first. `before` and `next` are numbers of events. */
    trail: async (
      tenantId: string,
      query: { filter: TrailFilter; before: number | undefined; limit: number },
    ): Promise<TrailPage> => {
      const { filter, limit } = query;
      const before = query.before ?? (await end(tenantId));
      // Numbers have no gaps, so so many numbers are so many rows.
      const floor = before - mostExamined;
      const found = await db
        .select()
        .from(t.auditEvent)
        .where(and(eq(tenant, tenantId), lt(seq, before), gte(seq, floor), ...conditionsOf(t.auditEvent, filter)))
        .orderBy(desc(seq))
        .limit(limit + 1);
      const rows = found.slice(0, limit);
      if (found.length > limit) return { rows, next: rows.at(-1)?.seq };
      return { rows, next: floor > 1 ? floor : undefined };
    },
  };
}

function conditionsOf(table: Connection["t"]["auditEvent"], { event, from, until, ...equal }: TrailFilter): SQL[] {
  const names = ["actor", "subject", "clientId", "requestId", "outcome"] as const;
  const conditions = names.flatMap((name) => {
    const value = equal[name];
    return value === undefined ? [] : [eq(table[name], value)];
  });
  if (from !== undefined) conditions.push(gte(table.time, from));
  if (until !== undefined) conditions.push(lt(table.time, until));
  if (event?.endsWith("."))
    conditions.push(sql`${table.event} >= ${event} and ${table.event} < ${`${event}\u{10ffff}`}`);
  else if (event !== undefined) conditions.push(eq(table.event, event));
  return conditions;
}

export function bindSealing({ db, t }: Connection) {
  return {
    sealAudit: async ({ rows }: { rows: readonly SealedRow[] }): Promise<void> => {
      for (const { tenantId, seq, previousHash, seal } of rows)
        await db
          .update(t.auditEvent)
          .set({ previousHash, seal, sealed: true })
          .where(and(eq(t.auditEvent.tenantId, tenantId), eq(t.auditEvent.seq, seq), eq(t.auditEvent.sealed, false)));
    },
  };
}
