// The reads on the way of a request and the writes behind tokens go by an index that names what is sought, however many
// users, grants and tenants there are: none walks along all rows of a tenant.
import { drizzle } from "drizzle-orm/better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import type { Connection, Database } from "../../src/store/connection.ts";
import { bindOperations } from "../../src/store/operations.ts";
import { bindInstanceReads, bindTenantReads } from "../../src/store/reads.ts";
import { connect, openFile } from "../../src/store/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { auditOf, databaseFile, familyOf, fillTenant, grantOf, id, now } from "../support/store.ts";

async function logged() {
  const path = databaseFile();
  const store = await openSqliteStore({ path, onFatal: () => undefined });
  const tenant = await fillTenant(store);
  await store.close();
  const file = openFile(path, "write");
  onTestFinished(() => void file.close());
  const asked: { text: string; params: unknown[] }[] = [];
  const logger = { logQuery: (text: string, params: unknown[]) => void asked.push({ text, params }) };
  const db = drizzle(file, { casing: "snake_case", logger }) as unknown as Database;
  const connection: Connection = { ...connect(file), db };
  const plansOf = (text: string, params: unknown[]) =>
    (file.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...params) as { detail: string }[]).map(({ detail }) => detail);
  /** The steps of what was asked since the last time. */
  const steps = () => asked.splice(0).flatMap(({ text, params }) => plansOf(text, params));
  return { tenant, connection, steps, plansOf };
}

/** Over a table that grows with users, its tenant alone or nothing at all. */
const walks = (step: string) =>
  /\b(user|user_identity|role_assignment|group_member|organization_member|grant|refresh_family|application_secret)\b/.test(
    step,
  ) &&
  (step.startsWith("SCAN ") || step.endsWith("(tenant_id=?)"));

it("no read of a request walks along a tenant", async () => {
  const { tenant, connection, steps } = await logged();
  const { tenantId, ids, subject, email } = tenant;
  const reads = bindTenantReads(connection);
  const instance = bindInstanceReads(connection);
  await instance.findClient(ids.application);
  await instance.findClientByCertificate(tenant.uri);
  await instance.secretsOf(ids.application);
  await reads.user(tenantId, ids.user);
  await reads.userByEmail(tenantId, email);
  await reads.userByIdentity(tenantId, ids.connector, subject);
  await reads.upstreamSubject(tenantId, ids.user, ids.connector);
  await reads.userRoles(tenantId, ids.user);
  await reads.applicationRoles(tenantId, ids.application);
  await reads.groups(tenantId, ids.user);
  await reads.membership(tenantId, ids.user, ids.organization);
  await reads.family(tenantId, "family");
  await reads.grantState(tenantId, "grant", "jti");
  await reads.consentsToOrganization(tenantId, {
    applicationId: ids.application,
    userId: ids.user,
    organizationId: ids.organization,
  });
  const taken = steps();
  expect(taken.length).toBeGreaterThan(14);
  expect(taken.filter(walks)).toEqual([]);
});

it("no write behind a token walks along a tenant", async () => {
  const { tenant, connection, steps } = await logged();
  const { tenantId, ids } = tenant;
  const operations = bindOperations(connection);
  const grant = grantOf(tenant);
  const family = familyOf(grant);
  await operations.openGrant({ grant, family });
  await operations.rotateFamily({
    tenantId,
    familyId: family.id,
    head: family.headDigest,
    successor: "next",
    salt: "salt",
    now,
    idleExpireTime: now,
  });
  const user = { ...standardOf(tenantId), ...newcomer };
  const identity = { ...standardOf(tenantId), userId: user.id, connectorId: ids.connector, subject: "newcomer" };
  await operations.joinUser({ user, terms: [], identity, assignments: [], audit: auditOf(tenantId) });
  const taken = steps();
  expect(taken.length).toBeGreaterThan(3);
  expect(taken.filter(walks)).toEqual([]);
});

it("one that does is noticed", async () => {
  const { plansOf } = await logged();
  // What the look-up by e-mail was: a parameter does not tell the planner that it is not empty.
  const steps = plansOf(`select * from "user" where tenant_id = ? and email_key = ?`, ["t", "e"]);
  expect(steps.filter(walks)).toHaveLength(1);
  expect(plansOf(`select * from "grant"`, []).filter(walks)).toHaveLength(1);
});

const standardOf = (tenantId: string) => ({ id: id(), tenantId, revision: 1, createTime: now, updateTime: now });

const newcomer = {
  username: "newcomer",
  name: "",
  email: "new@example.test",
  emailVerified: true,
  emailKey: "new@example.test",
  phone: "",
  suspended: false,
  epoch: 1,
};
