// Every table, once for both dialects. Retention of each stands in docs/storage.md.
import { sql } from "drizzle-orm";
import type { Kit } from "./columns.ts";

/** A condition a claim has to meet, as stored: the JSON form of tessera.admin.v1.ClaimCondition. */
export type StoredCondition = Readonly<Record<string, string | number | boolean>>;

export function defineTables(kit: Kit) {
  const { table, text, integer, flag, json, index, uniqueIndex, primaryKey } = kit;
  const list = () => json<string[]>().notNull().default(sql`'[]'`);
  const yes = () => flag().notNull().default(false);
  const word = () => text().notNull().default("");
  const number = () => integer().notNull().default(0);
  const standard = () => ({
    id: text().primaryKey(),
    revision: integer().notNull().default(1),
    createTime: integer().notNull(),
    updateTime: integer().notNull(),
  });

  /** What the process knows about itself: clock high-water mark, key revision. */
  const instance = table("instance", { name: text().primaryKey(), value: text().notNull() });

  const tenant = table(
    "tenant",
    { ...standard(), name: text().notNull(), disabled: yes(), policyEpoch: integer().notNull().default(1) },
    (t) => [uniqueIndex("tenant_name").on(t.name)],
  );
  const inTenant = () => ({
    ...standard(),
    tenantId: text()
      .notNull()
      .references(() => tenant.id, { onDelete: "cascade" }),
  });

  const project = table(
    "project",
    { ...inTenant(), name: text().notNull(), isDefault: yes(), disabled: yes() },
    (t) => [
      uniqueIndex("project_name").on(t.tenantId, t.name),
      uniqueIndex("project_default").on(t.tenantId).where(sql`is_default`),
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
    },
    (t) => [uniqueIndex("connector_name").on(t.tenantId, t.name)],
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
    },
    (t) => [
      uniqueIndex("application_name").on(t.tenantId, t.name),
      index("application_project").on(t.projectId),
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
    (t) => [primaryKey({ columns: [t.origin, t.applicationId] }), index("application_origin_application").on(t.applicationId)],
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
    },
    (t) => [uniqueIndex("application_secret_name").on(t.applicationId, t.name)],
  );

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
    (t) => [uniqueIndex("scope_name").on(t.resourceId, t.name), index("scope_tenant").on(t.tenantId)],
  );

  const role = table(
    "role",
    { ...inTenant(), name: text().notNull(), description: word(), type: number(), scopeIds: list() },
    (t) => [uniqueIndex("role_name").on(t.tenantId, t.name)],
  );
  const group = table(
    "group",
    { ...inTenant(), name: text().notNull(), description: word(), roleIds: list() },
    (t) => [uniqueIndex("group_name").on(t.tenantId, t.name)],
  );
  const organization = table(
    "organization",
    { ...inTenant(), name: text().notNull(), description: word(), disabled: yes() },
    (t) => [uniqueIndex("organization_name").on(t.tenantId, t.name)],
  );
  const organizationRole = table(
    "organization_role",
    { ...inTenant(), name: text().notNull(), description: word(), scopeIds: list() },
    (t) => [uniqueIndex("organization_role_name").on(t.tenantId, t.name)],
  );

  const user = table(
    "user",
    {
      ...inTenant(),
      username: text().notNull(),
      name: word(),
      email: word(),
      emailVerified: yes(),
      /** The e-mail as it is looked up: NFKC, domain in lower case. Empty while not verified. */
      emailKey: word(),
      phone: word(),
      suspended: yes(),
      /** Counts what changes this user's permissions. */
      epoch: integer().notNull().default(1),
    },
    (t) => [
      uniqueIndex("user_username").on(t.tenantId, t.username),
      uniqueIndex("user_email").on(t.tenantId, t.emailKey).where(sql`email_key <> ''`),
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
      index("user_identity_user").on(t.userId),
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
    (t) => [uniqueIndex("group_member_key").on(t.userId, t.groupId), index("group_member_group").on(t.groupId)],
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
      index("organization_member_organization").on(t.organizationId),
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
      uniqueIndex("role_assignment_application")
        .on(t.applicationId, t.roleId)
        .where(sql`application_id is not null`),
      index("role_assignment_role").on(t.roleId),
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
    resource,
    scope,
    role,
    group,
    organization,
    organizationRole,
    user,
    userIdentity,
    groupMember,
    organizationMember,
    roleAssignment,
    ...defineTokenTables(kit),
  };
}

/** What stands behind tokens: grants, refresh families, what was used up or revoked, keys, and the audit trail. */
function defineTokenTables({ table, text, integer, flag, json, index, primaryKey }: Kit) {
  /** One sign-in of a subject at an application; the `sid` of every token minted from it. Its row records the issue. */
  const grant = table(
    "grant",
    {
      id: text().primaryKey(),
      tenantId: text().notNull(),
      parentId: text(),
      userId: text().notNull(),
      clientId: text().notNull(),
      resourceId: text().notNull(),
      organizationId: text(),
      connectorId: text(),
      realm: text().notNull(),
      scope: text(),
      requestId: text().notNull(),
      createTime: integer().notNull(),
      expireTime: integer().notNull(),
      revokeTime: integer(),
      revokeReason: text(),
    },
    (t) => [index("grant_user").on(t.tenantId, t.userId), index("grant_expiry").on(t.expireTime)],
  );
  /** A chain of refresh tokens, one live head. Digests name their key; the tokens themselves are nowhere. */
  const refreshFamily = table(
    "refresh_family",
    {
      id: text().primaryKey(),
      tenantId: text().notNull(),
      grantId: text()
        .notNull()
        .references(() => grant.id, { onDelete: "cascade" }),
      clientId: text().notNull(),
      binding: text(),
      generation: integer().notNull(),
      headDigest: text().notNull(),
      previousDigest: text(),
      salt: text(),
      retryWindowMs: integer().notNull(),
      idleTtlMs: integer().notNull(),
      createTime: integer().notNull(),
      rotateTime: integer(),
      idleExpireTime: integer().notNull(),
      absoluteExpireTime: integer().notNull(),
      revokeTime: integer(),
    },
    (t) => [index("refresh_family_grant").on(t.grantId), index("refresh_family_expiry").on(t.absoluteExpireTime)],
  );
  /** Single access tokens that were revoked, until they would have expired. */
  const revokedToken = table(
    "revoked_token",
    { jti: text().primaryKey(), tenantId: text().notNull(), expireTime: integer().notNull() },
    (t) => [index("revoked_token_expiry").on(t.expireTime)],
  );
  /** Upstream tokens of single-use connectors that were used, until they expire. */
  const usedToken = table(
    "used_token",
    {
      tenantId: text().notNull(),
      connectorId: text().notNull(),
      fingerprint: text().notNull(),
      expireTime: integer().notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.tenantId, t.connectorId, t.fingerprint] }),
      index("used_token_expiry").on(t.expireTime),
    ],
  );
  const signingKey = table("signing_key", {
    kid: text().primaryKey(),
    tenantId: text(),
    purpose: text().notNull(),
    algorithm: text().notNull(),
    status: text().notNull(),
    publicJwk: text().notNull(),
    sealedPrivateKey: text().notNull(),
    createdAt: integer().notNull(),
    effectiveAt: integer(),
    retiredAt: integer(),
  });
  const dataKey = table("data_key", {
    id: text().primaryKey(),
    purpose: text().notNull(),
    status: text().notNull(),
    sealedKey: text().notNull(),
    createdAt: integer().notNull(),
  });
  /** One row per state change, numbered per tenant; the sealer fills previousHash and seal within a second. */
  const auditEvent = table(
    "audit_event",
    {
      tenantId: text().notNull(),
      seq: integer().notNull(),
      time: integer().notNull(),
      event: text().notNull(),
      actor: text().notNull(),
      subject: text().notNull(),
      clientId: text().notNull(),
      requestId: text().notNull(),
      outcome: text().notNull(),
      reason: text().notNull(),
      detail: json<Record<string, string | number | boolean>>().notNull().default(sql`'{}'`),
      sealed: flag().notNull().default(false),
      previousHash: text(),
      seal: text(),
    },
    (t) => [primaryKey({ columns: [t.tenantId, t.seq] }), index("audit_event_sealed").on(t.sealed)],
  );
  return { grant, refreshFamily, revokedToken, usedToken, signingKey, dataKey, auditEvent };
}

export type Tables = ReturnType<typeof defineTables>;
export type Row<Name extends keyof Tables> = Tables[Name]["$inferSelect"];
