// The tenants that the black-box tests live in: plain declarations, which a test changes and applies again.

/** A declaration as a file would hold it. */
export type Declared = {
  tenant: { name: string; disabled?: boolean };
  [list: string]: unknown;
};

export const api = "https://api.example.test";
export const billing = "https://billing.example.test";

/**
 * One tenant: an API (the default audience) and a billing audience; ada is an editor and an owner of the organization
 * "north", ben a reader, zoe suspended; "backend" is confidential and serves the API, "other" serves nothing.
 */
export function declare(name: string, issuer: string): Declared & Record<string, Record<string, unknown>[]> {
  const declared = {
    tenant: { name },
    projects: [{ name: "main", isDefault: true }],
    resources: [
      { name: "API", indicator: api, isDefault: true, serverClientIds: ["backend"] },
      { name: "Billing", indicator: billing, serverClientIds: ["other"] },
    ],
    scopes: [
      { resourceId: api, name: "read" },
      { resourceId: api, name: "write" },
      { resourceId: api, name: "invite" },
      { resourceId: billing, name: "invoice" },
    ],
    roles: [
      { name: "editor", type: "ROLE_TYPE_USER", scopeIds: [`${api}#read`, `${api}#write`, `${billing}#invoice`] },
      { name: "reader", type: "ROLE_TYPE_USER", scopeIds: [`${api}#read`] },
      {
        name: "admin",
        type: "ROLE_TYPE_USER",
        scopeIds: ["urn:tessera:management#user:read", "urn:tessera:management#token:introspect"],
      },
      { name: "inspector", type: "ROLE_TYPE_MACHINE", scopeIds: ["urn:tessera:management#token:introspect"] },
    ],
    connectors: [
      { name: "idp", verification: "VERIFICATION_JWKS", issuer, audiences: [name], algorithms: ["ES256"] },
      { name: "idp-once", verification: "VERIFICATION_JWKS", issuer, audiences: [`${name}-once`], singleUse: true },
      {
        name: "idp-join",
        verification: "VERIFICATION_JWKS",
        issuer,
        audiences: [`${name}-join`],
        justInTime: true,
        justInTimeRoleIds: ["reader"],
      },
      {
        name: "opaque",
        verification: "VERIFICATION_INTROSPECTION",
        issuer,
        audiences: [name],
        introspectionEndpoint: `${issuer}/introspect`,
        userinfoEndpoint: `${issuer}/me`,
        clientId: "tessera",
        clientSecret: "upstream-client-secret",
      },
    ],
    applications: [
      {
        name: "backend",
        type: "APPLICATION_TYPE_TRADITIONAL",
        connectorIds: ["idp", "idp-once", "idp-join", "opaque"],
        defaultConnectorId: "opaque",
        resourceIds: [billing, "urn:tessera:management"],
      },
      { name: "other", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE", connectorIds: [] },
      { name: "inspector", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" },
      {
        name: "page",
        type: "APPLICATION_TYPE_SPA",
        publicClient: true,
        origins: ["https://app.example.test"],
        connectorIds: ["idp"],
      },
      {
        name: "phone",
        type: "APPLICATION_TYPE_NATIVE",
        publicClient: true,
        origins: ["https://app.example.test"],
        connectorIds: ["idp"],
      },
    ],
    applicationSecrets: [
      { applicationId: "backend", name: "first" },
      { applicationId: "other", name: "first" },
      { applicationId: "inspector", name: "first" },
    ],
    organizations: [{ name: "north" }, { name: "south" }],
    organizationRoles: [{ name: "owner", scopeIds: [`${api}#invite`] }],
    groups: [{ name: "staff", roleIds: ["reader"] }],
    users: [
      { username: "ada", name: "Ada", email: "ada@example.test", emailVerified: true, phone: "+39 1" },
      { username: "ben", name: "Ben", email: "ben@example.test", emailVerified: true },
      { username: "zoe", email: "zoe@example.test", emailVerified: true, suspended: true },
    ],
    userIdentities: ["ada", "ben", "zoe"].flatMap((userId) =>
      ["idp", "idp-once", "opaque"].map((connectorId) => ({ userId, connectorId, subject: `${userId}-at-idp` })),
    ),
    groupMembers: [{ groupId: "staff", userId: "ben" }],
    organizationMembers: [{ organizationId: "north", userId: "ada", organizationRoleIds: ["owner"] }],
    roleAssignments: [
      { roleId: "editor", userId: "ada" },
      { roleId: "admin", userId: "ada" },
      { roleId: "inspector", applicationId: "inspector" },
    ],
  };
  return declared as unknown as Declared & Record<string, Record<string, unknown>[]>;
}
