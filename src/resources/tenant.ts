// Tenants. Each is made with its management resource, whose scopes are the permissions of the contract.
import { type Tenant, TenantSchema } from "../gen/tessera/admin/v1/tenant_pb.ts";
import { managementIndicator } from "../policy/audience.ts";
import { resource } from "./api-resource.ts";
import { managementPermissions } from "./permissions.ts";
import { type Acting, createResource, type ResourceParts, type ResourceType } from "./resource.ts";
import { scope } from "./scope.ts";

export const tenant: ResourceType<typeof TenantSchema> = { desc: TenantSchema, name: "tenant", key: ["name"] };

/** Makes a tenant whose id is `acting.tenantId`. */
export async function createTenant(parts: ResourceParts, acting: Acting, init: { name: string; disabled?: boolean }): Promise<Tenant> {
  const made = await createResource(parts, tenant, acting, { ...init, id: acting.tenantId });
  const management = await createResource(parts, resource, acting, { name: "Tessera", indicator: managementIndicator });
  for (const name of managementPermissions) await createResource(parts, scope, acting, { resourceId: management.id, name });
  return made;
}
