// Tables of who holds what: users, their upstream identities, memberships and roles.
import { sql } from "drizzle-orm/sql";
import { type defineClientTables, inTenantOf } from "./client-tables.ts";
import { columnSets, type Kit } from "./columns.ts";
import type { definePolicyTables } from "./policy-tables.ts";

export function defineSubjectTables(
  kit: Kit,
  above: ReturnType<typeof defineClientTables> & ReturnType<typeof definePolicyTables>,
) {
  const { table, text, integer, index, uniqueIndex } = kit;
  const { list, yes, word } = columnSets(kit);
  const { tenant, connector, application, role, group, organization } = above;
  const inTenant = inTenantOf(kit, tenant);

  const user = table(
    "user",
    {
      ...inTenant(),
      username: text().notNull(),
      name: word(),
      email: word(),
      emailVerified: yes(),
      /** The e-mail as it is looked up, made by policy/email.ts. Empty while not verified. */
      emailKey: word(),
      phone: word(),
      suspended: yes(),
      /** Counts what changes this user's permissions. */
      epoch: integer().notNull().default(1),
    },
    (t) => [
      uniqueIndex("user_username").on(t.tenantId, t.username),
      uniqueIndex("user_email").on(t.tenantId, t.emailKey).where(sql`email_key <> ''`),
      index("user_birth").on(t.tenantId, t.id),
    ],
  );

  const ofUser = () =>
    text()
      .notNull()
      .references(() => user.id, { onDelete: "cascade" });

  const userIdentity = table(
    "user_identity",
    {
      ...inTenant(),
      userId: ofUser(),
      connectorId: text()
        .notNull()
        .references(() => connector.id, { onDelete: "cascade" }),
      subject: text().notNull(),
    },
    (t) => [
      uniqueIndex("user_identity_subject").on(t.tenantId, t.connectorId, t.subject),
      index("user_identity_birth").on(t.tenantId, t.id),
      index("user_identity_user").on(t.userId, t.id),
      index("user_identity_connector").on(t.connectorId, t.id),
    ],
  );

  const groupMember = table(
    "group_member",
    {
      ...inTenant(),
      groupId: text()
        .notNull()
        .references(() => group.id, { onDelete: "cascade" }),
      userId: ofUser(),
      expireTime: integer(),
    },
    (t) => [
      uniqueIndex("group_member_key").on(t.userId, t.groupId),
      index("group_member_birth").on(t.tenantId, t.id),
      index("group_member_group").on(t.groupId, t.id),
      index("group_member_user").on(t.userId, t.id),
    ],
  );

  const organizationMember = table(
    "organization_member",
    {
      ...inTenant(),
      organizationId: text()
        .notNull()
        .references(() => organization.id, { onDelete: "cascade" }),
      userId: ofUser(),
      organizationRoleIds: list(),
    },
    (t) => [
      uniqueIndex("organization_member_key").on(t.userId, t.organizationId),
      index("organization_member_birth").on(t.tenantId, t.id),
      index("organization_member_organization").on(t.organizationId, t.id),
      index("organization_member_user").on(t.userId, t.id),
    ],
  );

  /** Exactly one of userId and applicationId is set; the other is empty. */
  const roleAssignment = table(
    "role_assignment",
    {
      ...inTenant(),
      roleId: text()
        .notNull()
        .references(() => role.id, { onDelete: "cascade" }),
      userId: text().references(() => user.id, { onDelete: "cascade" }),
      applicationId: text().references(() => application.id, { onDelete: "cascade" }),
      expireTime: integer(),
    },
    (t) => [
      uniqueIndex("role_assignment_user").on(t.userId, t.roleId).where(sql`user_id is not null`),
      uniqueIndex("role_assignment_application").on(t.applicationId, t.roleId).where(sql`application_id is not null`),
      index("role_assignment_birth").on(t.tenantId, t.id),
      index("role_assignment_role").on(t.roleId, t.id),
      index("role_assignment_user_birth").on(t.userId, t.id),
      index("role_assignment_application_birth").on(t.applicationId, t.id),
    ],
  );

  return { user, userIdentity, groupMember, organizationMember, roleAssignment };
}
