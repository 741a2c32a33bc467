// Projects: parts of a tenant that applications belong to.
import { ProjectSchema } from "../../gen/tessera/admin/v1/project_pb.ts";
import type { ResourceType } from "../resource.ts";

export const project: ResourceType<typeof ProjectSchema> = { desc: ProjectSchema, name: "project", key: ["name"] };
