// The organizations that one user lets one third-party application act for.
import type { UseCases } from "../../call.ts";
import { type ConsentOrganizationSchema, ConsentService } from "../../gen/tessera/admin/v1/consent_pb.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { consentOrganization, requireThirdParty } from "./consent.ts";
import { addLinks, type LinkSet, removeLink, replaceLinks } from "../links.ts";
import { conditionsOf, pageOf } from "../listing.ts";
import { organization } from "../organizations/organization.ts";
import { requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { user } from "../users/user.ts";

type Methods = Pick<
  UseCases<typeof ConsentService>,
  "listConsentOrganizations" | "replaceConsentOrganizations" | "addConsentOrganizations" | "removeConsentOrganization"
>;
type Owner = { applicationId: string; userId: string };

export const consentOrganizationMethods = (parts: ResourceParts): Methods => ({
  async listConsentOrganizations(call, request) {
    const acting = actingOf(call);
    const { input } = ConsentService.method.listConsentOrganizations;
    const conditions = await conditionsOf(parts, consentOrganization, acting, input, request);
    const { items, nextPageToken } = await pageOf(parts, consentOrganization, acting, request, conditions);
    const tenant = parts.store.tenant(acting.tenantId);
    const rows = await Promise.all(items.map(({ organizationId }) => tenant.row("organization", organizationId)));
    const organizations = rows.flatMap((row) => (row === undefined ? [] : [fromColumns(organization.desc, row)]));
    return { organizations, nextPageToken };
  },
  async replaceConsentOrganizations(call, request) {
    const acting = actingOf(call);
    await requireOwner(parts, acting, request);
    await replaceLinks(parts, linksOf(request), acting, request.organizationIds);
    return {};
  },
  async addConsentOrganizations(call, request) {
    const acting = actingOf(call);
    await requireOwner(parts, acting, request);
    await addLinks(parts, linksOf(request), acting, request.organizationIds);
    return {};
  },
  async removeConsentOrganization(call, request) {
    await removeLink(parts, linksOf(request), actingOf(call), request.organizationId);
    return {};
  },
});

const linksOf = ({ applicationId, userId }: Owner): LinkSet<typeof ConsentOrganizationSchema> => ({
  type: consentOrganization,
  owner: { applicationId, userId },
  other: "organizationId",
});

/** Also where nothing is to be added: an empty set is one too. */
async function requireOwner(parts: ResourceParts, acting: Acting, { applicationId, userId }: Owner): Promise<void> {
  await requireThirdParty(parts, acting, applicationId);
  await requireRow(parts, user, acting, userId);
}
