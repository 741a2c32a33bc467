// Scopes: what may be done at a resource.
import { ScopeSchema } from "../gen/tessera/admin/v1/resource_pb.ts";
import type { ResourceType } from "./resource.ts";

export const scope: ResourceType<typeof ScopeSchema> = {
  desc: ScopeSchema,
  name: "scope",
  key: ["resourceId", "name"],
};
