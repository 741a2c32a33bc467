// Every read on the way of a request, by name. Prepared once per connection; a read never sees an uncommitted write.
import { and, eq, exists, gt, sql } from "drizzle-orm/sql";
import { getTableColumns } from "drizzle-orm/utils";
import { bindTrailReads } from "./audit-rows.ts";
import { bindBootstrapReads } from "./bootstrap-operations.ts";
import { bindConsentReads } from "./consent-reads.ts";
import type { Connection } from "./connection.ts";
import { bindHoldingReads } from "./holding-reads.ts";
import { finding } from "./prepared-queries.ts";
import type { Row } from "./tables.ts";

const given = sql.placeholder;

/** A tenant's whole policy: what roles, groups and scopes mean. Who holds them is read per subject. */
export type PolicyRows = {
  resources: Row<"resource">[];
  scopes: Pick<Row<"scope">, "id" | "name" | "resourceId">[];
  roles: Row<"role">[];
  groups: Row<"group">[];
  organizationRoles: Row<"organizationRole">[];
};

/** Reads that find the tenant, or stand above tenants. */
export function bindInstanceReads(connection: Connection) {
  const { db, t } = connection;
  // What customers keep with an application may be large, and no call asks for it.
  const { customData: _customData, ...application } = getTableColumns(t.application);
  const clients = () =>
    db
      .select({
        application,
        project: { id: t.project.id, disabled: t.project.disabled },
        tenant: { id: t.tenant.id, disabled: t.tenant.disabled, policyEpoch: t.tenant.policyEpoch },
      })
      .from(t.application)
      .innerJoin(t.project, eq(t.project.id, t.application.projectId))
      .innerJoin(t.tenant, eq(t.tenant.id, t.application.tenantId));
  const client = clients()
    .where(eq(t.application.id, given("id")))
    .prepare();
  const clientByCertificate = clients()
    .innerJoin(t.applicationCertificate, eq(t.applicationCertificate.applicationId, t.application.id))
    .where(eq(t.applicationCertificate.uri, given("uri")))
    .prepare();
  const origin = db
    .select({ origin: t.applicationOrigin.origin })
    .from(t.applicationOrigin)
    .where(eq(t.applicationOrigin.origin, given("origin")))
    .limit(1)
    .prepare();
  // When it was last used changes too often to be remembered.
  const { lastUseTime: _lastUseTime, ...secret } = getTableColumns(t.applicationSecret);
  const secrets = db
    .select(secret)
    .from(t.applicationSecret)
    .where(eq(t.applicationSecret.applicationId, given("applicationId")))
    .prepare();
  const tenant = db
    .select()
    .from(t.tenant)
    .where(eq(t.tenant.id, given("id")))
    .prepare();
  const tenantByName = db
    .select()
    .from(t.tenant)
    .where(eq(t.tenant.name, given("name")))
    .prepare();
  const instanceValue = db
    .select()
    .from(t.instance)
    .where(eq(t.instance.name, given("name")))
    .prepare();

  return {
    ...bindBootstrapReads(connection),
    findClient: async (id: string) => (await client.execute({ id }))[0],
    findClientByCertificate: async (uri: string) => (await clientByCertificate.execute({ uri }))[0],
    secretsOf: async (applicationId: string) => secrets.execute({ applicationId }),
    /** tessera.admin.v1.SigningAlgorithm of all resources, each once. */
    signingAlgorithms: async () =>
      (await db.selectDistinct({ algorithm: t.resource.signingAlgorithm }).from(t.resource)).map(
        (row) => row.algorithm,
      ),
    knowsOrigin: async (value: string) => (await origin.execute({ origin: value })).length > 0,
    tenant: async (id: string) => (await tenant.execute({ id }))[0],
    /** Ids in order of birth. */
    tenantIds: async (after: string, limit: number) =>
      (
        await db
          .select({ id: t.tenant.id })
          .from(t.tenant)
          .where(gt(t.tenant.id, after))
          .orderBy(t.tenant.id)
          .limit(limit)
      ).map((row) => row.id),
    tenantByName: async (name: string) => (await tenantByName.execute({ name }))[0],
    instanceValue: async (name: string) => (await instanceValue.execute({ name }))[0]?.value,
    signingKeys: async () => db.select().from(t.signingKey),
    dataKeys: async () => db.select().from(t.dataKey),
  };
}

/** Reads inside one tenant: the first argument is always its id. */
export function bindTenantReads(connection: Connection) {
  return {
    ...bindSubjectReads(connection),
    ...bindPolicyReads(connection),
    ...bindHoldingReads(connection),
    ...bindTokenReads(connection),
    ...bindConsentReads(connection),
    ...bindTrailReads(connection),
  };
}

function bindSubjectReads({ db, t }: Connection) {
  const mine = eq(t.user.tenantId, given("tenantId"));
  const user = db
    .select()
    .from(t.user)
    .where(and(mine, eq(t.user.id, given("id"))))
    .prepare();
  const byEmail = db
    .select()
    .from(t.user)
    // The last term says what the partial index says: without it the planner walks along all users of the tenant.
    .where(and(mine, eq(t.user.emailKey, given("emailKey")), sql`${t.user.emailKey} <> ''`))
    .prepare();
  const byIdentity = db
    .select({ user: t.user })
    .from(t.userIdentity)
    .innerJoin(t.user, eq(t.user.id, t.userIdentity.userId))
    .where(
      and(
        eq(t.userIdentity.tenantId, given("tenantId")),
        eq(t.userIdentity.connectorId, given("connectorId")),
        eq(t.userIdentity.subject, given("subject")),
      ),
    )
    .prepare();
  const identity = db
    .select({ subject: t.userIdentity.subject })
    .from(t.userIdentity)
    .where(
      and(
        eq(t.userIdentity.tenantId, given("tenantId")),
        eq(t.userIdentity.userId, given("userId")),
        eq(t.userIdentity.connectorId, given("connectorId")),
      ),
    )
    .orderBy(t.userIdentity.id)
    .limit(1)
    .prepare();
  return {
    user: async (tenantId: string, id: string) => (await user.execute({ tenantId, id }))[0],
    userByEmail: async (tenantId: string, emailKey: string) =>
      emailKey === "" ? undefined : (await byEmail.execute({ tenantId, emailKey }))[0],
    userByIdentity: async (tenantId: string, connectorId: string, subject: string) =>
      (await byIdentity.execute({ tenantId, connectorId, subject }))[0]?.user,
    /** The user's subject at a connector: the seed's logto_id. */
    upstreamSubject: async (tenantId: string, userId: string, connectorId: string) =>
      (await identity.execute({ tenantId, userId, connectorId }))[0]?.subject,
  };
}

function bindPolicyReads({ db, t }: Connection) {
  const connector = db
    .select()
    .from(t.connector)
    .where(and(eq(t.connector.tenantId, given("tenantId")), eq(t.connector.id, given("id"))))
    .prepare();
  const resource = db
    .select()
    .from(t.resource)
    .where(and(eq(t.resource.tenantId, given("tenantId")), eq(t.resource.id, given("id"))))
    .prepare();
  return {
    connector: async (tenantId: string, id: string) => (await connector.execute({ tenantId, id }))[0],
    resource: async (tenantId: string, id: string) => (await resource.execute({ tenantId, id }))[0],
    policy: async (tenantId: string): Promise<PolicyRows> => ({
      resources: await db.select().from(t.resource).where(eq(t.resource.tenantId, tenantId)),
      scopes: await db
        .select({ id: t.scope.id, name: t.scope.name, resourceId: t.scope.resourceId })
        .from(t.scope)
        .where(eq(t.scope.tenantId, tenantId)),
      roles: await db.select().from(t.role).where(eq(t.role.tenantId, tenantId)),
      groups: await db.select().from(t.group).where(eq(t.group.tenantId, tenantId)),
      organizationRoles: await db.select().from(t.organizationRole).where(eq(t.organizationRole.tenantId, tenantId)),
    }),
  };
}

function bindTokenReads(connection: Connection) {
  const { db, t } = connection;
  const family = finding(connection, getTableColumns(t.refreshFamily), (fields) =>
    db
      .select(fields)
      .from(t.refreshFamily)
      .where(and(eq(t.refreshFamily.tenantId, given("tenantId")), eq(t.refreshFamily.id, given("id")))),
  );
  // Subqueries, because the same as a join costs four times as much in SQLite.
  const ofFamily = db
    .select({ time: t.refreshFamily.revokeTime })
    .from(t.refreshFamily)
    .where(eq(t.refreshFamily.grantId, t.grant.id));
  const ofToken = db
    .select({ one: sql`1` })
    .from(t.revokedToken)
    .where(and(eq(t.revokedToken.tenantId, given("tenantId")), eq(t.revokedToken.jti, given("jti"))));
  const state = {
    grant: getTableColumns(t.grant),
    family: { revokeTime: sql<number | null>`(${ofFamily})` },
    isRevoked: exists(ofToken),
  };
  const grantState = finding(connection, state, (fields) =>
    db
      .select(fields)
      .from(t.grant)
      .where(and(eq(t.grant.tenantId, given("tenantId")), eq(t.grant.id, given("id")))),
  );

  return {
    family: (tenantId: string, id: string) => family({ tenantId, id }),
    /** The grant, its family, and whether the token was revoked by itself; standing.ts has all else that can end it. */
    grantState: async (tenantId: string, grantId: string, jti: string) => {
      const found = await grantState({ tenantId, id: grantId, jti });
      return found && { grant: found.grant, family: found.family, tokenRevoked: Boolean(found.isRevoked) };
    },
  };
}

export type InstanceReads = ReturnType<typeof bindInstanceReads>;
export type TenantReads = ReturnType<typeof bindTenantReads>;
