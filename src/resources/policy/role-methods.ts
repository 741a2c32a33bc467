// What RoleService does beyond the standard: lists by holder, and removals that take nothing from who holds more.
import type { UseCases } from "../../call.ts";
import { ListRolesRequestSchema, type RoleService, RoleType } from "../../gen/tessera/admin/v1/role_pb.ts";
import { actingOf } from "../acting.ts";
import { requireMayGrantRoles } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { conditionsOf, pageOf } from "../listing.ts";
import type { ResourceParts } from "../resource.ts";
import { role, roleAssignment } from "./role.ts";

type Own = "listRoles" | "deleteRole" | "deleteRoleAssignment";

export const roleMethods = (parts: ResourceParts): Pick<UseCases<typeof RoleService>, Own> => ({
  /** A role for both fits either type. */
  async listRoles(call, request) {
    const acting = actingOf(call);
    const { matching, ...conditions } = await conditionsOf(parts, role, acting, ListRolesRequestSchema, request);
    const types = request.type === RoleType.UNSPECIFIED ? {} : { type: [request.type, RoleType.UNSPECIFIED] };
    const fitting = { ...conditions, matching: { ...matching, ...types } };
    const { items, ...page } = await pageOf(parts, role, acting, request, fitting);
    return { ...page, roles: items };
  },
  deleteRole: guardedDelete(parts, role, (acting, { id }) => requireMayGrantRoles(parts, acting, [id])),
  deleteRoleAssignment: guardedDelete(parts, roleAssignment, (acting, { roleId }) =>
    requireMayGrantRoles(parts, acting, [roleId]),
  ),
});
