// The organizations that an application belongs to, with the roles it has in each.
import type { UseCases } from "../../call.ts";
import type { ApplicationService } from "../../gen/tessera/admin/v1/application_pb.ts";
import { OrganizationApplicationSchema } from "../../gen/tessera/admin/v1/organization_pb.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { pageOf } from "../listing.ts";
import { organization, organizationRole } from "../organizations/organization.ts";
import { withoutDangling } from "../reference-checks.ts";
import { requireRow } from "../resource.ts";
import type { ResourceParts } from "../resource-type.ts";

type Method = UseCases<typeof ApplicationService>["listApplicationOrganizations"];

const membership = { desc: OrganizationApplicationSchema, name: "organizationApplication" } as const;

/** In the order in which it came to belong to them. */
export const listApplicationOrganizations =
  (parts: ResourceParts): Method =>
  async (call, { applicationId, ...page }) => {
    const acting = actingOf(call);
    await requireRow(parts, { name: "application" }, acting, applicationId);
    const { items, nextPageToken } = await pageOf(parts, membership, acting, page, { parent: { applicationId } });
    const tenant = parts.store.tenant(acting.tenantId);
    const organizations = await Promise.all(
      items.map(async ({ organizationId, organizationRoleIds }) => {
        const row = await tenant.row("organization", organizationId);
        const roles = await Promise.all(organizationRoleIds.map((id) => tenant.row("organizationRole", id)));
        const shown = roles.flatMap((role) => (role ? [fromColumns(organizationRole.desc, role)] : []));
        const organizationRoles = await withoutDangling(parts, acting, organizationRole.desc, shown);
        return row === undefined ? [] : [{ organization: fromColumns(organization.desc, row), organizationRoles }];
      }),
    );
    return { organizations: organizations.flat(), nextPageToken };
  };
