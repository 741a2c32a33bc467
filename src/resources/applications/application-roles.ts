// Roles of applications: machine-to-machine applications only hold any.
import type { Call, UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import { ApplicationType } from "../../gen/tessera/admin/v1/application_pb.ts";
import type { ApplicationRoleService } from "../../gen/tessera/admin/v1/application_role_pb.ts";
import { actingOf } from "../acting.ts";
import { assignedRoles } from "../users/assigned-roles.ts";
import { requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";

export function applicationRoleMethods(parts: ResourceParts): UseCases<typeof ApplicationRoleService> {
  const roles = assignedRoles(parts, "applicationId");
  return {
    listApplicationRoles: async (call, { applicationId, ...page }) =>
      roles.list(await onMachine(parts, call, applicationId), applicationId, page),
    assignApplicationRoles: async (call, { applicationId, roleIds }) =>
      roles.assign(await onMachine(parts, call, applicationId), applicationId, roleIds),
    replaceApplicationRoles: async (call, { applicationId, roleIds }) =>
      roles.replace(await onMachine(parts, call, applicationId), applicationId, roleIds),
    removeApplicationRole: async (call, { applicationId, roleId }) => {
      await roles.remove(await onMachine(parts, call, applicationId), applicationId, roleId);
      return {};
    },
  };
}

/** Who acts. Throws notFound for an unknown application, precondition for one of another type. */
async function onMachine(parts: ResourceParts, call: Call, id: string): Promise<Acting> {
  const acting = actingOf(call);
  const { type } = await requireRow(parts, { name: "application" }, acting, id);
  if (type !== ApplicationType.MACHINE_TO_MACHINE)
    throw new Failure("precondition", "only a machine-to-machine application holds roles");
  return acting;
}
