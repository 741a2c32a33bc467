// In a declaration a thing is named by its id or by its unique name; stored is the id.
import type { Message } from "@bufbuild/protobuf";
import { reflect, type ReflectList } from "@bufbuild/protobuf/reflect";
import { Failure } from "../../failure.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import type { TenantStore } from "../../store/store.ts";
import { referenceOf } from "../fields.ts";
import type { ResourceType } from "../resource.ts";
import { resourceTypes } from "../types.ts";

type Rows = Pick<TenantStore, "row" | "rowByKey">;

/** Replaces the names in a message's references by ids: first those of its key, later the rest. Throws invalid. */
export async function resolveReferences(
  rows: Rows,
  type: ResourceType,
  message: Message,
  which: "key" | "rest",
): Promise<void> {
  const reflected = reflect(type.desc, message);
  const keyFields: readonly string[] = type.key;
  for (const field of type.desc.fields) {
    const target = referenceOf(field);
    const wanted = keyFields.includes(field.localName) === (which === "key");
    if (target === undefined || !wanted || !reflected.isSet(field)) continue;
    if (field.fieldKind === "list") {
      const list = reflected.get(field) as ReflectList<string>;
      for (const [i, name] of [...list].entries()) list.set(i, await idOf(rows, target, name, `${field.name}[${i}]`));
    } else reflected.set(field, await idOf(rows, target, reflected.get(field) as string, field.name));
  }
}

/** An id wins over a name, so that nobody takes a reference over by calling something like an id. */
async function idOf(rows: Rows, typeName: string, reference: string, path: string): Promise<string> {
  const type = resourceTypes.get(typeName);
  if (type === undefined) throw new Error(`no management type for ${typeName}`);
  if (looksLikeId.test(reference) && (await rows.row(type.name, reference))) return reference;
  const key = await keyNamed(rows, type, reference);
  const found = key && (await rows.rowByKey(type.name, key));
  if (found !== undefined) return String(found["id"]);
  // Another tenant's id reads like one that never was.
  const violation = { field: path, description: `names no ${type.name} of this tenant`, rule: "reference" };
  throw new Failure("invalid", "a reference leads nowhere", { violations: [violation] });
}

/** A scope is named "indicator#scope"; what has a key of several fields has no name. */
async function keyNamed(rows: Rows, type: ResourceType, reference: string): Promise<AnyRow | undefined> {
  if (type.name === "scope") {
    // An indicator has no "#", the name of a scope may have one.
    const hash = reference.indexOf("#");
    const resource = await rows.rowByKey("resource", { indicator: reference.slice(0, Math.max(hash, 0)) });
    return resource && { resourceId: resource["id"], name: reference.slice(hash + 1) };
  }
  const [field, ...more] = type.key;
  return field === undefined || more.length > 0 ? undefined : { [field]: reference };
}

/** What a declaration calls a thing: its unique name, or its id where the name could be taken for one. */
export async function nameOf(rows: Pick<TenantStore, "row">, typeName: string, id: string): Promise<string> {
  const type = resourceTypes.get(typeName);
  const row = type && (await rows.row(type.name, id));
  if (row === undefined) return id;
  if (type?.name === "scope") {
    const resource = await rows.row("resource", String(row["resourceId"]));
    return resource === undefined ? id : `${String(resource["indicator"])}#${String(row["name"])}`;
  }
  const [field, ...more] = type?.key ?? [];
  const name = field === undefined || more.length > 0 ? id : String(row[field]);
  return looksLikeId.test(name) ? id : name;
}

const looksLikeId = /^[0-9a-z]{21}$/;
