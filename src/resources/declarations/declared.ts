// The things of a declaration, in the order in which one may refer to another.
import { clone, type Message } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Declaration, DeclarationSchema } from "../../gen/tessera/admin/v1/declaration_pb.ts";
import { referenceOf } from "../fields.ts";
import { keyOf } from "../planned-rows.ts";
import type { ResourceType } from "../resource.ts";
import { impliedByTenant } from "../instance/tenant.ts";
import { resourceTypes } from "../types.ts";

export type Item = {
  type: ResourceType;
  message: Message & { id: string };
  /** Where the declaration says it, such as "roles[2]". */
  path: string;
  /** The unique name as it is written there; of a binding, the names of what it binds. */
  label: string;
  /** Comes with every tenant: made where it is missing, otherwise left as it is. */
  implied: boolean;
};

/** Copies, so that names can be replaced by ids in them. */
export function itemsOf(declaration: Declaration): Item[] {
  const written = messagesOf(clone(DeclarationSchema, declaration)).map(({ path, item }) => itemOf(item.message, path));
  const implied = impliedByTenant(declaration.tenant?.id ?? "").map((message) => ({
    ...itemOf(message, "tenant"),
    implied: true,
  }));
  const order = [...resourceTypes.keys()];
  const rank = ({ type }: Item) => order.indexOf(type.desc.typeName);
  // What is written goes before what is implied. There is never more than one default, so the old one gives way first.
  return [...written.sort((a, b) => isDefault(a) - isDefault(b)), ...implied].sort((a, b) => rank(a) - rank(b));
}

/** What things that stand before it in a declaration may refer to: such as a resource to its applications. */
export function announcedItems(declaration: Declaration): Item[] {
  const targets = referredToEarlier();
  const announced = messagesOf(declaration).filter(({ item }) => targets.has(item.desc.typeName));
  return announced.map(({ path, item }) => itemOf(item.message, path));
}

/** Message names of types to which a type before them refers. */
function referredToEarlier(): ReadonlySet<string> {
  const order = [...resourceTypes.keys()];
  const targets = [...resourceTypes.values()].flatMap(({ desc }, at) =>
    desc.fields.flatMap((field) => referenceOf(field) ?? []).filter((target) => order.indexOf(target) > at),
  );
  return new Set(targets);
}

/** Every management message of a declaration and where it stands. */
export function messagesOf(declaration: Declaration): { path: string; item: ReflectMessage }[] {
  const reflected = reflect(DeclarationSchema, declaration);
  return DeclarationSchema.fields.flatMap((field) => {
    if (!reflected.isSet(field)) return [];
    if (field.fieldKind === "message") return [{ path: field.name, item: reflected.get(field) }];
    if (field.fieldKind !== "list" || field.listKind !== "message") return [];
    return [...reflected.get(field)].map((item, i) => ({ path: `${field.name}[${i}]`, item: item as ReflectMessage }));
  });
}

function itemOf(message: Message, path: string): Item {
  const type = resourceTypes.get(message.$typeName);
  if (type === undefined) throw new Error(`no management type for ${message.$typeName}`);
  const names = Object.values(keyOf(type, message)).filter((part) => typeof part === "string" && part !== "");
  return { type, message: message as Item["message"], path, label: names.join(" / "), implied: false };
}

const isDefault = ({ message }: Item): number => Number("isDefault" in message && message.isDefault === true);
