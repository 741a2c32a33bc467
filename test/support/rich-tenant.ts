// A tenant with something of every type that can be declared, and of every kind of field.
import type { Declared } from "./fixture.ts";

const management = "urn:tessera:management";
const api = "https://api.test";

/** Names that YAML would read as something else, and texts on several lines. */
const awkward = ["yes", "- 1", "a: b # c", "{x}", "2026-01-01", "'\"", "  two\n\n lines\t", "Ærø 🦊", "null", "0x1f"];

export const richTenant = (name: string): Declared => ({
  tenant: { name, disabled: true },
  projects: [
    { name: "Main", isDefault: true },
    { name: "Other", disabled: true },
  ],
  resources: [
    {
      name: "API",
      indicator: api,
      isDefault: true,
      serverClientIds: ["backend"],
      signingAlgorithm: "SIGNING_ALGORITHM_RS256",
    },
    { name: "Our administration", indicator: management, accessTokenTtl: 120 },
  ],
  scopes: [
    { resourceId: api, name: "read" },
    { resourceId: api, name: "a#b", description: "with a hash" },
    { resourceId: "urn:tessera:organization", name: "invite" },
  ],
  roles: [
    { name: "Reader", type: "ROLE_TYPE_USER", scopeIds: [`${api}#read`, `${api}#a#b`], isDefault: true },
    { name: "Second default", type: "ROLE_TYPE_USER", isDefault: true },
    { name: "Admin", type: "ROLE_TYPE_MACHINE", scopeIds: [`${management}#user:read`] },
    ...awkward.map((text, i) => ({ name: `${i} ${text}`, description: text })),
    // Would be taken for an id.
    { name: "0".repeat(21), type: "ROLE_TYPE_USER" },
  ],
  connectors: [
    {
      name: "IdP",
      verification: "VERIFICATION_INTROSPECTION",
      issuer: "https://idp.test",
      audiences: ["tessera"],
      clientId: "tessera-at-idp",
      clientSecret: "upstream-client-secret",
      justInTime: true,
      justInTimeRoleIds: ["Reader"],
      conditions: [
        { claim: "org", stringValue: "4711" },
        { claim: "level", numberValue: "9007199254740991" },
        { claim: "staff", boolValue: false },
      ],
    },
    {
      name: "Google",
      factoryId: "google",
      clientId: "web.apps.googleusercontent.com",
      audiences: ["web.apps.googleusercontent.com"],
    },
  ],
  applications: [
    {
      name: "backend",
      type: "APPLICATION_TYPE_TRADITIONAL",
      connectorIds: ["IdP"],
      defaultConnectorId: "IdP",
      resourceIds: [management],
      refreshRetryWindow: 0,
    },
    { name: "page", type: "APPLICATION_TYPE_SPA", publicClient: true, origins: ["https://page.test"] },
    {
      name: "theirs",
      type: "APPLICATION_TYPE_TRADITIONAL",
      thirdParty: true,
      customData: { on: "off", n: 1.5, deep: [{ "a b": null }] },
    },
    { name: "machine", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE", projectId: "Other" },
    {
      name: "proxied",
      type: "APPLICATION_TYPE_PROTECTED",
      protectedAppMetadata: { subDomain: "docs", origin: "https://docs.test" },
    },
  ],
  applicationSecrets: [
    { applicationId: "backend", name: "1" },
    { applicationId: "machine", name: "1", expireTime: "2100-01-01T00:00:00.500Z" },
  ],
  groups: [{ name: "Staff", roleIds: ["Reader", "0".repeat(21)] }],
  organizations: [{ name: "North", customData: { customer: "17" } }],
  organizationRoles: [
    { name: "Owner", scopeIds: ["urn:tessera:organization#invite"] },
    { name: "Robot", type: "ROLE_TYPE_MACHINE" },
  ],
  users: [
    { username: "ada", name: "Ada", email: "ada@acme.test", emailVerified: true, phone: "+39 1" },
    { username: "ben", suspended: true },
  ],
  userIdentities: [{ userId: "ada", connectorId: "IdP", subject: "0815" }],
  groupMembers: [{ groupId: "Staff", userId: "ada", expireTime: "2100-01-01T00:00:00Z" }],
  organizationMembers: [{ organizationId: "North", userId: "ada", organizationRoleIds: ["Owner"] }],
  roleAssignments: [
    { roleId: "Reader", userId: "ada" },
    { roleId: "Admin", applicationId: "machine" },
  ],
  organizationApplications: [{ organizationId: "North", applicationId: "machine", organizationRoleIds: ["Robot"] }],
  userConsentScopes: [
    { applicationId: "theirs", type: "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES", scopeId: `${api}#read` },
    { applicationId: "theirs", type: "USER_CONSENT_SCOPE_TYPE_USER_SCOPES", userScope: "email" },
  ],
  consentOrganizations: [{ applicationId: "theirs", userId: "ada", organizationId: "North" }],
  signInExperiences: [
    { applicationId: "page", displayName: "Page", customCss: "a {\n  color: red;\n}\n", hideBranding: true },
  ],
  customDomains: [{ applicationId: "proxied", domain: "docs.acme.test" }],
  adminConsoleConfig: { organizationCreated: true, signInExperienceCustomized: false },
  oidcSessionConfig: { ttl: 3600 },
  idTokenConfig: { enabledExtendedClaims: ["EXTENDED_CLAIM_ROLES"] },
});
