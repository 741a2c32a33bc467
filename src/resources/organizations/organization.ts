// Organizations, their roles, their members and their applications.
import { Failure } from "../../failure.ts";
import { ApplicationType } from "../../gen/tessera/admin/v1/application_pb.ts";
import {
  OrganizationApplicationSchema,
  OrganizationMemberSchema,
  OrganizationRoleSchema,
  OrganizationSchema,
} from "../../gen/tessera/admin/v1/organization_pb.ts";
import { RoleType } from "../../gen/tessera/admin/v1/role_pb.ts";
import { requireSmall } from "../custom-data.ts";
import { requireMayGrantMembership, requireMayGrantOrganizationRoles, requireMayGrantScopes } from "../escalation.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource.ts";

export const organization: ResourceType<typeof OrganizationSchema> = {
  desc: OrganizationSchema,
  name: "organization",
  key: ["name"],
  check(_parts, _acting, { customData }) {
    requireSmall(customData);
    return {};
  },
};

export const organizationRole: ResourceType<typeof OrganizationRoleSchema> = {
  desc: OrganizationRoleSchema,
  name: "organizationRole",
  key: ["name"],
  async check(parts, acting, { id, scopeIds }) {
    await requireMayGrantOrganizationRoles(parts, acting, [id]);
    await requireMayGrantScopes(parts, acting, scopeIds);
    return {};
  },
};

export const organizationMember: ResourceType<typeof OrganizationMemberSchema> = {
  desc: OrganizationMemberSchema,
  name: "organizationMember",
  key: ["organizationId", "userId"],
  async check(parts, acting, { id, organizationRoleIds }) {
    await requireRolesFor(parts, acting, "members", organizationRoleIds);
    await requireMayGrantMembership(parts, acting, { type: "organizationMember", id, organizationRoleIds });
    return {};
  },
};

export const organizationApplication: ResourceType<typeof OrganizationApplicationSchema> = {
  desc: OrganizationApplicationSchema,
  name: "organizationApplication",
  key: ["organizationId", "applicationId"],
  async check(parts, acting, { id, applicationId, organizationRoleIds }) {
    const application = await parts.store.tenant(acting.tenantId).row("application", applicationId);
    if (application?.["type"] !== ApplicationType.MACHINE_TO_MACHINE)
      throw new Failure("precondition", "only a machine application belongs to an organization");
    await requireRolesFor(parts, acting, "applications", organizationRoleIds);
    await requireMayGrantMembership(parts, acting, { type: "organizationApplication", id, organizationRoleIds });
    return {};
  },
};

/** Throws precondition for a role that is for the other kind. One that does not say is for members. */
export async function requireRolesFor(
  { store }: Pick<ResourceParts, "store">,
  { tenantId }: Pick<Acting, "tenantId">,
  holders: "members" | "applications",
  roleIds: readonly string[],
): Promise<void> {
  const rows = await Promise.all(roleIds.map((id) => store.tenant(tenantId).row("organizationRole", id)));
  const isFor = (type: unknown) => (type === RoleType.MACHINE ? "applications" : "members");
  if (rows.some((row) => row !== undefined && isFor(row["type"]) !== holders))
    throw new Failure("precondition", `the role is not for ${holders}`);
}
