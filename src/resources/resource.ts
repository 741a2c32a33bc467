// The five standard methods (AIP-131..135), once for every management type: scoped to a tenant, masked, audited.
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { RowWrite } from "../store/row-operations.ts";
import type { Store } from "../store/store.ts";
import { fromColumns } from "./columns.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { planCreate, planDelete, planUpdate } from "./row-plans.ts";

export type { Acting, Checked, ResourceParts, ResourceType } from "./resource-type.ts";

/** Throws exists for a name that is taken, and what the type's rules throw. */
export async function createResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  init: MessageInitShape<D>,
): Promise<MessageShape<D>> {
  const { write, message } = await planCreate(parts, type, acting, init);
  await carryOut(parts, acting, write);
  return message;
}

/** Throws notFound: another tenant's id reads like one that never was. */
export async function getResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  id: string,
): Promise<MessageShape<D>> {
  return fromColumns(type.desc, await requireRow(parts, type, acting, id));
}

/** A page in order of birth, and the token of the next one ("" at the end). `pageSize` is 1–100, default 20. */
export async function listResources<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  page: { pageSize?: number; pageToken?: string },
): Promise<{ items: MessageShape<D>[]; nextPageToken: string }> {
  const { pageSize = 20, pageToken = "" } = page;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 100)
    throw invalidField("page_size", "a number from 1 to 100");
  if (!/^([0-9a-z]{21})?$/.test(pageToken)) throw invalidField("page_token", "a token of the page before");
  const rows = await parts.store.tenant(acting.tenantId).rows(type.name, pageToken, pageSize + 1);
  const items = rows.slice(0, pageSize).map((row) => fromColumns(type.desc, row));
  return { items, nextPageToken: rows.length > pageSize ? String(rows[pageSize - 1]?.["id"]) : "" };
}

/** Sets fields as planUpdate says. Throws notFound, stale, exists, and what the type's rules throw. */
export async function updateResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  update: { id: string; change: MessageShape<D>; mask?: readonly string[]; revision?: number },
): Promise<MessageShape<D>> {
  const row = await requireRow(parts, type, acting, update.id);
  const { write, message } = await planUpdate(parts, type, acting, { ...update, row });
  await carryOut(parts, acting, write);
  return message;
}

/** Throws notFound, and precondition while something else stands on it. */
export async function deleteResource(
  parts: ResourceParts,
  type: Pick<ResourceType, "name">,
  acting: Acting,
  id: string,
): Promise<void> {
  await carryOut(parts, acting, planDelete(type, acting, await requireRow(parts, type, acting, id)));
}

/** Writes what was planned: all of it, or nothing. */
export const carryOut = (
  { store }: { store: Pick<Store, "write"> },
  { deadline }: Pick<Acting, "deadline">,
  ...writes: readonly RowWrite[]
): Promise<void> => store.write("writeRows", { writes }, deadline);

async function requireRow(parts: ResourceParts, type: Pick<ResourceType, "name">, acting: Acting, id: string) {
  const row = await parts.store.tenant(acting.tenantId).row(type.name, id);
  if (row === undefined) throw new Failure("notFound", "not found");
  return row;
}

const invalidField = (field: string, description: string) =>
  new Failure("invalid", "the request is invalid", { violations: [{ field, description, rule: field }] });
