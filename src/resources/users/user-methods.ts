// What UserService does beyond the standard: new users with their default roles, suspension, and leaving no trace.
import { create } from "@bufbuild/protobuf";
import type { UseCases } from "../../call.ts";
import { type User, UserSchema, type UserService } from "../../gen/tessera/admin/v1/user_pb.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import { actingOf } from "../acting.ts";
import { assignedRoles } from "./assigned-roles.ts";
import { fromColumns } from "../columns.ts";
import { draft } from "../drafts.ts";
import { requireMayActAs } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { untilUndisturbed } from "../links.ts";
import { invitationsTo, organizationInvitation } from "../organizations/organization-invitation.ts";
import { type Acting, carryOut, requireRow, type ResourceParts, updateResource } from "../resource.ts";
import { roleAssignment } from "../policy/role.ts";
import { planDelete } from "../row-plans.ts";
import { made } from "../standard.ts";
import { user, userIdentity } from "./user.ts";

type UserCases = UseCases<typeof UserService>;
type Lives = "createUser" | "suspendUser" | "reactivateUser" | "deleteUser" | "deleteUserIdentity";
type Roles = "listUserRoles" | "assignUserRoles" | "replaceUserRoles" | "removeUserRole";

export const userMethods = (parts: ResourceParts): Pick<UserCases, Lives> => ({
  /** With the roles that new users get, in one transaction. */
  async createUser(call, request) {
    const acting = actingOf(call);
    const drafted = draft(parts, acting);
    const message = await drafted.add(user, made(user, request));
    for (const roleId of await parts.store.tenant(acting.tenantId).defaultRoleIds())
      await drafted.add(roleAssignment, { roleId, userId: message.id });
    await carryOut(parts, acting, ...drafted.writes);
    return message;
  },
  suspendUser: (call, { id }) => setSuspended(parts, actingOf(call), id, true),
  reactivateUser: (call, { id }) => setSuspended(parts, actingOf(call), id, false),

  /** What hangs on the row goes with it; an invitation to the address knows no user, and goes too. */
  async deleteUser(call, { id }) {
    const acting = actingOf(call);
    const row = await requireRow(parts, user, acting, id);
    await requireMayActAs(parts, acting, { userId: id });
    const invitations = await invitationsTo(parts, acting, String(row["emailKey"]));
    const removals = invitations.map((invitation) => planDelete(organizationInvitation, acting, invitation));
    await carryOut(parts, acting, ...removals, planDelete(user, acting, row));
    return {};
  },
  deleteUserIdentity: guardedDelete(parts, userIdentity, (acting, { userId }) =>
    requireMayActAs(parts, acting, { userId }),
  ),
});

export function userRoleMethods(parts: ResourceParts): Pick<UserCases, Roles> {
  const roles = assignedRoles(parts, "userId");
  return {
    listUserRoles: (call, request) => roles.list(actingOf(call), request.userId, request),
    assignUserRoles: (call, { userId, roleIds }) => roles.assign(actingOf(call), userId, roleIds),
    replaceUserRoles: (call, { userId, roleIds }) => roles.replace(actingOf(call), userId, roleIds),
    async removeUserRole(call, { userId, roleId }) {
      await roles.remove(actingOf(call), userId, roleId);
      return {};
    },
  };
}

/** Writes nothing, and records nothing, where it is so already. */
const setSuspended = (parts: ResourceParts, acting: Acting, id: string, suspended: boolean): Promise<User> =>
  untilUndisturbed(async () => {
    const row: AnyRow = await requireRow(parts, user, acting, id);
    if (row["suspended"] === suspended) return fromColumns(UserSchema, row);
    const change = create(UserSchema, { suspended });
    const event = suspended ? "suspended" : "reactivated";
    const revision = Number(row["revision"]);
    return updateResource(parts, user, acting, { id, change, mask: ["suspended"], revision, event });
  });
