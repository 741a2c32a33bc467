// Writes a tenant as declarations that `apply` reads: all that can be declared, nothing secret and nothing that only the
// service may say. A part at a time, so that neither side ever holds a large tenant.
import { toJson } from "@bufbuild/protobuf";
import { stringify } from "yaml";
import { Failure } from "../../failure.ts";
import { DeclarationSchema } from "../../gen/tessera/admin/v1/declaration_pb.ts";
import { TenantSchema } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import { fromColumns } from "../columns.ts";
import { clearFilledIn, exportedItems, type ExportedItem } from "./export-items.ts";
import type { ResourceParts } from "../resource-type.ts";
import { resourceTypes } from "../types.ts";

/** Within one tenant: the place of a list among all, the last id of it, and how many its document holds. */
type Position = { tenantId: string; list: number; after: string; written: number };
type Part = { lines: string[]; next: Position | undefined };
type Parts = Pick<ResourceParts, "store">;

/** Rows read at once, and the most of one list in one document (declaration.proto). */
const pageSize = 500;
const largestList = 10_000;

/**
 * The lines of one part; the last one says where the next part begins, and is empty after the last part. `from` is empty
 * for the first part, `tenant` for all tenants. Throws notFound for a name that no tenant has.
 */
export async function exportLines(
  parts: Parts,
  { tenant, from, now }: { tenant: string; from: string; now: number },
): Promise<string[]> {
  const at = from === "" ? await firstPosition(parts, tenant) : (JSON.parse(from) as Position);
  if (at === undefined) return [""];
  const { lines, next } = await exportPart(parts, at, now);
  const further = next ?? (tenant === "" ? await nextTenant(parts, at.tenantId) : undefined);
  return [...lines, further === undefined ? "" : JSON.stringify(further)];
}

async function firstPosition(parts: Parts, tenant: string): Promise<Position | undefined> {
  if (tenant === "") return nextTenant(parts, "");
  const found = await parts.store.instance.tenantByName(tenant);
  if (found === undefined) throw new Failure("notFound", "there is no tenant of this name");
  return startOf(found.id);
}

async function nextTenant({ store }: Parts, after: string): Promise<Position | undefined> {
  const [id] = await store.instance.tenantIds(after, 1);
  return id === undefined ? undefined : startOf(id);
}

const startOf = (tenantId: string): Position => ({ tenantId, list: 0, after: "", written: 0 });

/**
 * The next rows, at most a page of one list, in order of birth. A list that is full goes on in a further document, and
 * what may refer to it comes after all of it.
 */
async function exportPart(parts: Parts, at: Position, now: number): Promise<Part> {
  const nextList = { ...startOf(at.tenantId), list: at.list + 1 };
  const { field, type } = lists()[at.list] ?? {};
  if (field === undefined || type === undefined) return { lines: [], next: undefined };
  if (type.desc === TenantSchema) return { lines: await headOf(parts, at), next: nextList };
  const store = parts.store.tenant(at.tenantId);
  const rows = await store.rows(type.name, at.after, Math.min(pageSize, largestList - at.written));
  const items = await exportedItems(parts, type, { tenantId: at.tenantId, rows, isFirst: at.after === "", now });
  const lines = items.flatMap(field.fieldKind === "list" ? inList : inMap);
  if (items.length > 0 && at.written === 0) lines.unshift(`${field.jsonName}:`);
  const last = rows.at(-1);
  if (last === undefined) return { lines, next: nextList };
  const next = { ...at, after: String(last["id"]), written: at.written + items.length };
  if (next.written < largestList) return { lines, next };
  return { lines: [...lines, ...(await headOf(parts, at))], next: { ...next, written: 0 } };
}

/** The fields of a declaration with their types, in the order in which one may refer to another. */
const lists = () =>
  [...resourceTypes.values()].flatMap((type) => {
    const field = DeclarationSchema.fields.find(({ message }) => message === type.desc);
    return field === undefined ? [] : [{ field, type }];
  });

/** The beginning of a document: which tenant it is about. Nothing of one that was removed meanwhile. */
async function headOf({ store }: Parts, { tenantId }: Position): Promise<string[]> {
  const row = await store.instance.tenant(tenantId);
  if (row === undefined) return [];
  const tenant = fromColumns(TenantSchema, row);
  clearFilledIn(TenantSchema, tenant);
  return ["---", "tenant:", ...inMap({ json: toJson(TenantSchema, tenant), kept: [] })];
}

const inList = ({ json, kept }: ExportedItem): string[] => [...kept.map(comment), ...below({ list: [json] })];

const inMap = ({ json, kept }: ExportedItem): string[] => [...kept.map(comment), ...below({ map: json })];

const comment = (name: string): string => `  # This one's ${name} is stored, and not exported.`;

/** The lines below the key. Every string on one line, so that no text can be taken for another line. */
const below = (value: object): string[] =>
  stringify(value, { lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY })
    .trimEnd()
    .split("\n")
    .slice(1);
