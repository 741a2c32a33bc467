// Tables of what may be done: resources, scopes, roles, groups, organizations.
import { sql } from "drizzle-orm/sql";
import { type defineClientTables, inTenantOf } from "./client-tables.ts";
import { columnSets, type Kit } from "./columns.ts";

export function definePolicyTables(kit: Kit, { tenant }: Pick<ReturnType<typeof defineClientTables>, "tenant">) {
  const { table, text, json, index, uniqueIndex } = kit;
  const { list, yes, word, number } = columnSets(kit);
  const inTenant = inTenantOf(kit, tenant);

  const resource = table(
    "resource",
    {
      ...inTenant(),
      name: text().notNull(),
      indicator: text().notNull(),
      accessTokenTtl: number(),
      isDefault: yes(),
      serverClientIds: list(),
      signingAlgorithm: number(),
      disabled: yes(),
    },
    (t) => [
      uniqueIndex("resource_indicator").on(t.tenantId, t.indicator),
      uniqueIndex("resource_default").on(t.tenantId).where(sql`is_default`),
      index("resource_birth").on(t.tenantId, t.id),
    ],
  );

  const scope = table(
    "scope",
    {
      ...inTenant(),
      resourceId: text()
        .notNull()
        .references(() => resource.id, { onDelete: "cascade" }),
      name: text().notNull(),
      description: word(),
    },
    (t) => [
      uniqueIndex("scope_name").on(t.resourceId, t.name),
      index("scope_tenant").on(t.tenantId, t.id),
      index("scope_birth").on(t.resourceId, t.id),
    ],
  );

  const role = table(
    "role",
    { ...inTenant(), name: text().notNull(), description: word(), type: number(), scopeIds: list(), isDefault: yes() },
    (t) => [
      uniqueIndex("role_name").on(t.tenantId, t.name),
      index("role_birth").on(t.tenantId, t.id),
      index("role_default").on(t.tenantId).where(sql`is_default`),
    ],
  );

  const group = table("group", { ...inTenant(), name: text().notNull(), description: word(), roleIds: list() }, (t) => [
    uniqueIndex("group_name").on(t.tenantId, t.name),
    index("group_birth").on(t.tenantId, t.id),
  ]);
  const organization = table(
    "organization",
    { ...inTenant(), name: text().notNull(), description: word(), disabled: yes(), customData: json<object>() },
    (t) => [uniqueIndex("organization_name").on(t.tenantId, t.name), index("organization_birth").on(t.tenantId, t.id)],
  );

  const organizationRole = table(
    "organization_role",
    { ...inTenant(), name: text().notNull(), description: word(), scopeIds: list(), type: number() },
    (t) => [
      uniqueIndex("organization_role_name").on(t.tenantId, t.name),
      index("organization_role_birth").on(t.tenantId, t.id),
    ],
  );

  return { resource, scope, role, group, organization, organizationRole };
}
