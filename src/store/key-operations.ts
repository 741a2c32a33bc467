// Keys are replaced as one set: whoever read an older set is told so, and reads again.
import { eq } from "drizzle-orm/sql";
import { Failure } from "../failure.ts";
import { type AuditEvent, bindRecord } from "./audit-rows.ts";
import type { Connection } from "./connection.ts";
import type { Row } from "./tables.ts";

export type SaveKeys = {
  /** The revision the set was read at. */
  revision: number;
  signingKeys: Row<"signingKey">[];
  dataKeys: Row<"dataKey">[];
  audit: AuditEvent;
};

export function bindKeyOperations(connection: Connection) {
  const { db, t } = connection;
  const record = bindRecord(connection);
  return {
    /** Throws stale when the keys changed since `revision`. */
    saveKeys: async ({ revision, signingKeys, dataKeys, audit }: SaveKeys): Promise<void> => {
      const name = "key_revision";
      const [stored] = await db.select().from(t.instance).where(eq(t.instance.name, name));
      if (Number(stored?.value ?? 0) !== revision) throw new Failure("stale", "the keys changed since they were read");
      const value = String(revision + 1);
      await db
        .insert(t.instance)
        .values({ name, value })
        .onConflictDoUpdate({ target: t.instance.name, set: { value } });
      await db.delete(t.signingKey);
      await db.delete(t.dataKey);
      if (signingKeys.length > 0) await db.insert(t.signingKey).values(signingKeys);
      if (dataKeys.length > 0) await db.insert(t.dataKey).values(dataKeys);
      await record(audit);
    },
    /** What the process knows about itself, by name. */
    setInstanceValue: async ({ name, value }: { name: string; value: string }): Promise<void> => {
      await db
        .insert(t.instance)
        .values({ name, value })
        .onConflictDoUpdate({ target: t.instance.name, set: { value } });
    },
    /** The latest time the store has seen; it never falls, so a clock that jumps back is held at it. */
    raiseHighWater: async ({ now }: { now: number }): Promise<void> => {
      const name = "clock_high_water";
      const [stored] = await db.select().from(t.instance).where(eq(t.instance.name, name));
      const value = String(Math.max(Number(stored?.value ?? 0), now));
      await db
        .insert(t.instance)
        .values({ name, value })
        .onConflictDoUpdate({ target: t.instance.name, set: { value } });
    },
  };
}
