// In a declaration a thing is named by its id or by its unique name; stored is the id.
import type { Message } from "@bufbuild/protobuf";
import { reflect, type ReflectList } from "@bufbuild/protobuf/reflect";
import { Failure } from "../failure.ts";
import { ScopeSchema } from "../gen/tessera/admin/v1/resource_pb.ts";
import type { TenantStore } from "../store/store.ts";
import { referenceOf } from "./fields.ts";
import type { ResourceType } from "./resource.ts";
import { resourceTypes } from "./types.ts";

/** Ids by "type name:unique name", for what is declared and not yet stored. */
export type References = { known: Map<string, string>; store: TenantStore };

/** Replaces the names in a message's references by ids: first those of its key, later the rest. Throws invalid. */
export async function resolveReferences(
  references: References,
  type: ResourceType,
  message: Message,
  which: "key" | "rest",
): Promise<void> {
  const reflected = reflect(type.desc, message);
  for (const field of type.desc.fields) {
    const target = referenceOf(field);
    const inKey = (type.key as readonly string[]).includes(field.localName);
    if (target === undefined || inKey !== (which === "key") || !reflected.isSet(field)) continue;
    if (field.fieldKind === "list") {
      const list = reflected.get(field) as ReflectList<string>;
      for (let i = 0; i < list.size; i += 1) list.set(i, await idOf(references, target, String(list.get(i)), field.name));
    } else reflected.set(field, await idOf(references, target, String(reflected.get(field)), field.name));
  }
}

async function idOf({ known, store }: References, typeName: string, name: string, field: string): Promise<string> {
  const declared = known.get(`${typeName}:${await declaredName({ known, store }, typeName, name)}`);
  if (declared !== undefined) return declared;
  const type = resourceTypes.get(typeName);
  if (type === undefined) throw new Error(`no management type for ${typeName}`);
  if (await store.row(type.name, name)) return name;
  const stored = await storedByName(store, type, name);
  if (stored !== undefined) return stored;
  throw new Failure("invalid", "a reference leads nowhere", {
    violations: [{ field, description: `there is no ${type.name} "${name}"`, rule: "reference" }],
  });
}

/** A scope is named "indicator#scope"; its unique name begins with its resource's id. */
async function declaredName(references: References, typeName: string, name: string): Promise<string> {
  const hash = name.lastIndexOf("#");
  if (typeName !== ScopeSchema.typeName || hash < 0) return name;
  const indicator = name.slice(0, hash);
  const resourceId =
    references.known.get(`tessera.admin.v1.Resource:${indicator}`) ??
    (await references.store.rowByKey("resource", { indicator }))?.["id"];
  return `${String(resourceId)} ${name.slice(hash + 1)}`;
}

async function storedByName(store: TenantStore, type: ResourceType, name: string): Promise<string | undefined> {
  if (type.desc.typeName === ScopeSchema.typeName) {
    const hash = name.lastIndexOf("#");
    const resource = await store.rowByKey("resource", { indicator: name.slice(0, hash) });
    if (resource === undefined) return undefined;
    const found = await store.rowByKey("scope", { resourceId: resource["id"], name: name.slice(hash + 1) });
    return found === undefined ? undefined : String(found["id"]);
  }
  const [key] = type.key;
  const found = key === undefined ? undefined : await store.rowByKey(type.name, { [key]: name });
  return found === undefined ? undefined : String(found["id"]);
}
