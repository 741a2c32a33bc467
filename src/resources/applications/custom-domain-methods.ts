// What is done with the domains of a protected application, each named by its application and itself.
import type { UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import type { ProtectedAppDomainService } from "../../gen/tessera/admin/v1/custom_domain_pb.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { customDomain, requireProtected } from "./custom-domain.ts";
import { allLinks } from "../links.ts";
import { carryOut, createResource } from "../resource.ts";
import type { ResourceParts } from "../resource-type.ts";
import { planDelete } from "../row-plans.ts";
import { made } from "../standard.ts";

export const customDomainMethods = (parts: ResourceParts): UseCases<typeof ProtectedAppDomainService> => ({
  async listCustomDomains(call, { applicationId }) {
    const acting = actingOf(call);
    await requireProtected(parts, acting, applicationId);
    const rows = await allLinks(parts, { type: customDomain, owner: { applicationId } }, acting);
    return { customDomains: rows.map((row) => fromColumns(customDomain.desc, row)) };
  },
  createCustomDomain: (call, request) =>
    createResource(parts, customDomain, actingOf(call), made(customDomain, request)),
  async deleteCustomDomain(call, { applicationId, domain }) {
    const acting = actingOf(call);
    await requireProtected(parts, acting, applicationId);
    const row = await parts.store.tenant(acting.tenantId).rowByKey("customDomain", { applicationId, domain });
    if (row === undefined) throw new Failure("notFound", "not found");
    await carryOut(parts, acting, planDelete(customDomain, acting, row));
    return {};
  },
});
