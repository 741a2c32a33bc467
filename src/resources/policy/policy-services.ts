// Services of what may be done: resources and their scopes, roles, groups; and projects.
import { type Served, serve } from "../../call.ts";
import { GroupService } from "../../gen/tessera/admin/v1/group_pb.ts";
import { ProjectService } from "../../gen/tessera/admin/v1/project_pb.ts";
import { ResourceService } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { RoleService } from "../../gen/tessera/admin/v1/role_pb.ts";
import type { Parts } from "../../parts.ts";
import { resource } from "./api-resource.ts";
import { requireMayGrantGroups } from "../escalation.ts";
import { group, groupMember } from "./group.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { project } from "./project.ts";
import { resourceMethods } from "./resource-methods.ts";
import { role, roleAssignment } from "./role.ts";
import { roleMethods } from "./role-methods.ts";
import { scope } from "./scope.ts";
import { standardMethods } from "../standard.ts";

export const policyServices = (parts: Parts): Served[] => [
  serve(ProjectService, standardMethods(parts, ProjectService, project)),
  serve(ResourceService, {
    ...standardMethods(parts, ResourceService, resource),
    ...standardMethods(parts, ResourceService, scope),
    ...resourceMethods(parts),
  }),
  serve(RoleService, {
    ...standardMethods(parts, RoleService, role),
    ...standardMethods(parts, RoleService, roleAssignment),
    ...roleMethods(parts),
  }),
  serve(GroupService, {
    ...standardMethods(parts, GroupService, group),
    ...standardMethods(parts, GroupService, groupMember),
    deleteGroup: guardedDelete(parts, group, (acting, { id }) => requireMayGrantGroups(parts, acting, [id])),
    deleteGroupMember: guardedDelete(parts, groupMember, (acting, { groupId }) =>
      requireMayGrantGroups(parts, acting, [groupId]),
    ),
  }),
];
