// Consent of third-party applications: the scopes they may be given, and the organizations users open to them.
import { Failure } from "../../failure.ts";
import {
  ConsentOrganizationSchema,
  UserConsentScopeSchema,
  UserConsentScopeType,
} from "../../gen/tessera/admin/v1/consent_pb.ts";
import { application } from "../applications/application.ts";
import { refused } from "../listing.ts";
import { ownScopesAmong } from "../policy/own-resources.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource-type.ts";
import { requireRow } from "../resource.ts";

export const userConsentScope: ResourceType<typeof UserConsentScopeSchema> = {
  desc: UserConsentScopeSchema,
  name: "userConsentScope",
  key: ["applicationId", "type", "scopeId", "userScope"],
  async check(parts, acting, { applicationId, type, scopeId }) {
    await requireThirdParty(parts, acting, applicationId);
    if (scopeId !== "") await requireFittingScope(parts, acting, type, scopeId);
    // An absent scope is null, so that the foreign key does not look for "".
    return { columns: { scopeId: scopeId || null } };
  },
};

/** Goes with the membership. */
export const consentOrganization: ResourceType<typeof ConsentOrganizationSchema> = {
  desc: ConsentOrganizationSchema,
  name: "consentOrganization",
  key: ["applicationId", "userId", "organizationId"],
  async check(parts, acting, { applicationId, userId, organizationId }) {
    await requireThirdParty(parts, acting, applicationId);
    const member = await parts.store.tenant(acting.tenantId).rowByKey("organizationMember", { organizationId, userId });
    if (member === undefined) throw new Failure("precondition", "the user is not a member of the organization");
    return { columns: { memberId: member["id"] } };
  },
};

/** Throws notFound, and precondition for an application of the tenant's own. */
export async function requireThirdParty(parts: ResourceParts, acting: Acting, applicationId: string): Promise<void> {
  const { thirdParty } = await requireRow(parts, application, acting, applicationId);
  if (thirdParty !== true) throw new Failure("precondition", "only third-party applications need consent");
}

/** Throws precondition for a management permission, invalid for a scope of the other kind of audience. */
async function requireFittingScope(
  parts: ResourceParts,
  acting: Acting,
  type: UserConsentScopeType,
  scopeId: string,
): Promise<void> {
  const { management, organization } = await ownScopesAmong(parts, acting, [scopeId]);
  if (management.length > 0)
    throw new Failure("precondition", "a third-party application never holds a management permission");
  const ofOrganizations = type === UserConsentScopeType.ORGANIZATION_SCOPES;
  if (ofOrganizations === organization.length > 0) return;
  throw refused("scope_id", ofOrganizations ? "is no organization scope" : "is an organization scope");
}
