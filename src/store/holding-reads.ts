// Reads of who holds what: a subject's roles, groups and membership, and the roles that new users get.
import { and, eq, gt, isNull, or, sql } from "drizzle-orm/sql";
import type { Connection } from "./connection.ts";

/** What has expired by `now`, in milliseconds, is left out. */
export function bindHoldingReads({ db, t }: Connection) {
  const given = sql.placeholder;
  const live = (expiry: typeof t.roleAssignment.expireTime | typeof t.groupMember.expireTime) =>
    or(isNull(expiry), gt(expiry, given("now")));
  const assigned = eq(t.roleAssignment.tenantId, given("tenantId"));
  const userRoles = db
    .select({ id: t.roleAssignment.roleId })
    .from(t.roleAssignment)
    .where(and(assigned, eq(t.roleAssignment.userId, given("userId")), live(t.roleAssignment.expireTime)))
    .prepare();
  const applicationRoles = db
    .select({ id: t.roleAssignment.roleId })
    .from(t.roleAssignment)
    .where(and(assigned, eq(t.roleAssignment.applicationId, given("applicationId")), live(t.roleAssignment.expireTime)))
    .prepare();
  const defaultRoles = db
    .select({ id: t.role.id })
    .from(t.role)
    .where(and(eq(t.role.tenantId, given("tenantId")), t.role.isDefault))
    .orderBy(t.role.id)
    .prepare();
  const groups = db
    .select({ id: t.groupMember.groupId })
    .from(t.groupMember)
    .where(
      and(
        eq(t.groupMember.tenantId, given("tenantId")),
        eq(t.groupMember.userId, given("userId")),
        live(t.groupMember.expireTime),
      ),
    )
    .prepare();
  const membership = db
    .select({ organization: t.organization, roleIds: t.organizationMember.organizationRoleIds })
    .from(t.organizationMember)
    .innerJoin(t.organization, eq(t.organization.id, t.organizationMember.organizationId))
    .where(
      and(
        eq(t.organizationMember.tenantId, given("tenantId")),
        eq(t.organizationMember.userId, given("userId")),
        eq(t.organizationMember.organizationId, given("organizationId")),
      ),
    )
    .prepare();
  const ids = (rows: { id: string }[]) => rows.map((row) => row.id);

  return {
    userRoleIds: async (tenantId: string, userId: string, now: number) =>
      ids(await userRoles.execute({ tenantId, userId, now })),
    applicationRoleIds: async (tenantId: string, applicationId: string, now: number) =>
      ids(await applicationRoles.execute({ tenantId, applicationId, now })),
    /** Of roles that new users get. */
    defaultRoleIds: async (tenantId: string) => ids(await defaultRoles.execute({ tenantId })),
    groupIds: async (tenantId: string, userId: string, now: number) =>
      ids(await groups.execute({ tenantId, userId, now })),
    membership: async (tenantId: string, userId: string, organizationId: string) =>
      (await membership.execute({ tenantId, userId, organizationId }))[0],
  };
}
