// One-time secrets that open tenants: stored with the tenant they open, claimed together with what they make.
import { and, eq, gt, inArray, isNull } from "drizzle-orm/sql";
import { Failure } from "../failure.ts";
import { type AuditEvent, bindRecord } from "./audit-rows.ts";
import type { Connection } from "./connection.ts";
import { bindRowOperations, type RowWrite } from "./row-operations.ts";
import type { Row } from "./tables.ts";

/** `useTime` is null until it was used. */
export type BootstrapSecret = Row<"bootstrapSecret">;

export function bindBootstrapOperations(connection: Connection) {
  const { db, t } = connection;
  const record = bindRecord(connection);
  const { writeRows } = bindRowOperations(connection);
  const { bootstrapSecret } = t;
  const keep = async ({ secret }: { secret: BootstrapSecret }): Promise<void> => {
    await db.insert(bootstrapSecret).values(secret);
  };
  return {
    /** Instead of those of the tenant that nobody has used. */
    replaceBootstrapSecret: async ({ secret }: { secret: BootstrapSecret }): Promise<void> => {
      const unused = and(eq(bootstrapSecret.tenantId, secret.tenantId), isNull(bootstrapSecret.useTime));
      await db.delete(bootstrapSecret).where(unused);
      await keep({ secret });
    },
    /** A tenant and what comes with it, and the secret that opens it. */
    createTenant: async ({
      writes,
      secret,
    }: {
      writes: readonly RowWrite[];
      secret: BootstrapSecret;
    }): Promise<void> => {
      await writeRows({ writes });
      await keep({ secret });
    },
    /** Throws unauthenticated unless this call is the one use of a secret that has not expired. */
    bootstrap: async ({ digest, now, writes, audit }: Bootstrap): Promise<void> => {
      const unused = and(isNull(bootstrapSecret.useTime), gt(bootstrapSecret.expireTime, now));
      const claimed = await db
        .update(bootstrapSecret)
        .set({ useTime: now })
        .where(and(eq(bootstrapSecret.digest, digest), unused))
        .returning({ digest: bootstrapSecret.digest });
      if (claimed.length === 0) throw new Failure("unauthenticated", "the secret was refused");
      await writeRows({ writes });
      await record(audit);
    },
  };
}

type Bootstrap = { digest: string; now: number; writes: readonly RowWrite[]; audit: AuditEvent };

/** Reads that find the tenant by its secret. */
export const bindBootstrapReads = ({ db, t }: Connection) => ({
  bootstrapSecret: async (digests: readonly string[]): Promise<BootstrapSecret | undefined> =>
    (
      await db
        .select()
        .from(t.bootstrapSecret)
        .where(inArray(t.bootstrapSecret.digest, [...digests]))
    )[0],
  /** Whether one of the tenant's secrets may still be used. */
  hasLiveBootstrapSecret: async (tenantId: string, now: number): Promise<boolean> => {
    const live = and(isNull(t.bootstrapSecret.useTime), gt(t.bootstrapSecret.expireTime, now));
    const found = await db
      .select({ digest: t.bootstrapSecret.digest })
      .from(t.bootstrapSecret)
      .where(and(eq(t.bootstrapSecret.tenantId, tenantId), live))
      .limit(1);
    return found.length > 0;
  },
});
