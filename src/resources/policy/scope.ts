// Scopes: what may be done at a resource.
import { type Scope, ScopeSchema } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { refuseOwn } from "./own-resources.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource.ts";

/** Scopes of the audience that is organizations themselves; its methods see to it that they are no others. */
export const organizationScope: ResourceType<typeof ScopeSchema> = {
  desc: ScopeSchema,
  name: "scope",
  key: ["resourceId", "name"],
};

export const scope: ResourceType<typeof ScopeSchema> = {
  ...organizationScope,
  async check(parts, acting, message) {
    await refuseOwnScope(parts, acting, message);
    return {};
  },
};

/** Throws precondition for a scope of one of Tessera's own resources. */
export async function refuseOwnScope(
  { store }: Pick<ResourceParts, "store">,
  acting: Acting,
  { resourceId }: Pick<Scope, "resourceId">,
): Promise<void> {
  refuseOwn(acting, (await store.tenant(acting.tenantId).row("resource", resourceId))?.["indicator"]);
}
