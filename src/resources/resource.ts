// The five standard methods (AIP-131..135), once for every management type: scoped to a tenant, masked, audited.
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import type { AuditEvent } from "../store/audit-rows.ts";
import type { AnyRow, Children, TypeName } from "../store/row-operations.ts";
import type { Store } from "../store/store.ts";
import { fromColumns } from "./columns.ts";
import { planCreate, planDelete, planUpdate, type RowWrite } from "./row-plans.ts";

export type ResourceParts = Pick<Parts, "store" | "keyring" | "random">;

/** Who acts, where, and when. `event` makes the audit row of a change. */
export type Acting = {
  tenantId: string;
  now: number;
  deadline?: number;
  event(facts: { event: string; subject: string; detail?: AuditEvent["detail"] }): AuditEvent;
};

/** What a type's rules add to a write: columns that are no field, side rows, and what its owner should look at again. */
export type Checked = { columns?: AnyRow; children?: Children[]; warnings?: readonly string[] };

export type ResourceType<D extends DescMessage = DescMessage> = {
  desc: D;
  /** Its table, and the word in permissions and audit events. */
  name: TypeName;
  /** The fields that name one of its kind within the tenant, beside the id. */
  key: readonly (keyof MessageShape<D> & string)[];
  /** Rules that need other rows. `message` is what would be stored. Throws invalid or precondition. */
  check?(parts: ResourceParts, acting: Acting, message: MessageShape<D>): Promise<Checked> | Checked;
};

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

/** Writes what was planned. */
export async function carryOut(
  { store }: { store: Pick<Store, "write"> },
  { deadline }: Pick<Acting, "deadline">,
  { operation, args }: RowWrite,
): Promise<void> {
  if (operation === "createRow") await store.write(operation, args, deadline);
  else if (operation === "updateRow") await store.write(operation, args, deadline);
  else await store.write(operation, args, deadline);
}

async function requireRow(parts: ResourceParts, type: Pick<ResourceType, "name">, acting: Acting, id: string) {
  const row = await parts.store.tenant(acting.tenantId).row(type.name, id);
  if (row === undefined) throw new Failure("notFound", "not found");
  return row;
}

const invalidField = (field: string, description: string) =>
  new Failure("invalid", "the request is invalid", { violations: [{ field, description, rule: field }] });
