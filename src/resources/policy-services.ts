// Services of what may be done: resources and their scopes, roles, groups; and projects.
import { type Served, serve } from "../call.ts";
import { GroupService } from "../gen/tessera/admin/v1/group_pb.ts";
import { ProjectService } from "../gen/tessera/admin/v1/project_pb.ts";
import type { Parts } from "../parts.ts";
import { group, groupMember } from "./group.ts";
import { project } from "./project.ts";
import { standardMethods } from "./standard.ts";

export const policyServices = (parts: Parts): Served[] => [
  serve(ProjectService, standardMethods(parts, ProjectService, project)),
  serve(GroupService, {
    ...standardMethods(parts, GroupService, group),
    ...standardMethods(parts, GroupService, groupMember),
  }),
];
