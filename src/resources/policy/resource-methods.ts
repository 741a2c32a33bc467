// What ResourceService does beyond the standard: lists with scopes, the default audience, and what has to stay.
import { create, type MessageShape } from "@bufbuild/protobuf";
import type { UseCases } from "../../call.ts";
import {
  ListResourcesRequestSchema,
  ResourceSchema,
  type ResourceService,
} from "../../gen/tessera/admin/v1/resource_pb.ts";
import type { RowWrite } from "../../store/row-operations.ts";
import { actingOf } from "../acting.ts";
import { resource } from "./api-resource.ts";
import { fromColumns } from "../columns.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { untilUndisturbed } from "../links.ts";
import { conditionsOf, pageOf } from "../listing.ts";
import { refuseOwn } from "./own-resources.ts";
import { type Acting, carryOut, getResource, requireRow, type ResourceParts } from "../resource.ts";
import { planUpdate } from "../row-plans.ts";
import { refuseOwnScope, scope } from "./scope.ts";

type Own = "listResources" | "setDefaultResource" | "deleteResource" | "deleteScope";

/** Scopes of one resource that a list of resources answers. */
export const scopesListed = 1000;

export const resourceMethods = (parts: ResourceParts): Pick<UseCases<typeof ResourceService>, Own> => ({
  async listResources(call, request) {
    const acting = actingOf(call);
    const conditions = await conditionsOf(parts, resource, acting, ListResourcesRequestSchema, request);
    const { items, ...page } = await pageOf(parts, resource, acting, request, conditions);
    return { ...page, resources: items, scopes: request.includeScopes ? await scopesOf(parts, acting, items) : [] };
  },

  /** What is the default already, or is not where it should not be, stays as it is. */
  setDefaultResource: (call, { id, isDefault }) =>
    untilUndisturbed(async () => {
      const acting = actingOf(call);
      refuseOwn(acting, (await requireRow(parts, resource, acting, id))["indicator"]);
      await carryOut(parts, acting, ...(await swap(parts, acting, id, isDefault)));
      return getResource(parts, resource, acting, id);
    }),

  deleteResource: guardedDelete(parts, resource, (acting, { indicator }) => refuseOwn(acting, indicator)),
  deleteScope: guardedDelete(parts, scope, (acting, message) => refuseOwnScope(parts, acting, message)),
});

/** The old default gives way first: there is never more than one. */
async function swap(parts: ResourceParts, acting: Acting, id: string, isDefault: boolean): Promise<RowWrite[]> {
  const current = await parts.store.tenant(acting.tenantId).rowByKey("resource", { isDefault: true });
  const isCurrent = current?.["id"] === id;
  if (isCurrent === isDefault) return [];
  const writes: RowWrite[] = [];
  const set = async (row: Parameters<typeof fromColumns>[1], value: boolean) => {
    const change = create(ResourceSchema, { isDefault: value });
    const planned = await planUpdate(parts, resource, acting, {
      row,
      change,
      mask: ["is_default"],
      event: "default_set",
    });
    writes.push(planned.write);
  };
  if (current !== undefined) await set(current, false);
  if (isDefault) await set(await requireRow(parts, resource, acting, id), true);
  return writes;
}

async function scopesOf(
  { store }: ResourceParts,
  { tenantId }: Acting,
  resources: readonly MessageShape<typeof ResourceSchema>[],
): Promise<MessageShape<typeof scope.desc>[]> {
  const listed = await Promise.all(
    resources.map(({ id }) =>
      store.tenant(tenantId).list("scope", { parent: { resourceId: id }, limit: scopesListed }),
    ),
  );
  return listed.flatMap(({ rows }) => rows.map((row) => fromColumns(scope.desc, row)));
}
