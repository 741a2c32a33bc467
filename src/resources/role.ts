// Roles, and the subjects that hold them.
import { Failure } from "../failure.ts";
import { RoleAssignmentSchema, RoleSchema, RoleType } from "../gen/tessera/admin/v1/role_pb.ts";
import { getResource, type ResourceType } from "./resource.ts";

export const role: ResourceType<typeof RoleSchema> = { desc: RoleSchema, name: "role", key: ["name"] };

export const roleAssignment: ResourceType<typeof RoleAssignmentSchema> = {
  desc: RoleAssignmentSchema,
  name: "roleAssignment",
  key: ["roleId", "userId", "applicationId"],
  async check(parts, acting, { roleId, userId, applicationId }) {
    const { type } = await getResource(parts, role, acting, roleId);
    if (type === (userId === "" ? RoleType.USER : RoleType.MACHINE))
      throw new Failure("precondition", "the role is for the other kind of subject");
    // An absent subject is null, so that the foreign key does not look for "".
    return { columns: { userId: userId || null, applicationId: applicationId || null } };
  },
};
