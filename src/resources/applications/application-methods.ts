// What is done with applications beside the standard methods.
import { callingClient, type UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  type Application,
  ApplicationSchema,
  ApplicationService,
  type ListApplicationsRequest,
  ListApplicationsRequestSchema,
} from "../../gen/tessera/admin/v1/application_pb.ts";
import type { Parts } from "../../parts.ts";
import { machinePermissionsOf } from "../../policies.ts";
import type { RowConditions } from "../../store/list-reads.ts";
import { actingOf } from "../acting.ts";
import { application } from "./application.ts";
import { listApplicationOrganizations } from "./application-organizations.ts";
import { isConfidential } from "./application-rules.ts";
import { applicationSecret, planApplicationSecret } from "./application-secret.ts";
import { fromColumns } from "../columns.ts";
import { merged } from "../custom-data.ts";
import { customDomain } from "./custom-domain.ts";
import { draft } from "../drafts.ts";
import { requireMayActAs } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { allLinks, untilUndisturbed } from "../links.ts";
import { conditionsOf, pageOf, refused } from "../listing.ts";
import { carryOut, getResource, requireRow, updateResource } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { made, standardMethods } from "../standard.ts";

type Methods = UseCases<typeof ApplicationService>;

export const applicationMethods = (parts: Parts): Methods => ({
  ...standardMethods(parts, ApplicationService, application),
  createApplication: create(parts),
  getApplication: async (call, { id }) => {
    const acting = actingOf(call);
    const shown = await getResource(parts, application, acting, id);
    const held = await machinePermissionsOf(parts, callingClient(call).tenant, id, call.now);
    return { ...shown, isAdmin: held.length > 0 };
  },
  listApplications: async (call, request) => {
    const acting = actingOf(call);
    const conditions = await conditionsOf(parts, application, acting, ListApplicationsRequestSchema, request);
    const narrowed = { ...conditions, ...(await narrowing(parts, acting, request, conditions)) };
    const { items: applications, ...page } = await pageOf(parts, application, acting, request, narrowed);
    return { ...page, applications };
  },
  deleteApplication: guardedDelete(parts, application, async (acting, { id }) => {
    await requireMayActAs(parts, acting, { applicationId: id });
    const domains = await allLinks(parts, { type: customDomain, owner: { applicationId: id } }, acting);
    if (domains.length > 0) throw new Failure("precondition", "its custom domains have to be removed first");
  }),
  updateApplicationCustomData: mergeCustomData(parts),
  listApplicationOrganizations: listApplicationOrganizations(parts),
});

/** A confidential application comes with a secret, in the same transaction. */
const create =
  (parts: ResourceParts): Methods["createApplication"] =>
  async (call, request) => {
    const acting = actingOf(call);
    const drafted = draft(parts, acting);
    const message = await drafted.add(application, made(application, request));
    const init = { applicationId: message.id, name: "Default" };
    const secret = isConfidential(message)
      ? await planApplicationSecret(drafted.parts, acting, init, { legacy: true })
      : undefined;
    if (secret) drafted.keep(applicationSecret, secret);
    await carryOut(parts, acting, ...drafted.writes);
    return { ...message, defaultSecret: secret?.value ?? "" };
  };

/** What a list is narrowed by beside the fields of an application. Throws notFound for what it names and is not there. */
async function narrowing(
  parts: ResourceParts,
  acting: Acting,
  { types, excludeRoleId, excludeOrganizationId }: ListApplicationsRequest,
  { matching }: RowConditions,
): Promise<RowConditions> {
  if (excludeRoleId !== "" && excludeOrganizationId !== "")
    throw refused("exclude_organization_id", "does not go together with exclude_role_id");
  const narrowed = { matching: { ...matching, ...(types.length > 0 && { type: types }) } };
  const by = "applicationId";
  if (excludeRoleId !== "") {
    await requireRow(parts, { name: "role" }, acting, excludeRoleId);
    return { ...narrowed, without: { link: "roleAssignment", by, where: { roleId: excludeRoleId } } };
  }
  if (excludeOrganizationId === "") return narrowed;
  await requireRow(parts, { name: "organization" }, acting, excludeOrganizationId);
  const where = { organizationId: excludeOrganizationId };
  return { ...narrowed, without: { link: "organizationApplication", by, where } };
}

/** Whoever merges at the same time merges into the other's result. */
const mergeCustomData =
  (parts: ResourceParts): Methods["updateApplicationCustomData"] =>
  (call, { id, customData = {} }) =>
    untilUndisturbed(async (): Promise<Application> => {
      const acting = actingOf(call);
      const row = await requireRow(parts, application, acting, id);
      const before = fromColumns(ApplicationSchema, row);
      const change = { ...before, customData: merged(before.customData, customData) };
      const revision = before.revision;
      return updateResource(parts, application, acting, { id, change, mask: ["custom_data"], revision });
    });
