// What calls of the management plane take away from tokens that are out, and what each token is told from then on.
import type { JsonObject } from "@bufbuild/protobuf";
import type { MethodName } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import type { Managed } from "../support/management-world.ts";

/** The scope that each call grants or tells of, else how it was refused; and what a machine's own call answers. */
export type Observed = Record<"exchange" | "refresh" | "introspect" | "machine", string>;

/** Who signs in, where, for the organization north or alone, and the scope that it gets as long as all is in order. */
export const subjects = {
  ada: { user: "ada", application: "backend", isMember: true, scope: "invite read write" },
  ben: { user: "ben", application: "backend", isMember: false, scope: "read" },
  "ada at a third party": { user: "ada", application: "guest", isMember: true, scope: "invite read" },
} as const;
export type Subject = keyof typeof subjects;

/** A method and what it is asked, by the tenant's machine administrator; of tenants by the instance's. */
export type Call = readonly [method: MethodName, request: (tenant: Managed) => JsonObject];
export type Flip = { what: string; off: Call; back?: Call; subject?: Subject; meanwhile: Partial<Observed> };

export const all = (scope: string): Partial<Observed> => ({ exchange: scope, refresh: scope, introspect: scope });
const badClient = "unauthenticated INVALID_CLIENT";
const ended = { refresh: "badToken INVALID_GRANT", introspect: "inactive" };
const badToken = { ...ended, exchange: "badToken BAD_TOKEN" };
const noTarget = { ...ended, exchange: "invalid INVALID_TARGET" };
const noMember = { ...ended, exchange: "denied ACCESS_DENIED" };
const noApplication = { exchange: badClient, refresh: badClient, introspect: "inactive" };
const noMachine = { machine: "denied INSUFFICIENT_SCOPE" };

/** Sets and takes back a flag of the thing with this label. */
function flagged(label: string, method: MethodName, flag: string, meanwhile: Partial<Observed>): Flip {
  const [kind = ""] = label.split(" ");
  const set =
    (value: boolean): Call[1] =>
    (tenant) => ({
      [kind]: { id: kind === "tenant" ? tenant.id : tenant.idOf(label), [flag]: value },
      updateMask: flag,
    });
  return { what: `${label} ${flag}`, off: [method, set(true)], back: [method, set(false)], meanwhile };
}

function deleted(label: string, method: MethodName, meanwhile: Partial<Observed>, subject: Subject = "ada"): Flip {
  const off: Call = [method, (tenant) => ({ id: label === "tenant" ? tenant.id : tenant.idOf(label) })];
  return { what: `${label} deleted`, off, subject, meanwhile };
}

const flip = (what: string, off: Call, meanwhile: Partial<Observed>, back?: Call, subject: Subject = "ada"): Flip => ({
  what,
  off,
  meanwhile,
  subject,
  ...(back && { back }),
});

const guest = (tenant: Managed) => ({ applicationId: tenant.idOf("application guest") });
const adaIn = (tenant: Managed) => tenant.idOf("organizationMember north / ada");
const everywhere: Observed = { exchange: badClient, refresh: badClient, introspect: badClient, machine: badClient };

export const flips: readonly Flip[] = [
  flagged("tenant", "tenant.updateTenant", "disabled", everywhere),
  deleted("tenant", "tenant.deleteTenant", everywhere),
  flagged("project main", "project.updateProject", "disabled", { ...noApplication, machine: badClient }),
  flagged("application backend", "application.updateApplication", "disabled", noApplication),
  deleted("application backend", "application.deleteApplication", noApplication),
  flip(
    "application backend without its connectors",
    [
      "application.updateApplication",
      (t) => ({
        application: { id: t.idOf("application backend"), connectorIds: [], defaultConnectorId: "" },
        updateMask: "connectorIds,defaultConnectorId",
      }),
    ],
    badToken,
  ),
  deleted("applicationSecret backend / first", "applicationSecret.deleteApplicationSecret", {
    exchange: badClient,
    refresh: badClient,
  }),
  flip(
    "applicationSecret backend / first rotated without an overlap",
    [
      "applicationSecret.rotateApplicationSecret",
      (t) => ({ id: t.idOf("applicationSecret backend / first"), overlap: 0 }),
    ],
    { exchange: badClient, refresh: badClient },
  ),
  flagged("resource https://api.example.test", "resource.updateResource", "disabled", noTarget),
  deleted(`resource ${api}`, "resource.deleteResource", noTarget),
  flip(
    "another resource the default",
    ["resource.setDefaultResource", (t) => ({ id: t.idOf(`resource ${billing}`), isDefault: true })],
    { ...ended, exchange: "invoice" },
    ["resource.setDefaultResource", (t) => ({ id: t.idOf(`resource ${api}`), isDefault: true })],
  ),
  deleted(`scope ${api} / write`, "resource.deleteScope", all("invite read")),
  flagged("connector idp", "connector.updateConnector", "disabled", badToken),
  deleted("connector idp", "connector.deleteConnector", badToken),
  flagged("organization north", "organization.updateOrganization", "disabled", noMember),
  deleted("organization north", "organization.deleteOrganization", noMember),
  deleted("organizationMember north / ada", "organization.deleteOrganizationMember", noMember),
  flip(
    "the members of organization north replaced",
    [
      "organization.replaceOrganizationMembers",
      (t) => ({ organizationId: t.idOf("organization north"), userIds: [t.idOf("user ben")] }),
    ],
    noMember,
  ),
  flip(
    "organizationMember north / ada without roles",
    [
      "organization.updateOrganizationMember",
      (t) => ({ organizationMember: { id: adaIn(t) }, updateMask: "organizationRoleIds" }),
    ],
    all("read write"),
  ),
  deleted("organizationRole owner", "organizationRole.deleteOrganizationRole", all("read write")),
  flip("user ada suspended", ["user.suspendUser", (t) => ({ id: t.idOf("user ada") })], badToken, [
    "user.reactivateUser",
    (t) => ({ id: t.idOf("user ada") }),
  ]),
  flagged("user ada", "user.updateUser", "suspended", badToken),
  deleted("user ada", "user.deleteUser", badToken),
  deleted("userIdentity idp / ada-at-idp", "user.deleteUserIdentity", badToken),
  deleted("role editor", "role.deleteRole", all("invite")),
  flip(
    "role editor with fewer scopes",
    [
      "role.updateRole",
      (t) => ({
        role: { id: t.idOf("role editor"), scopeIds: [t.idOf(`scope ${api} / read`)] },
        updateMask: "scopeIds",
      }),
    ],
    all("invite read"),
  ),
  deleted("roleAssignment editor / ada", "role.deleteRoleAssignment", all("invite")),
  flip(
    "role editor taken from ada",
    ["user.removeUserRole", (t) => ({ userId: t.idOf("user ada"), roleId: t.idOf("role editor") })],
    all("invite"),
    ["user.assignUserRoles", (t) => ({ userId: t.idOf("user ada"), roleIds: [t.idOf("role editor")] })],
  ),
  flip(
    "the roles of ada replaced",
    ["user.replaceUserRoles", (t) => ({ userId: t.idOf("user ada"), roleIds: [t.idOf("role reader")] })],
    all("invite read"),
  ),
  deleted("group staff", "group.deleteGroup", all(""), "ben"),
  deleted("groupMember staff / ben", "group.deleteGroupMember", all(""), "ben"),
  flip(
    "group staff without roles",
    ["group.updateGroup", (t) => ({ group: { id: t.idOf("group staff") }, updateMask: "roleIds" })],
    all(""),
    [
      "group.updateGroup",
      (t) => ({ group: { id: t.idOf("group staff"), roleIds: [t.idOf("role reader")] }, updateMask: "roleIds" }),
    ],
    "ben",
  ),
  flip(
    "the consent of ada to organization north taken back",
    [
      "consent.removeConsentOrganization",
      (t) => ({ ...guest(t), userId: t.idOf("user ada"), organizationId: t.idOf("organization north") }),
    ],
    noMember,
    [
      "consent.addConsentOrganizations",
      (t) => ({ ...guest(t), userId: t.idOf("user ada"), organizationIds: [t.idOf("organization north")] }),
    ],
    "ada at a third party",
  ),
  flip(
    "a scope that a third party was consented taken back",
    [
      "consent.removeUserConsentScope",
      (t) => ({
        ...guest(t),
        type: "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES",
        scopeId: t.idOf(`scope ${api} / read`),
      }),
    ],
    all("invite"),
    ["consent.addUserConsentScopes", (t) => ({ ...guest(t), resourceScopeIds: [t.idOf(`scope ${api} / read`)] })],
    "ada at a third party",
  ),
  deleted("role clerk", "role.deleteRole", noMachine),
  deleted("roleAssignment clerk / clerk", "role.deleteRoleAssignment", noMachine),
  flip(
    "role clerk taken from the machine",
    [
      "applicationRole.removeApplicationRole",
      (t) => ({ applicationId: t.idOf("application clerk"), roleId: t.idOf("role clerk") }),
    ],
    noMachine,
  ),
  deleted("applicationSecret clerk / first", "applicationSecret.deleteApplicationSecret", { machine: badClient }),
];
