// The reads on the way of a request and the writes behind tokens go by an index that names what is sought, however many
// users, grants and tenants there are: none walks along all rows of a tenant.
import { expect, it } from "vitest";
import { bindOperations } from "../../src/store/operations.ts";
import { bindInstanceReads, bindTenantReads } from "../../src/store/reads.ts";
import { openQueryLog } from "../support/query-log.ts";
import { familyOf, grantOf, joinOf, now } from "../support/store.ts";

/** Over a table that grows with users, its tenant alone or nothing at all. */
const walks = (step: string) =>
  /\b(user|user_identity|role_assignment|group_member|organization_member|grant|refresh_family|application_secret)\b/.test(
    step,
  ) &&
  (step.startsWith("SCAN ") || step.endsWith("(tenant_id=?)"));

it("no read of a request walks along a tenant", async () => {
  const { tenant, connection, steps } = await openQueryLog();
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
  const { tenant, connection, steps } = await openQueryLog();
  const { tenantId } = tenant;
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
  await operations.joinUser(joinOf(tenant));
  const taken = steps();
  expect(taken.length).toBeGreaterThan(3);
  expect(taken.filter(walks)).toEqual([]);
});

it("one that does is noticed", async () => {
  const { planOf } = await openQueryLog();
  // What the look-up by e-mail was: a parameter does not tell the planner that it is not empty.
  const steps = planOf(`select * from "user" where tenant_id = ? and email_key = ?`, ["t", "e"]);
  expect(steps.filter(walks)).toHaveLength(1);
  expect(planOf(`select * from "grant"`, []).filter(walks)).toHaveLength(1);
});
