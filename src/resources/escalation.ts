// Nobody hands on a management permission without holding it, nor changes or acts through somebody who holds more.
import { Failure } from "../failure.ts";
import type { TypeName } from "../store/row-operations.ts";
import { allLinks } from "./links.ts";
import { ownScopesAmong } from "./policy/own-resources.ts";
import type { Acting, ResourceParts } from "./resource-type.ts";

type Needs = Pick<ResourceParts, "store">;
type Who = Pick<Acting, "tenantId" | "may" | "now">;

/** Each of these throws denied for what holds a permission that whoever acts lacks. Ids that lead nowhere hold nothing. */
export async function requireMayGrantScopes(parts: Needs, acting: Who, scopeIds: readonly string[]): Promise<void> {
  const { may } = acting;
  if (may === "everything" || scopeIds.length === 0) return;
  const { management } = await ownScopesAmong(parts, acting, scopeIds);
  if (management.every((permission) => may.has(permission))) return;
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
  if ("applicationId" in subject)
    return requireMayGrantRoles(parts, acting, await tenant.applicationRoleIds(subject.applicationId, acting.now));
  const { userId } = subject;
  await requireMayGrantRoles(parts, acting, await tenant.userRoleIds(userId, acting.now));
  await requireMayGrantGroups(parts, acting, await tenant.groupIds(userId, acting.now));
  const members = await allLinks(parts, { type: { name: "organizationMember" }, owner: { userId } }, acting);
  const roleIds = members.flatMap((row) => row["organizationRoleIds"] as string[]);
  await requireMayGrantOrganizationRoles(parts, acting, roleIds);
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
