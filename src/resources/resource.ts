// The five standard methods (AIP-131..135), once for every management type: scoped to a tenant, masked, audited.
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { AnyRow, RowWrite } from "../store/row-operations.ts";
import type { Store } from "../store/store.ts";
import { fromColumns } from "./columns.ts";
import { withoutDangling } from "./reference-checks.ts";
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
  const { write, message, warnings } = await planCreate(parts, type, acting, init);
  await carryOut(parts, acting, write);
  return withWarnings(type.desc, message, warnings);
}

/** Throws notFound: another tenant's id reads like one that never was. */
export async function getResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  id: string,
): Promise<MessageShape<D>> {
  return shown(parts, type, acting, fromColumns(type.desc, await requireRow(parts, type, acting, id)));
}

/** Sets fields as planUpdate says. Throws notFound, stale, exists, and what the type's rules throw. */
export async function updateResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  update: { id: string; change: MessageShape<D>; mask?: readonly string[]; revision?: number; event?: string },
): Promise<MessageShape<D>> {
  const row = await requireRow(parts, type, acting, update.id);
  const { write, message, warnings } = await planUpdate(parts, type, acting, { ...update, row });
  await carryOut(parts, acting, write);
  return withWarnings(type.desc, message, warnings);
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
export async function carryOut(
  { store }: { store: Pick<Store, "write"> },
  { deadline }: Pick<Acting, "deadline">,
  ...writes: readonly RowWrite[]
): Promise<void> {
  if (writes.length > 0) await withoutPlace(store.write("writeRows", { writes }, deadline));
}

/** The place among the writes means nothing to who asked for one thing. */
export async function withoutPlace<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.violations.length === 0) throw thrown;
    throw new Failure(thrown.kind, thrown.message, { reason: thrown.reason, cause: thrown.cause });
  }
}

/** The row by its id. Throws notFound. */
export async function requireRow(
  parts: Pick<ResourceParts, "store">,
  type: Pick<ResourceType, "name">,
  acting: Pick<Acting, "tenantId">,
  id: string,
): Promise<AnyRow> {
  const row = await parts.store.tenant(acting.tenantId).row(type.name, id);
  if (row === undefined) throw new Failure("notFound", "not found");
  return row;
}

async function shown<D extends DescMessage>(
  parts: ResourceParts,
  type: Pick<ResourceType<D>, "desc">,
  acting: Acting,
  message: MessageShape<D>,
): Promise<MessageShape<D>> {
  const [alone = message] = await withoutDangling(parts, acting, type.desc, [message]);
  return alone;
}

/** Warnings are answered where the message has a place for them. */
function withWarnings<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
  warnings: readonly string[],
): MessageShape<D> {
  return desc.fields.some((field) => field.name === "warnings") ? { ...message, warnings: [...warnings] } : message;
}
