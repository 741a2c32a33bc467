// Projects: parts of a tenant that applications belong to.
import { ProjectSchema } from "../../gen/tessera/admin/v1/project_pb.ts";
import { requireMayStopProject } from "../escalation.ts";
import type { ResourceType } from "../resource.ts";

export const project: ResourceType<typeof ProjectSchema> = {
  desc: ProjectSchema,
  name: "project",
  key: ["name"],
  async check(parts, acting, { id, disabled }) {
    const stored = await parts.store.tenant(acting.tenantId).row("project", id);
    if (stored !== undefined && stored["disabled"] !== disabled) await requireMayStopProject(parts, acting, id);
    return {};
  },
};
