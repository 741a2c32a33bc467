// What a third-party application may be given: scopes of four kinds, added, listed and taken away.
import type { UseCases } from "../../call.ts";
import { Failure, type Violation } from "../../failure.ts";
import {
  type AddUserConsentScopesRequest,
  type ConsentService,
  UserConsentScopeType,
} from "../../gen/tessera/admin/v1/consent_pb.ts";
import type { Scope } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { managementIndicator, organizationIndicator } from "../../policy/audience.ts";
import type { AnyRow, RowWrite } from "../../store/row-operations.ts";
import { actingOf } from "../acting.ts";
import { application } from "../applications/application.ts";
import { fromColumns } from "../columns.ts";
import { requireThirdParty, userConsentScope } from "./consent.ts";
import { allLinks, untilUndisturbed } from "../links.ts";
import { ownResourceId } from "../policy/own-resources.ts";
import { carryOut, requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { planCreate, planDelete } from "../row-plans.ts";
import { scope } from "../policy/scope.ts";

const { ORGANIZATION_SCOPES, RESOURCE_SCOPES, ORGANIZATION_RESOURCE_SCOPES, USER_SCOPES } = UserConsentScopeType;

type Methods = Pick<
  UseCases<typeof ConsentService>,
  "addUserConsentScopes" | "listUserConsentScopes" | "removeUserConsentScope"
>;

export const consentScopeMethods = (parts: ResourceParts): Methods => ({
  async addUserConsentScopes(call, request) {
    const acting = actingOf(call);
    const { applicationId } = request;
    await requireThirdParty(parts, acting, applicationId);
    await requireScopes(parts, acting, request);
    await untilUndisturbed(async () => {
      const held = new Set((await consentsOf(parts, acting, applicationId)).map((row) => keyOf(row)));
      const missing = askedFor(request).filter((consent) => !held.has(keyOf(consent)));
      const writes: RowWrite[] = [];
      for (const consent of missing) writes.push((await planCreate(parts, userConsentScope, acting, consent)).write);
      await carryOut(parts, acting, ...writes);
    });
    return {};
  },
  async listUserConsentScopes(call, { applicationId }) {
    const acting = actingOf(call);
    await requireRow(parts, application, acting, applicationId);
    const rows = await consentsOf(parts, acting, applicationId);
    const tenant = parts.store.tenant(acting.tenantId);
    const scopesOf = async (type: UserConsentScopeType): Promise<Scope[]> => {
      const ids = rows.filter((row) => row["type"] === type).map((row) => String(row["scopeId"]));
      const scopes = await Promise.all(ids.map((id) => tenant.row("scope", id)));
      return scopes.flatMap((row) => (row === undefined ? [] : [fromColumns(scope.desc, row)]));
    };
    return {
      organizationScopes: await scopesOf(ORGANIZATION_SCOPES),
      resourceScopes: await scopesOf(RESOURCE_SCOPES),
      organizationResourceScopes: await scopesOf(ORGANIZATION_RESOURCE_SCOPES),
      userScopes: rows.filter((row) => row["type"] === USER_SCOPES).map((row) => String(row["userScope"])),
    };
  },
  async removeUserConsentScope(call, { applicationId, type, scopeId }) {
    const acting = actingOf(call);
    const named = type === USER_SCOPES ? { scopeId: null, userScope: scopeId } : { scopeId, userScope: "" };
    const key = { applicationId, type, ...named };
    const row = await parts.store.tenant(acting.tenantId).rowByKey("userConsentScope", key);
    if (row === undefined) throw new Failure("notFound", "not found");
    await carryOut(parts, acting, planDelete(userConsentScope, acting, row));
    return {};
  },
});

const consentsOf = (parts: ResourceParts, acting: Acting, applicationId: string): Promise<AnyRow[]> =>
  allLinks(parts, { type: userConsentScope, owner: { applicationId } }, acting);

/** The consents asked for, each once. */
function askedFor(request: AddUserConsentScopesRequest) {
  const { applicationId, organizationScopeIds, resourceScopeIds, organizationResourceScopeIds } = request;
  const of = (type: UserConsentScopeType, ids: readonly string[]) =>
    [...new Set(ids)].map((scopeId) => ({ applicationId, type, scopeId, userScope: "" }));
  return [
    ...of(ORGANIZATION_SCOPES, organizationScopeIds),
    ...of(RESOURCE_SCOPES, resourceScopeIds),
    ...of(ORGANIZATION_RESOURCE_SCOPES, organizationResourceScopeIds),
    ...[...new Set(request.userScopes)].map((userScope) => ({
      applicationId,
      type: USER_SCOPES,
      scopeId: "",
      userScope,
    })),
  ];
}

const keyOf = ({ type, scopeId, userScope }: AnyRow): string => JSON.stringify([type, scopeId || null, userScope]);

/** Throws invalid, with the place of every scope that is unknown or of the other kind; precondition for management. */
async function requireScopes(
  parts: ResourceParts,
  acting: Acting,
  { organizationScopeIds, resourceScopeIds, organizationResourceScopeIds }: AddUserConsentScopesRequest,
): Promise<void> {
  const fields = Object.entries({
    organization_scope_ids: organizationScopeIds,
    resource_scope_ids: resourceScopeIds,
    organization_resource_scope_ids: organizationResourceScopeIds,
  });
  const tenant = parts.store.tenant(acting.tenantId);
  const management = await ownResourceId(parts, acting, managementIndicator);
  const organizations = await ownResourceId(parts, acting, organizationIndicator);
  const violations: Violation[] = [];
  let administers = false;
  for (const [field, at, id] of fields.flatMap(([name, ids]) => ids.map((each, i) => [name, i, each] as const))) {
    const owner = (await tenant.row("scope", id))?.["resourceId"];
    const description = defectOf(owner, { organizations, wanted: field === "organization_scope_ids" });
    if (description !== undefined) violations.push({ field: `${field}[${at}]`, description, rule: "reference" });
    administers ||= owner === management;
  }
  if (violations.length > 0) throw new Failure("invalid", "some scopes cannot be consented to", { violations });
  if (administers) throw new Failure("precondition", "a third-party application never holds a management permission");
}

function defectOf(owner: unknown, { organizations, wanted }: { organizations: string; wanted: boolean }) {
  if (owner === undefined) return "names no scope of this tenant";
  if ((owner === organizations) === wanted) return undefined;
  return wanted ? "is no organization scope" : "is an organization scope";
}
