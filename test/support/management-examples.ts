// For every method of the management plane a request that succeeds in a tenant of the management world.
import type { JsonObject } from "@bufbuild/protobuf";
import { managementContract } from "../../src/resources/contract.ts";
import { api } from "./fixture.ts";
import { type MethodName, methodNamed } from "./door.ts";
import { changed, filledRequest } from "./management-requests.ts";
import { spare } from "./management-things.ts";
import type { Managed } from "./management-world.ts";

/** What requests are about. */
export type Things = Pick<Managed, "id" | "idOf" | "declared">;

/** Which thing of a kind a request is about, where nothing else is said. */
const usual: Readonly<Record<string, string>> = {
  AdminConsoleConfig: "adminConsoleConfig",
  Application: "application worker",
  ApplicationSecret: "applicationSecret worker / first",
  Connector: "connector spare",
  CustomDomain: "customDomain gate",
  Group: "group spare",
  GroupMember: "groupMember spare / carl",
  Organization: "organization north",
  IdTokenConfig: "idTokenConfig",
  OidcSessionConfig: "oidcSessionConfig",
  OrganizationApplication: "organizationApplication drone",
  OrganizationInvitation: "organizationInvitation dora",
  OrganizationMember: "organizationMember north / carl",
  OrganizationRole: "organizationRole spare",
  Project: "project spare",
  Resource: `resource ${spare}`,
  Role: "role spare",
  RoleAssignment: "roleAssignment spare / carl",
  Scope: `scope ${spare} / use`,
  SignInExperience: "signInExperience",
  User: "user carl",
  UserIdentity: "userIdentity spare / carl-at-spare",
};

/** The id of the usual thing of a kind. */
export function usualId(tenant: Things, kind: string): string {
  if (kind === "Tenant") return tenant.id;
  const label = usual[kind];
  if (label === undefined) throw new Error(`there is no usual ${kind}`);
  return tenant.idOf(label);
}

const partner = { applicationId: "application partner" };
const other = { applicationId: "application other" };
const carlAndPartner = { ...partner, userId: "user carl" };
const drone = { applicationId: "application drone" };
const emil = { userId: "user emil", roleIds: ["role spare"] };
const noSignIn = {
  introspectionEndpoint: null,
  userinfoEndpoint: null,
  jwksUri: null,
  factoryId: null,
  target: null,
  subjectClaim: null,
  endpoint: null,
  sender: null,
};
const upstream = { ...noSignIn, issuer: "https://idp.example.test", authorizationEndpoint: null, justInTime: true };
const asMember = { organizationId: "organization south", userId: "user ben" };
const asMachine = { ...drone, organizationRoleIds: ["organizationRole drone"] };
const visit = "scope urn:tessera:organization / visit";

/**
 * What differs from a request with every field filled and every id the usual one; null leaves a field out. A text
 * that is the label of a thing stands for its id. Several are alternatives that between them fill every field.
 */
const particulars: Readonly<Record<string, JsonObject | readonly JsonObject[]>> = {
  "application.createApplication": {
    application: { type: "APPLICATION_TYPE_TRADITIONAL", protectedAppMetadata: null },
  },
  "application.listApplications": [{ excludeOrganizationId: null }, { excludeRoleId: null }],
  "application.updateApplication": { application: { type: null, protectedAppMetadata: null } },
  "application.deleteApplication": { id: "application heir" },
  "applicationRole.assignApplicationRoles": { ...other, roleIds: ["role drone"] },
  "applicationRole.replaceApplicationRoles": { ...other, roleIds: ["role inspector"] },
  "applicationRole.removeApplicationRole": { ...drone, roleId: "role drone" },
  "applicationSecret.deleteLegacySecret": { applicationId: "application heir" },
  "config.updateAdminConsoleConfig": { adminConsoleConfig: { id: null, organizationCreated: false } },
  "config.updateOidcSessionConfig": { oidcSessionConfig: { id: null, ttl: 7200 } },
  "connector.createConnector": { connector: upstream },
  "connector.updateConnector": { connector: upstream },
  "connector.createAuthorizationUri": {
    ...partner,
    redirectUri: "https://partner.example.test/back",
    scope: "openid",
  },
  "connector.getConnectorFactory": { id: "github" },
  "connector.listConnectors": { target: null },
  "consent.addUserConsentScopes": {
    ...partner,
    organizationScopeIds: [visit],
    resourceScopeIds: [`scope ${api} / write`],
    organizationResourceScopeIds: [`scope ${api} / invite`],
  },
  "consent.listUserConsentScopes": partner,
  "consent.removeUserConsentScope": {
    ...partner,
    type: "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES",
    scopeId: `scope ${api} / read`,
  },
  "consent.listConsentOrganizations": carlAndPartner,
  "consent.replaceConsentOrganizations": { ...partner, userId: "user ada" },
  "consent.addConsentOrganizations": { ...partner, userId: "user emil", organizationIds: ["organization west"] },
  "consent.removeConsentOrganization": carlAndPartner,
  "protectedAppDomain.listCustomDomains": { applicationId: "application gate" },
  "protectedAppDomain.createCustomDomain": { customDomain: { applicationId: "application second gate" } },
  "protectedAppDomain.deleteCustomDomain": { applicationId: "application gate", domain: "domain of the tenant" },
  "group.createGroupMember": { groupMember: { userId: "user dora" } },
  "organization.updateOrganization": { organization: { id: "organization spare" } },
  "organization.deleteOrganization": { id: "organization spare" },
  "organization.createOrganizationMember": { organizationMember: asMember },
  "organization.addOrganizationMembers": { organizationId: "organization south", userIds: ["user dora"] },
  "organization.replaceOrganizationMembers": { organizationId: "organization west", userIds: ["user dora"] },
  "organization.createOrganizationApplication": {
    organizationApplication: { ...asMachine, organizationId: "organization south" },
  },
  "organization.updateOrganizationApplication": { organizationApplication: asMachine },
  "organizationRole.updateOrganizationRole": { organizationRole: { type: null } },
  "organizationScope.getOrganizationScope": { id: visit },
  "organizationScope.updateOrganizationScope": { scope: { id: visit, name: null, resourceId: null } },
  "organizationScope.deleteOrganizationScope": { id: visit },
  "organizationInvitation.acceptOrganizationInvitation": { userId: "user dora" },
  "organizationInvitation.revokeOrganizationInvitation": { id: "organizationInvitation emil" },
  "organizationInvitation.deleteOrganizationInvitation": { id: "organizationInvitation fred" },
  "project.deleteProject": { id: "project empty" },
  "resource.updateResource": { resource: { indicator: null } },
  "resource.setDefaultResource": { isDefault: true },
  "resource.updateScope": { scope: { name: null } },
  "role.createRoleAssignment": [
    { roleAssignment: { userId: "user dora", applicationId: null } },
    { roleAssignment: { roleId: "role drone", userId: null } },
  ],
  "role.updateRoleAssignment": { roleAssignment: { applicationId: null } },
  "signInExperience.getSignInExperience": partner,
  "user.deleteUser": { id: "user fred" },
  "user.suspendUser": { id: "user emil" },
  "user.reactivateUser": { id: "user emil" },
  "user.createUserIdentity": { userIdentity: { userId: "user dora" } },
  "user.assignUserRoles": emil,
  "user.replaceUserRoles": { ...emil, roleIds: ["role reader"] },
  "user.removeUserRole": { userId: "user emil", roleId: "role reader" },
  "tenant.updateTenant": { tenant: { id: "tenant green" } },
  "tenant.deleteTenant": { id: "tenant green" },
};

export type Example = { method: MethodName; request: JsonObject };

/** One request at least for every method; every text field that takes any text holds a word of its own. */
export const examplesOf = (tenant: Things, word: () => string): Example[] =>
  Object.entries(managementContract).flatMap(([service, { methods }]) =>
    methods.flatMap(({ localName }) => examplesFor(`${service}.${localName}`, tenant, word)),
  );

/** Those of one method. */
export function examplesFor(method: MethodName, tenant: Things, word: () => string): Example[] {
  return [particulars[method] ?? {}].flat().map((particular) => {
    const request = filledRequest(methodNamed(method).input, { id: (kind) => usualId(tenant, kind), word });
    return { method, request: changed(request, named(tenant, particular)) };
  });
}

/** Labels replaced by ids. */
const named = (tenant: Things, particular: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(particular), (_name, value: unknown) => {
    if (value === "domain of the tenant") return `${tenant.declared.tenant.name}.example.test`;
    return typeof value === "string" && isLabel(value) ? tenant.idOf(value) : value;
  }) as JsonObject;

const isLabel = (text: string) =>
  /^(application|organization|organizationRole|organizationInvitation|project|role|scope|user|tenant) /.test(text);
