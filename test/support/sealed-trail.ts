// A sealed audit trail of two tenants, and a hand that reaches past the store into its file.
import Sqlite, { type Database } from "better-sqlite3";
import { expect, onTestFinished } from "vitest";
import { sealAudit } from "../../src/audit-trail.ts";
import type { Store } from "../../src/store/store.ts";
import { heldClock, testKeyring } from "./keyring.ts";
import { auditOf, databaseFile, id, now, openTestStore } from "./store.ts";

/** Adds `count` events to a tenant's trail. */
export const tell = (store: Store, tenantId: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const audit = { ...auditOf(tenantId), detail: { b: 1, a: "two" } };
      return store.write("revokeToken", { token: { jti: id(), tenantId, expireTime: now }, audit });
    }),
  );

/** A store with a sealed trail of five rows, and a hand that reaches past the store into its file. */
export async function sealedTrail() {
  const path = databaseFile();
  const store = await openTestStore({ path });
  const checkpointFile = `${path}.checkpoints`;
  const parts = { store, keyring: await testKeyring(), clock: heldClock(), checkpointFile };
  const file = new Sqlite(path);
  onTestFinished(() => void file.close());
  const [tenant, other] = [id(), id()];
  await tell(store, tenant, 3);
  await tell(store, other, 2);
  await sealAudit(parts);
  await tell(store, tenant, 2);
  await sealAudit(parts);
  return { parts, store, file, tenant, other, checkpointFile, path };
}

export type Sealed = Awaited<ReturnType<typeof sealedTrail>>;

/** Runs SQL on the tenant's rows, past everything that guards them. */
export const tamper = (file: Database, tenant: string, sql: string) => {
  const { changes } = file.prepare(sql).run({ tenant });
  expect(changes).toBeGreaterThan(0);
};
export const where = "WHERE tenant_id = @tenant";
