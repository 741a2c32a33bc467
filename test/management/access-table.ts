// Who may call what, written by hand from what each method is for. Nothing here is read from the contract.

/** Columns of the table. Personal access tokens would be one more; there are none yet. */
export const callers = [
  "nobody",
  "a wrong secret",
  "a public application",
  "an application without roles",
  "a user at the tenant's own audience",
  "the tenant's administrator",
  "a read-only administrator",
  "a machine administrator",
  "a machine that may only look at tokens",
  "another tenant's administrator",
  "the instance's administrator",
] as const;
export type CallerName = (typeof callers)[number];

/** A letter for each caller: let through to the use-case, unauthenticated, or denied. */
export const verdicts = { o: "ok", u: "unauthenticated", d: "denied" } as const;

/**
 * Patterns of the rows. Another tenant's administrator is let through to where it finds its own tenant only; the
 * instance's administrator here holds what stands above tenants and nothing within one.
 */
const looks = "uudduooodod";
const writes = "uudduododod";
const aboveTenants = "uuddudddddo";
const byApplications = "uuoouddoodo";
const byConfidentialApplications = "uudouddoodo";
const byUsers = "uudduooddod";
const byApplicationsAndUsers = "uudouoooooo";
const byAnybody = "ooooooooooo";

/** Of one service: the pattern, the permission that opens the methods where one does, and the methods. */
type Row = readonly [pattern: string, permission: string, methods: string];

export const table: Readonly<Record<string, readonly Row[]>> = {
  AuthService: [
    [byApplications, "", "Exchange Refresh Revoke"],
    [byApplicationsAndUsers, "", "Introspect IntrospectBatch"],
    [byConfidentialApplications, "", "GenerateToken"],
    [byUsers, "", "OidcToken"],
  ],
  ApplicationService: [
    [looks, "application:read", "GetApplication ListApplications ListApplicationOrganizations"],
    [writes, "application:write", "CreateApplication UpdateApplication UpdateApplicationCustomData DeleteApplication"],
  ],
  ApplicationRoleService: [
    [looks, "application:read", "ListApplicationRoles"],
    [writes, "role:assign", "AssignApplicationRoles ReplaceApplicationRoles RemoveApplicationRole"],
  ],
  ApplicationSecretService: [
    [looks, "secret:read", "GetApplicationSecret ListApplicationSecrets"],
    [
      writes,
      "secret:write",
      "CreateApplicationSecret UpdateApplicationSecret RotateApplicationSecret DeleteApplicationSecret DeleteLegacySecret",
    ],
  ],
  AuditService: [[looks, "audit:read", "ListAuditEvents"]],
  // Its secret is the credential.
  BootstrapService: [[byAnybody, "", "Bootstrap"]],
  ConfigService: [
    [looks, "config:read", "GetAdminConsoleConfig GetOidcSessionConfig GetIdTokenConfig"],
    [writes, "config:write", "UpdateAdminConsoleConfig UpdateOidcSessionConfig UpsertIdTokenConfig"],
  ],
  ConnectorService: [
    // Writing down where to sign in changes nothing, so whoever may look at a connector may.
    [
      looks,
      "connector:read",
      "GetConnector ListConnectors ListConnectorFactories GetConnectorFactory CreateAuthorizationUri",
    ],
    // A test sends for real, to any address.
    [writes, "connector:write", "CreateConnector UpdateConnector DeleteConnector TestConnector"],
  ],
  ConsentService: [
    [looks, "consent:read", "ListUserConsentScopes ListConsentOrganizations"],
    [
      writes,
      "consent:write",
      "AddUserConsentScopes RemoveUserConsentScope ReplaceConsentOrganizations AddConsentOrganizations RemoveConsentOrganization",
    ],
  ],
  ProtectedAppDomainService: [
    [looks, "application:read", "ListCustomDomains"],
    [writes, "application:write", "CreateCustomDomain DeleteCustomDomain"],
  ],
  GroupService: [
    [looks, "group:read", "GetGroup ListGroups GetGroupMember ListGroupMembers"],
    [
      writes,
      "group:write",
      "CreateGroup UpdateGroup DeleteGroup CreateGroupMember UpdateGroupMember DeleteGroupMember",
    ],
  ],
  JwtCustomizerService: [
    [looks, "customizer:read", "GetJwtCustomizer ListJwtCustomizers"],
    // Running somebody's script is no way of looking at it.
    [writes, "customizer:write", "UpsertJwtCustomizer UpdateJwtCustomizer DeleteJwtCustomizer TestJwtCustomizer"],
  ],
  OrganizationService: [
    [
      looks,
      "organization:read",
      "GetOrganization ListOrganizations GetOrganizationMember ListOrganizationMembers ListMemberScopes GetOrganizationApplication ListOrganizationApplications",
    ],
    [
      writes,
      "organization:write",
      "CreateOrganization UpdateOrganization DeleteOrganization CreateOrganizationMember UpdateOrganizationMember DeleteOrganizationMember AddOrganizationMembers ReplaceOrganizationMembers CreateOrganizationApplication UpdateOrganizationApplication DeleteOrganizationApplication",
    ],
  ],
  OrganizationRoleService: [
    [looks, "organization:read", "GetOrganizationRole ListOrganizationRoles"],
    [writes, "organization:write", "CreateOrganizationRole UpdateOrganizationRole DeleteOrganizationRole"],
  ],
  OrganizationScopeService: [
    [looks, "organization:read", "GetOrganizationScope ListOrganizationScopes"],
    [writes, "organization:write", "CreateOrganizationScope UpdateOrganizationScope DeleteOrganizationScope"],
  ],
  OrganizationInvitationService: [
    [looks, "organization:read", "GetOrganizationInvitation ListOrganizationInvitations"],
    [
      writes,
      "organization:write",
      "CreateOrganizationInvitation DeleteOrganizationInvitation AcceptOrganizationInvitation RevokeOrganizationInvitation",
    ],
  ],
  ProjectService: [
    [looks, "project:read", "GetProject ListProjects"],
    [writes, "project:write", "CreateProject UpdateProject DeleteProject"],
  ],
  ResourceService: [
    [looks, "resource:read", "GetResource ListResources GetScope ListScopes"],
    [
      writes,
      "resource:write",
      "CreateResource UpdateResource DeleteResource SetDefaultResource CreateScope UpdateScope DeleteScope",
    ],
  ],
  RoleService: [
    [looks, "role:read", "GetRole ListRoles GetRoleAssignment ListRoleAssignments"],
    [writes, "role:write", "CreateRole UpdateRole DeleteRole"],
    // Who may say what a role means need not be who may hand it out.
    [writes, "role:assign", "CreateRoleAssignment UpdateRoleAssignment DeleteRoleAssignment"],
  ],
  SignInExperienceService: [
    [looks, "application:read", "GetSignInExperience"],
    [writes, "application:write", "ReplaceSignInExperience"],
  ],
  // The keys are the instance's.
  SigningKeyService: [
    [aboveTenants, "key:read", "ListSigningKeys"],
    [aboveTenants, "key:write", "RotateSigningKeys DeleteSigningKey"],
  ],
  TenantService: [
    [aboveTenants, "tenant:read", "GetTenant ListTenants"],
    [aboveTenants, "tenant:write", "CreateTenant UpdateTenant DeleteTenant"],
    [looks, "project:read", "GetOwnTenant"],
  ],
  UserService: [
    [looks, "user:read", "GetUser ListUsers GetUserIdentity ListUserIdentities ListUserRoles"],
    [
      writes,
      "user:write",
      "CreateUser UpdateUser DeleteUser SuspendUser ReactivateUser CreateUserIdentity DeleteUserIdentity",
    ],
    [writes, "role:assign", "AssignUserRoles ReplaceUserRoles RemoveUserRole"],
  ],
};

/** The table, an entry for each method, by names such as "RoleService/GetRole". */
export const rows = Object.entries(table).flatMap(([service, groups]) =>
  groups.flatMap(([pattern, permission, methods]) =>
    methods.split(" ").map((method, at) => ({ pattern, permission, name: `${service}/${method}`, isFirst: at === 0 })),
  ),
);
