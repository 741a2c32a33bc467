// Nobody hands on a management permission without holding it, nor changes or acts through somebody who holds more.
import { Failure } from "../failure.ts";
import type { Application } from "../gen/tessera/admin/v1/application_pb.ts";
import { RoleType } from "../gen/tessera/admin/v1/role_pb.ts";
import { managementIndicator, mayTarget } from "../policy/audience.ts";
import { heldAt } from "../policy/permissions.ts";
import type { TypeName } from "../store/row-operations.ts";
import { allLinks } from "./links.ts";
import { managementPolicy, ownResourceId, ownScopesAmong } from "./policy/own-resources.ts";
import type { Acting, ResourceParts } from "./resource-type.ts";

type Needs = Pick<ResourceParts, "store">;
type Who = Pick<Acting, "tenantId" | "may" | "now">;

/** Each of these throws denied for what holds a permission that whoever acts lacks. Ids that lead nowhere hold nothing. */
export async function requireMayGrantScopes(parts: Needs, acting: Who, scopeIds: readonly string[]): Promise<void> {
  const { may } = acting;
  if (may === "everything" || scopeIds.length === 0) return;
  const { management } = await ownScopesAmong(parts, acting, scopeIds);
  requireAll(may, management);
}

function requireAll(may: ReadonlySet<string>, permissions: readonly string[]): void {
  if (permissions.every((permission) => may.has(permission))) return;
  throw new Failure("denied", "it holds a management permission that the caller lacks", {
    reason: "INSUFFICIENT_SCOPE",
  });
}

export const requireMayGrantRoles = async (parts: Needs, acting: Who, roleIds: readonly string[]): Promise<void> =>
  requireMayGrantScopes(parts, acting, await idsIn(parts, acting, { type: "role", ids: roleIds, column: "scopeIds" }));

export const requireMayGrantGroups = async (parts: Needs, acting: Who, groupIds: readonly string[]): Promise<void> =>
  requireMayGrantRoles(parts, acting, await idsIn(parts, acting, { type: "group", ids: groupIds, column: "roleIds" }));

export const requireMayGrantOrganizationRoles = async (
  parts: Needs,
  acting: Who,
  roleIds: readonly string[],
): Promise<void> => {
  const held = { type: "organizationRole", ids: roleIds, column: "scopeIds" } as const;
  return requireMayGrantScopes(parts, acting, await idsIn(parts, acting, held));
};

/** The organization roles that a membership has and those that it is to have. */
export const requireMayGrantMembership = async (
  parts: Needs,
  acting: Who,
  member: {
    type: "organizationMember" | "organizationApplication";
    id: string;
    organizationRoleIds: readonly string[];
  },
): Promise<void> => {
  const { type, id, organizationRoleIds } = member;
  const before = await idsIn(parts, acting, { type, ids: [id], column: "organizationRoleIds" });
  return requireMayGrantOrganizationRoles(parts, acting, [...before, ...organizationRoleIds]);
};

/** For whatever lets somebody be this subject, or changes it: its secrets, its identities, its e-mail, its standing. */
export async function requireMayActAs(
  parts: Needs,
  acting: Who,
  subject: { applicationId: string } | { userId: string },
): Promise<void> {
  if (acting.may === "everything") return;
  const tenant = parts.store.tenant(acting.tenantId);
  if ("applicationId" in subject) {
    const row = await tenant.row("application", subject.applicationId);
    if (row !== undefined) await requireMayNameUsers(parts, acting, row as unknown as Naming);
    return requireMayGrantRoles(
      parts,
      acting,
      heldAt(await tenant.applicationRoles(subject.applicationId), acting.now),
    );
  }
  const { userId } = subject;
  await requireMayGrantRoles(parts, acting, heldAt(await tenant.userRoles(userId), acting.now));
  await requireMayGrantGroups(parts, acting, heldAt(await tenant.groups(userId), acting.now));
  const members = await allLinks(parts, { type: { name: "organizationMember" }, owner: { userId } }, acting);
  const roleIds = members.flatMap((row) => row["organizationRoleIds"] as string[]);
  await requireMayGrantOrganizationRoles(parts, acting, roleIds);
}

/** For whatever lets somebody be any user of the tenant: all that users hold by any role there is. */
export async function requireMayActAsAnyUser({ store }: Needs, { tenantId, may }: Who): Promise<void> {
  if (may === "everything") return;
  const { roles, organizationRoles, managed } = await managementPolicy(store.tenant(tenantId));
  const held = [...roles.values(), ...organizationRoles.values()].filter(({ type }) => type !== RoleType.MACHINE);
  requireAll(may, held.flatMap(managed));
}

/** For what stops a project or starts it again: its applications go along, whatever they hold. */
export async function requireMayStopProject(parts: Needs, acting: Who, projectId: string): Promise<void> {
  const { may, tenantId } = acting;
  if (may === "everything") return;
  const { roles, managed } = await managementPolicy(parts.store.tenant(tenantId));
  const stronger = [...roles.values()].filter((role) => managed(role).some((permission) => !may.has(permission)));
  for (const role of stronger) {
    const holders = await allLinks(parts, { type: { name: "roleAssignment" }, owner: { roleId: role.id } }, acting);
    for (const { applicationId } of holders.filter((each) => each["applicationId"] !== null)) {
      const row = await parts.store.tenant(tenantId).row("application", String(applicationId));
      if (row?.["projectId"] === projectId) requireAll(may, managed(role));
    }
  }
}

type Naming = Pick<Application, "publicClient" | "thirdParty" | "resourceIds"> & { defaultResourceId: string | null };

/** An application with a credential of its own, meant for management, gets the token of whatever user it names. */
export async function requireMayNameUsers(parts: Needs, acting: Who, application: Naming): Promise<void> {
  if (acting.may === "everything" || application.publicClient) return;
  const id = await ownResourceId(parts, acting, managementIndicator);
  const audience = { id, indicator: managementIndicator, isDefault: false };
  const defaultResourceId = application.defaultResourceId ?? "";
  if (mayTarget({ ...application, defaultResourceId }, audience)) await requireMayActAsAnyUser(parts, acting);
}

/** What the rows name in a list column. The operator may do everything, so nothing is read for it. */
async function idsIn(
  { store }: Needs,
  { tenantId, may }: Who,
  { type, ids, column }: { type: TypeName; ids: readonly string[]; column: string },
): Promise<string[]> {
  if (may === "everything") return [];
  const rows = await Promise.all([...new Set(ids)].map((id) => store.tenant(tenantId).row(type, id)));
  return rows.flatMap((row) => (row?.[column] ?? []) as string[]);
}
