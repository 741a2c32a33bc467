// The audit trail's rows: added in the transaction of the change they tell of, numbered per tenant, linked by a sealer.
import { and, asc, eq, sql } from "drizzle-orm/sql";
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
