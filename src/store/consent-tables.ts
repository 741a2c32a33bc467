// Tables around applications and organizations: consents, invitations, looks, domains, and the settings of a tenant.
import { sql } from "drizzle-orm/sql";
import { type defineClientTables, inTenantOf } from "./client-tables.ts";
import { columnSets, type Kit } from "./columns.ts";
import type { definePolicyTables } from "./policy-tables.ts";
import type { defineSubjectTables } from "./subject-tables.ts";

type Above = ReturnType<typeof defineClientTables> &
  ReturnType<typeof definePolicyTables> &
  ReturnType<typeof defineSubjectTables>;

export const defineConsentTables = (kit: Kit, above: Above) => ({
  ...defineConsents(kit, above),
  ...defineOrganizationExtras(kit, above),
  ...defineLooks(kit, above),
  ...defineSettings(kit, above),
});

/** An id of a row that this one goes with. */
const ofOne =
  ({ text }: Kit) =>
  (owner: () => Above["application" | "scope" | "user" | "organization" | "organizationMember"]["id"]) =>
    text().references(owner, { onDelete: "cascade" });

function defineConsents(kit: Kit, above: Above) {
  const { table, index, uniqueIndex } = kit;
  const { number, word } = columnSets(kit);
  const inTenant = inTenantOf(kit, above.tenant);
  const of = ofOne(kit);
  const userConsentScope = table(
    "user_consent_scope",
    {
      ...inTenant(),
      applicationId: of(() => above.application.id).notNull(),
      type: number(),
      scopeId: of(() => above.scope.id),
      userScope: word(),
    },
    (t) => [
      uniqueIndex("user_consent_scope_key").on(t.applicationId, t.type, t.scopeId).where(sql`scope_id is not null`),
      uniqueIndex("user_consent_scope_user").on(t.applicationId, t.userScope).where(sql`user_scope <> ''`),
      index("user_consent_scope_birth").on(t.tenantId, t.id),
      index("user_consent_scope_application").on(t.applicationId, t.id),
      index("user_consent_scope_scope").on(t.scopeId),
    ],
  );
  const consentOrganization = table(
    "consent_organization",
    {
      ...inTenant(),
      applicationId: of(() => above.application.id).notNull(),
      userId: of(() => above.user.id).notNull(),
      organizationId: of(() => above.organization.id).notNull(),
      /** The membership it goes with. */
      memberId: of(() => above.organizationMember.id).notNull(),
    },
    (t) => [
      uniqueIndex("consent_organization_key").on(t.applicationId, t.userId, t.organizationId),
      index("consent_organization_birth").on(t.tenantId, t.id),
      index("consent_organization_user").on(t.userId, t.id),
      index("consent_organization_organization").on(t.organizationId),
      index("consent_organization_member").on(t.memberId),
    ],
  );
  return { userConsentScope, consentOrganization };
}

function defineOrganizationExtras(kit: Kit, above: Above) {
  const { table, text, integer, index, uniqueIndex } = kit;
  const { list, number } = columnSets(kit);
  const inTenant = inTenantOf(kit, above.tenant);
  const of = ofOne(kit);
  const organizationApplication = table(
    "organization_application",
    {
      ...inTenant(),
      organizationId: of(() => above.organization.id).notNull(),
      applicationId: of(() => above.application.id).notNull(),
      organizationRoleIds: list(),
    },
    (t) => [
      uniqueIndex("organization_application_key").on(t.applicationId, t.organizationId),
      index("organization_application_birth").on(t.tenantId, t.id),
      index("organization_application_organization").on(t.organizationId, t.id),
      index("organization_application_application").on(t.applicationId, t.id),
    ],
  );
  const organizationInvitation = table(
    "organization_invitation",
    {
      ...inTenant(),
      organizationId: of(() => above.organization.id).notNull(),
      invitee: text().notNull(),
      organizationRoleIds: list(),
      /** tessera.admin.v1.OrganizationInvitationStatus. */
      status: number(),
      expireTime: integer().notNull(),
      acceptedUserId: text(),
    },
    (t) => [
      uniqueIndex("organization_invitation_pending").on(t.organizationId, t.invitee).where(sql`status = 1`),
      index("organization_invitation_birth").on(t.tenantId, t.id),
      index("organization_invitation_organization").on(t.organizationId, t.id),
      index("organization_invitation_expiry").on(t.expireTime),
    ],
  );
  return { organizationApplication, organizationInvitation };
}

function defineLooks(kit: Kit, above: Above) {
  const { table, text, json, index, uniqueIndex } = kit;
  const { yes, word, number } = columnSets(kit);
  const inTenant = inTenantOf(kit, above.tenant);
  const of = ofOne(kit);
  const signInExperience = table(
    "sign_in_experience",
    {
      ...inTenant(),
      applicationId: of(() => above.application.id).notNull(),
      displayName: word(),
      branding: json<object>(),
      color: json<object>(),
      termsOfUseUri: word(),
      privacyPolicyUri: word(),
      customCss: word(),
      hideBranding: yes(),
    },
    (t) => [
      uniqueIndex("sign_in_experience_application").on(t.applicationId),
      index("sign_in_experience_birth").on(t.tenantId, t.id),
    ],
  );
  const customDomain = table(
    "custom_domain",
    {
      ...inTenant(),
      applicationId: of(() => above.application.id).notNull(),
      domain: text().notNull(),
      status: number(),
      dnsRecords: json<object[]>().notNull().default(sql`'[]'`),
    },
    (t) => [
      uniqueIndex("custom_domain_domain").on(t.domain),
      index("custom_domain_birth").on(t.tenantId, t.id),
      index("custom_domain_application").on(t.applicationId, t.id),
    ],
  );
  return { signInExperience, customDomain };
}

/** One row for each tenant, made when something is first set; and the secret that opens a new tenant. */
function defineSettings(kit: Kit, above: Above) {
  const { table, text, integer, flag, json, index, uniqueIndex } = kit;
  const inTenant = inTenantOf(kit, above.tenant);
  const adminConsoleConfig = table(
    "admin_console_config",
    {
      ...inTenant(),
      signInExperienceCustomized: flag(),
      organizationCreated: flag(),
      developerTenantMigrationNotification: flag(),
      checkedChargeNotification: flag(),
      m2mApplicationCreated: flag(),
    },
    (t) => [uniqueIndex("admin_console_config_tenant").on(t.tenantId)],
  );
  const oidcSessionConfig = table("oidc_session_config", { ...inTenant(), ttl: integer() }, (t) => [
    uniqueIndex("oidc_session_config_tenant").on(t.tenantId),
  ]);
  const idTokenConfig = table(
    "id_token_config",
    { ...inTenant(), enabledExtendedClaims: json<number[]>().notNull().default(sql`'[]'`) },
    (t) => [uniqueIndex("id_token_config_tenant").on(t.tenantId)],
  );
  const bootstrapSecret = table(
    "bootstrap_secret",
    {
      digest: text().primaryKey(),
      tenantId: text()
        .notNull()
        .references(() => above.tenant.id, { onDelete: "cascade" }),
      expireTime: integer().notNull(),
      useTime: integer(),
    },
    (t) => [index("bootstrap_secret_tenant").on(t.tenantId)],
  );
  return { adminConsoleConfig, oidcSessionConfig, idTokenConfig, bootstrapSecret };
}
