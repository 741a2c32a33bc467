// TenantService: tenants from above, by whoever administers the instance; and each one's own.
import { isMessage } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Call, callingClient, type UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import { ResourceSchema } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { type Tenant, TenantService } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import { newId } from "../../random.ts";
import type { RowWrite } from "../../store/row-operations.ts";
import { systemTenantId } from "../../system-tenant.ts";
import { actingOf } from "../acting.ts";
import { resource } from "../policy/api-resource.ts";
import { newSecretOf } from "./bootstrap-secret.ts";
import { draft } from "../drafts.ts";
import { project } from "../policy/project.ts";
import { deleteResource, getResource, updateResource, withoutPlace } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { scope } from "../policy/scope.ts";
import { made, standardMethods, updateIn } from "../standard.ts";
import { impliedByTenant, tenant } from "./tenant.ts";

export const tenantMethods = (parts: ResourceParts): UseCases<typeof TenantService> => ({
  async createTenant(call, request) {
    const id = newId(call.now, parts.random);
    const { message, writes } = await planTenant(parts, call, { ...made(tenant, request), id });
    const { secret, row } = newSecretOf(parts, id, call.now);
    await withoutPlace(parts.store.write("createTenant", { writes, secret: row }, call.deadline));
    return { tenant: message, bootstrapSecret: secret, expireTime: timestampFromMs(row.expireTime) };
  },
  getTenant: async (call, { id }) => getResource(parts, tenant, fromAbove(call, id), id),
  listTenants: standardMethods(parts, TenantService, tenant).listTenants,
  async updateTenant(call, request) {
    const update = updateIn(tenant, request);
    return updateResource(parts, tenant, fromAbove(call, update.id), update);
  },
  async deleteTenant(call, { id }) {
    if (id === systemTenantId) throw new Failure("precondition", "the system tenant is not deleted");
    await deleteResource(parts, tenant, fromAbove(call, id), id);
    return {};
  },
  getOwnTenant: async (call) => getResource(parts, tenant, actingOf(call), callingClient(call).tenant.id),
});

/** Acts on the tenant, and is recorded where it acts from: a trail outlives what it tells of. */
const fromAbove = (call: Call, id: string): Acting => ({ ...actingOf(call, id), event: actingOf(call).event });

/** The tenant with what every tenant has, and a project to begin with. */
async function planTenant(
  parts: ResourceParts,
  call: Call,
  init: Tenant,
): Promise<{ message: Tenant; writes: readonly RowWrite[] }> {
  // What comes with a tenant is nobody's to refuse.
  const acting: Acting = { ...actingOf(call, init.id), may: "everything" };
  const above = draft(parts, { ...acting, event: actingOf(call).event });
  const within = draft(above.parts, acting);
  const message = await above.add(tenant, init);
  await within.add(project, { name: "Default", isDefault: true });
  const ids = new Map<string, string>();
  for (const implied of impliedByTenant(init.id)) {
    if (isMessage(implied, ResourceSchema)) ids.set(implied.indicator, (await within.add(resource, implied)).id);
    else await within.add(scope, { ...implied, resourceId: ids.get(implied.resourceId) ?? "" });
  }
  return { message, writes: [...above.writes, ...within.writes] };
}
