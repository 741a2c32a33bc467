// Groups and their members.
import { Failure } from "../../failure.ts";
import { GroupMemberSchema, GroupSchema } from "../../gen/tessera/admin/v1/group_pb.ts";
import { RoleType } from "../../gen/tessera/admin/v1/role_pb.ts";
import { requireMayGrantGroups, requireMayGrantRoles } from "../escalation.ts";
import type { ResourceType } from "../resource.ts";

export const group: ResourceType<typeof GroupSchema> = {
  desc: GroupSchema,
  name: "group",
  key: ["name"],
  async check({ store }, acting, { id, roleIds }) {
    const roles = await Promise.all(roleIds.map((roleId) => store.tenant(acting.tenantId).row("role", roleId)));
    if (roles.some((row) => row?.["type"] === RoleType.MACHINE))
      throw new Failure("precondition", "a group has roles for users");
    await requireMayGrantGroups({ store }, acting, [id]);
    await requireMayGrantRoles({ store }, acting, roleIds);
    return {};
  },
};

export const groupMember: ResourceType<typeof GroupMemberSchema> = {
  desc: GroupMemberSchema,
  name: "groupMember",
  key: ["groupId", "userId"],
  async check(parts, acting, { groupId }) {
    await requireMayGrantGroups(parts, acting, [groupId]);
    return {};
  },
};
