// Roles, and the subjects that hold them.
import { Failure } from "../../failure.ts";
import { RoleAssignmentSchema, RoleSchema, RoleType } from "../../gen/tessera/admin/v1/role_pb.ts";
import { requireMayGrantRoles, requireMayGrantScopes } from "../escalation.ts";
import { ownScopesAmong } from "./own-resources.ts";
import { getResource, type ResourceType } from "../resource.ts";

export const role: ResourceType<typeof RoleSchema> = {
  desc: RoleSchema,
  name: "role",
  key: ["name"],
  async check(parts, acting, { id, type, scopeIds, isDefault }) {
    const { management, organization } = await ownScopesAmong(parts, acting, scopeIds);
    if (organization.length > 0) throw refused("scopes of organizations belong to organization roles");
    if (isDefault && type !== RoleType.USER) throw refused("a default role is for users");
    if (isDefault && management.length > 0) throw refused("a default role holds no management permission");
    await requireMayGrantRoles(parts, acting, [id]);
    await requireMayGrantScopes(parts, acting, scopeIds);
    return {};
  },
};

export const roleAssignment: ResourceType<typeof RoleAssignmentSchema> = {
  desc: RoleAssignmentSchema,
  name: "roleAssignment",
  key: ["roleId", "userId", "applicationId"],
  async check(parts, acting, { roleId, userId, applicationId }) {
    const { type } = await getResource(parts, role, acting, roleId);
    if (type === (userId === "" ? RoleType.USER : RoleType.MACHINE))
      throw refused("the role is for the other kind of subject");
    await requireMayGrantRoles(parts, acting, [roleId]);
    // An absent subject is null, so that the foreign key does not look for "".
    return { columns: { userId: userId || null, applicationId: applicationId || null } };
  },
};

const refused = (description: string) => new Failure("precondition", description);
