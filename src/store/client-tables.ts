// Tables of who may call and whom Tessera trusts: tenants, projects, connectors, applications.
import { sql } from "drizzle-orm/sql";
import { columnSets, type Kit } from "./columns.ts";

/** A condition a claim has to meet, as stored: the JSON form of tessera.admin.v1.ClaimCondition. */
export type StoredCondition = Readonly<Record<string, string | number | boolean>>;

export function defineClientTables(kit: Kit) {
  const { table, text, integer, json, index, uniqueIndex, primaryKey } = kit;
  const { list, yes, word, number } = columnSets(kit);

  /** What the process knows about itself: clock high-water mark, key revision. */
  const instance = table("instance", { name: text().primaryKey(), value: text().notNull() });

  const tenant = defineTenant(kit);

  const inTenant = inTenantOf(kit, tenant);

  const project = table(
    "project",
    { ...inTenant(), name: text().notNull(), isDefault: yes(), disabled: yes() },
    (t) => [
      uniqueIndex("project_name").on(t.tenantId, t.name),
      uniqueIndex("project_default").on(t.tenantId).where(sql`is_default`),
      index("project_birth").on(t.tenantId, t.id),
    ],
  );

  const connector = table(
    "connector",
    {
      ...inTenant(),
      name: text().notNull(),
      disabled: yes(),
      verification: number(),
      issuer: text().notNull(),
      jwksUri: word(),
      audiences: list(),
      authorizedClients: list(),
      algorithms: list(),
      tokenKind: number(),
      conditions: json<StoredCondition[]>().notNull().default(sql`'[]'`),
      allowAnyAudience: yes(),
      justInTime: yes(),
      justInTimeRoleIds: list(),
      singleUse: yes(),
      maxTokenLifetime: number(),
      leeway: number(),
      introspectionEndpoint: word(),
      clientId: word(),
      clientSecret: word(),
      userinfoEndpoint: word(),
      factoryId: word(),
      target: word(),
      syncProfile: yes(),
      tokenStorage: yes(),
      authorizationEndpoint: word(),
      scopes: list(),
      subjectClaim: word(),
      endpoint: word(),
      sender: word(),
    },
    (t) => [
      uniqueIndex("connector_name").on(t.tenantId, t.name),
      uniqueIndex("connector_target").on(t.tenantId, t.target).where(sql`target <> ''`),
      index("connector_birth").on(t.tenantId, t.id),
    ],
  );

  /** (tenant, issuer, audience) is unique among the connectors that check JWTs. */
  const connectorAudience = table(
    "connector_audience",
    {
      tenantId: text().notNull(),
      issuer: text().notNull(),
      audience: text().notNull(),
      connectorId: text()
        .notNull()
        .references(() => connector.id, { onDelete: "cascade" }),
    },
    (t) => [
      primaryKey({ columns: [t.tenantId, t.issuer, t.audience] }),
      index("connector_audience_connector").on(t.connectorId),
    ],
  );

  const application = table(
    "application",
    {
      ...inTenant(),
      name: text().notNull(),
      projectId: text()
        .notNull()
        .references(() => project.id),
      type: number(),
      disabled: yes(),
      publicClient: yes(),
      origins: list(),
      connectorIds: list(),
      defaultConnectorId: word(),
      defaultResourceId: word(),
      resourceIds: list(),
      accessTokenTtl: number(),
      refreshTokenIdleTtl: number(),
      refreshTokenAbsoluteTtl: number(),
      refreshRetryWindow: integer(),
      certificateUris: list(),
      description: word(),
      thirdParty: yes(),
      customData: json<object>(),
      redirectUris: list(),
      postLogoutRedirectUris: list(),
      deviceFlow: yes(),
      protectedAppMetadata: json<object>(),
      /** Of protectedAppMetadata, for its uniqueness; null for any other type. */
      subDomain: text(),
    },
    (t) => [
      uniqueIndex("application_name").on(t.tenantId, t.name),
      uniqueIndex("application_sub_domain").on(t.subDomain).where(sql`sub_domain is not null`),
      index("application_birth").on(t.tenantId, t.id),
      index("application_project").on(t.projectId, t.id),
    ],
  );

  /** Which application a client certificate's URI authenticates; unique in the instance. */
  const applicationCertificate = table(
    "application_certificate",
    {
      uri: text().primaryKey(),
      tenantId: text().notNull(),
      applicationId: text()
        .notNull()
        .references(() => application.id, { onDelete: "cascade" }),
    },
    (t) => [index("application_certificate_application").on(t.applicationId)],
  );

  /** Origins of public applications: what a CORS preflight is answered from. */
  const applicationOrigin = table(
    "application_origin",
    {
      origin: text().notNull(),
      tenantId: text().notNull(),
      applicationId: text()
        .notNull()
        .references(() => application.id, { onDelete: "cascade" }),
    },
    (t) => [
      primaryKey({ columns: [t.origin, t.applicationId] }),
      index("application_origin_application").on(t.applicationId),
    ],
  );

  const applicationSecret = table(
    "application_secret",
    {
      ...inTenant(),
      applicationId: text()
        .notNull()
        .references(() => application.id, { onDelete: "cascade" }),
      name: text().notNull(),
      digest: text().notNull(),
      expireTime: integer(),
      lastUseTime: integer(),
      legacy: yes(),
    },
    (t) => [
      uniqueIndex("application_secret_name").on(t.applicationId, t.name),
      index("application_secret_birth").on(t.applicationId, t.id),
      index("application_secret_tenant").on(t.tenantId, t.id),
    ],
  );

  return {
    instance,
    tenant,
    project,
    connector,
    connectorAudience,
    application,
    applicationCertificate,
    applicationOrigin,
    applicationSecret,
  };
}

const defineTenant = (kit: Kit) => {
  const { standard, yes } = columnSets(kit);
  return kit.table(
    "tenant",
    { ...standard(), name: kit.text().notNull(), disabled: yes(), policyEpoch: kit.integer().notNull().default(1) },
    (t) => [kit.uniqueIndex("tenant_name").on(t.name)],
  );
};

/** The columns of a management row inside a tenant; it goes when the tenant goes. */
export const inTenantOf = (kit: Kit, tenant: ReturnType<typeof defineTenant>) => () => ({
  ...columnSets(kit).standard(),
  tenantId: kit
    .text()
    .notNull()
    .references(() => tenant.id, { onDelete: "cascade" }),
});
