// What a declaration says of stored rows: with names for references, without secrets and what only the service may say.
import { type DescMessage, equals, isMessage, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { reflect, type ReflectList } from "@bufbuild/protobuf/reflect";
import { FieldBehavior } from "../../gen/google/api/field_behavior_pb.ts";
import { ResourceSchema, ScopeSchema } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { managementIndicator } from "../../policy/audience.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import type { TenantStore } from "../../store/store.ts";
import { fromColumns } from "../columns.ts";
import { hasBehavior, referenceOf } from "../fields.ts";
import { withoutDangling } from "../reference-checks.ts";
import { nameOf } from "./references.ts";
import type { ResourceParts, ResourceType } from "../resource-type.ts";
import { impliedResources } from "../instance/tenant.ts";
import { ownIndicators } from "../policy/own-resources.ts";

/** `kept` names the secrets of the row that are not in `json`. */
export type ExportedItem = { json: JsonValue; kept: string[] };

/** `isFirst` of its type, whatever document it stands in. */
type Page = { tenantId: string; rows: readonly AnyRow[]; isFirst: boolean; now: number };

/** What has ended opens nothing any more and is left out, and so is what every tenant has anyway. */
export async function exportedItems(
  { store }: Pick<ResourceParts, "store">,
  type: ResourceType,
  { tenantId, rows, isFirst, now }: Page,
): Promise<ExportedItem[]> {
  const tenant = store.tenant(tenantId);
  const ordered = type.name === "resource" ? await ownFirst(tenant, rows, isFirst) : rows;
  const living = ordered.filter(({ expireTime }) => expireTime == null || Number(expireTime) > now);
  const messages = living.map((row) => fromColumns(type.desc, row));
  await withoutDangling({ store }, { tenantId }, type.desc, messages);
  const implied = await impliedIn(tenant);
  const items: ExportedItem[] = [];
  for (const [i, message] of messages.entries()) {
    clearFilledIn(type.desc, message);
    if (implied(message)) continue;
    // Of what there is one of, it needs no id to be found, and the next tenant may have made its own.
    if (type.key.length === 0 && "id" in message) message.id = "";
    await nameReferences(tenant, type.desc, message);
    items.push({ json: toJson(type.desc, message), kept: keptBack(type.desc, living[i] ?? {}) });
  }
  return items;
}

/** What is written without its id has another one in the next tenant, so its place must not hang on it. */
async function ownFirst(tenant: TenantStore, rows: readonly AnyRow[], isFirst: boolean): Promise<AnyRow[]> {
  const own = await Promise.all(ownIndicators.map((indicator) => tenant.rowByKey("resource", { indicator })));
  const others = rows.filter(({ id }) => !own.some((row) => row?.["id"] === id));
  return isFirst ? [...own.filter((row) => row !== undefined), ...others] : others;
}

/** Revisions, times, what was generated. */
export function clearFilledIn(desc: DescMessage, message: Message): void {
  const reflected = reflect(desc, message);
  for (const field of desc.fields) if (hasBehavior(field, FieldBehavior.OUTPUT_ONLY)) reflected.clear(field);
}

/** The names of secrets that a row holds. */
const keptBack = (desc: DescMessage, row: AnyRow): string[] =>
  desc.fields
    .filter((field) => hasBehavior(field, FieldBehavior.INPUT_ONLY) && Boolean(row[field.localName]))
    .map((field) => field.jsonName);

async function nameReferences(tenant: TenantStore, desc: DescMessage, message: Message): Promise<void> {
  const reflected = reflect(desc, message);
  for (const field of desc.fields) {
    const target = referenceOf(field);
    if (target === undefined || !reflected.isSet(field)) continue;
    if (field.fieldKind === "list") {
      const list = reflected.get(field) as ReflectList<string>;
      for (const [i, id] of [...list].entries()) list.set(i, await nameOf(tenant, target, id));
    } else reflected.set(field, await nameOf(tenant, target, reflected.get(field) as string));
  }
}

/**
 * Tells which messages every tenant has anyway. A resource of that kind that was changed is none, but it loses its id:
 * the tenant that it is declared in next has made its own.
 */
async function impliedIn(tenant: TenantStore): Promise<(message: Message) => boolean> {
  const management = await tenant.rowByKey("resource", { indicator: managementIndicator });
  const implied = impliedResources();
  return (message) => {
    if (isMessage(message, ScopeSchema)) return message.resourceId === management?.["id"];
    if (!isMessage(message, ResourceSchema)) return false;
    const own = implied.find(({ indicator }) => indicator === message.indicator);
    if (own === undefined) return false;
    message.id = "";
    return equals(ResourceSchema, message, own);
  };
}
