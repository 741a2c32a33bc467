// Reads of who holds what: a subject's roles, groups and membership, and the roles that new users get.
import { and, eq, sql } from "drizzle-orm/sql";
import type { Connection } from "./connection.ts";

/** What somebody holds, and until when: milliseconds, or null for always. Some of it may have expired. */
export type Held = { id: string; expireTime: number | null };

export function bindHoldingReads({ db, t }: Connection) {
  const given = sql.placeholder;
  const assigned = eq(t.roleAssignment.tenantId, given("tenantId"));
  const roles = { id: t.roleAssignment.roleId, expireTime: t.roleAssignment.expireTime };
  const userRoles = db
    .select(roles)
    .from(t.roleAssignment)
    .where(and(assigned, eq(t.roleAssignment.userId, given("userId"))))
    .prepare();
  const applicationRoles = db
    .select(roles)
    .from(t.roleAssignment)
    .where(and(assigned, eq(t.roleAssignment.applicationId, given("applicationId"))))
    .prepare();
  const defaultRoles = db
    .select({ id: t.role.id })
    .from(t.role)
    .where(and(eq(t.role.tenantId, given("tenantId")), t.role.isDefault))
    .orderBy(t.role.id)
    .prepare();
  const groups = db
    .select({ id: t.groupMember.groupId, expireTime: t.groupMember.expireTime })
    .from(t.groupMember)
    .where(and(eq(t.groupMember.tenantId, given("tenantId")), eq(t.groupMember.userId, given("userId"))))
    .prepare();
  const membership = db
    .select({
      organization: { id: t.organization.id, name: t.organization.name, disabled: t.organization.disabled },
      roleIds: t.organizationMember.organizationRoleIds,
    })
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

  return {
    userRoles: async (tenantId: string, userId: string): Promise<Held[]> => userRoles.execute({ tenantId, userId }),
    applicationRoles: async (tenantId: string, applicationId: string): Promise<Held[]> =>
      applicationRoles.execute({ tenantId, applicationId }),
    /** Of roles that new users get. */
    defaultRoleIds: async (tenantId: string) => (await defaultRoles.execute({ tenantId })).map(({ id }) => id),
    groups: async (tenantId: string, userId: string): Promise<Held[]> => groups.execute({ tenantId, userId }),
    membership: async (tenantId: string, userId: string, organizationId: string) =>
      (await membership.execute({ tenantId, userId, organizationId }))[0],
  };
}
