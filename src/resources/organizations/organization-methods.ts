// What organizations do beyond the standard: members as a set, what a member may do there, and scopes of their own.
import type { UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  ListOrganizationScopesRequestSchema,
  type OrganizationScopeService,
  type OrganizationService,
} from "../../gen/tessera/admin/v1/organization_pb.ts";
import type { Scope } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { organizationIndicator } from "../../policy/audience.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { requireMayGrantOrganizationRoles } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { addLinks, allLinks, replaceLinks } from "../links.ts";
import { conditionsOf, pageOf } from "../listing.ts";
import { organization, organizationApplication, organizationMember, organizationRole } from "./organization.ts";
import { ownResourceId } from "../policy/own-resources.ts";
import {
  type Acting,
  createResource,
  getResource,
  requireRow,
  type ResourceParts,
  updateResource,
} from "../resource.ts";
import { organizationScope } from "../policy/scope.ts";
import { updateIn } from "../standard.ts";

type Members =
  | "addOrganizationMembers"
  | "replaceOrganizationMembers"
  | "listMemberScopes"
  | "deleteOrganizationMember"
  | "deleteOrganizationApplication";

const membersOf = (organizationId: string) =>
  ({ type: organizationMember, owner: { organizationId }, other: "userId" }) as const;

export const organizationMethods = (parts: ResourceParts): Pick<UseCases<typeof OrganizationService>, Members> => ({
  addOrganizationMembers: async (call, { organizationId, userIds }) => ({
    addedUserIds: await addLinks(parts, membersOf(organizationId), actingOf(call), userIds),
  }),
  async replaceOrganizationMembers(call, { organizationId, userIds }) {
    const acting = actingOf(call);
    await requireRow(parts, organization, acting, organizationId);
    await requireMayRemove(parts, acting, organizationId, userIds);
    await replaceLinks(parts, membersOf(organizationId), acting, userIds);
    return { userIds: [...new Set(userIds)] };
  },
  async listMemberScopes(call, { organizationId, userId }) {
    const acting = actingOf(call);
    await requireRow(parts, organization, acting, organizationId);
    await requireRow(parts, { name: "user" }, acting, userId);
    const member = await parts.store.tenant(acting.tenantId).membership(userId, organizationId);
    if (member === undefined) throw new Failure("precondition", "the user is no member of the organization");
    return { scopes: await scopesOf(parts, acting, member.roleIds) };
  },
  deleteOrganizationMember: guardedDelete(parts, organizationMember, (acting, { organizationRoleIds }) =>
    requireMayGrantOrganizationRoles(parts, acting, organizationRoleIds),
  ),
  deleteOrganizationApplication: guardedDelete(parts, organizationApplication, (acting, { organizationRoleIds }) =>
    requireMayGrantOrganizationRoles(parts, acting, organizationRoleIds),
  ),
});

/** Nobody takes away what it could not give. */
async function requireMayRemove(
  parts: ResourceParts,
  acting: Acting,
  organizationId: string,
  staying: readonly string[],
): Promise<void> {
  const rows = await allLinks(parts, membersOf(organizationId), acting);
  const surplus = rows.filter((row) => !staying.includes(String(row["userId"])));
  const roleIds = surplus.flatMap((row) => row["organizationRoleIds"] as string[]);
  await requireMayGrantOrganizationRoles(parts, acting, roleIds);
}

/** Each once, in order of birth. */
async function scopesOf({ store }: ResourceParts, { tenantId }: Acting, roleIds: readonly string[]): Promise<Scope[]> {
  const tenant = store.tenant(tenantId);
  const roles = await Promise.all(roleIds.map((id) => tenant.row(organizationRole.name, id)));
  const ids = new Set(roles.flatMap((row) => (row?.["scopeIds"] ?? []) as string[]));
  const rows = await Promise.all([...ids].sort().map((id) => tenant.row("scope", id)));
  return rows.flatMap((row) => (row === undefined ? [] : [fromColumns(organizationScope.desc, row)]));
}

/** A scope of any other audience is none of these. */
export const organizationScopeMethods = (parts: ResourceParts): UseCases<typeof OrganizationScopeService> => ({
  async createOrganizationScope(call, { name, description }) {
    const acting = actingOf(call);
    const resourceId = await ownResourceId(parts, acting, organizationIndicator);
    return createResource(parts, organizationScope, acting, { resourceId, name, description });
  },
  getOrganizationScope: (call, { id }) => requireOrganizationScope(parts, actingOf(call), id),
  async listOrganizationScopes(call, request) {
    const acting = actingOf(call);
    const conditions = await conditionsOf(
      parts,
      organizationScope,
      acting,
      ListOrganizationScopesRequestSchema,
      request,
    );
    const parent = { resourceId: await ownResourceId(parts, acting, organizationIndicator) };
    const { items, ...page } = await pageOf(parts, organizationScope, acting, request, { ...conditions, parent });
    return { ...page, scopes: items };
  },
  async updateOrganizationScope(call, request) {
    const acting = actingOf(call);
    const update = updateIn(organizationScope, request);
    await requireOrganizationScope(parts, acting, update.id);
    return updateResource(parts, organizationScope, acting, update);
  },
  deleteOrganizationScope: guardedDelete(parts, organizationScope, async (acting, { id }) => {
    await requireOrganizationScope(parts, acting, id);
  }),
});

async function requireOrganizationScope(parts: ResourceParts, acting: Acting, id: string): Promise<Scope> {
  const found = await getResource(parts, organizationScope, acting, id);
  const owner = await ownResourceId(parts, acting, organizationIndicator);
  if (found.resourceId !== owner) throw new Failure("notFound", "not found");
  return found;
}
