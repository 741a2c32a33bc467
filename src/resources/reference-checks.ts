// References between rows: those that are written have to lead somewhere, and those whose end has gone are not shown.
import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { type ReflectList, reflect } from "@bufbuild/protobuf/reflect";
import { Failure, type Violation } from "../failure.ts";
import { FieldBehavior } from "../gen/google/api/field_behavior_pb.ts";
import type { TypeName } from "../store/row-operations.ts";
import { hasBehavior, referenceOf } from "./fields.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";

/**
 * Throws notFound where what the row belongs to is not there, invalid for any other reference that leads nowhere. An id
 * of another tenant reads like one that never was.
 */
export async function requireReferences(
  { store }: Pick<ResourceParts, "store">,
  { tenantId }: Pick<Acting, "tenantId">,
  { desc }: Pick<ResourceType, "desc">,
  message: Message,
): Promise<void> {
  const tenant = store.tenant(tenantId);
  const violations: Violation[] = [];
  for (const { field, table, ids } of referencesIn(desc, message)) {
    for (const [at, id] of ids.entries()) {
      if ((await tenant.row(table, id)) !== undefined) continue;
      if (isOwner(field)) throw new Failure("notFound", "not found");
      const place = field.fieldKind === "list" ? `${field.name}[${at}]` : field.name;
      violations.push({ field: place, description: `names no ${table} of this tenant`, rule: "reference" });
    }
  }
  if (violations.length > 0) throw new Failure("invalid", "a reference leads nowhere", { violations });
}

/** The messages without ids of what has been removed since: removing a role need not rewrite every group that has it. */
export async function withoutDangling<D extends DescMessage>(
  { store }: Pick<ResourceParts, "store">,
  { tenantId }: Pick<Acting, "tenantId">,
  desc: D,
  messages: MessageShape<D>[],
): Promise<MessageShape<D>[]> {
  const named = messages.flatMap((message) => referencesIn(desc, message)).filter(({ field }) => !isFixed(field));
  for (const [table, references] of Map.groupBy(named, (reference) => reference.table)) {
    const ids = new Set(references.flatMap((reference) => reference.ids));
    const present = new Set(await store.tenant(tenantId).present(table, [...ids]));
    if (present.size < ids.size) for (const reference of references) reference.keep((id) => present.has(id));
  }
  return messages;
}

type Reference = { field: DescField; table: TypeName; ids: string[]; keep(which: (id: string) => boolean): void };

function referencesIn(desc: DescMessage, message: Message): Reference[] {
  const reflected = reflect(desc, message, false);
  return desc.fields.flatMap((field): Reference[] => {
    const target = referenceOf(field);
    if (target === undefined || !reflected.isSet(field)) return [];
    const table = tableNamed(target);
    if (field.fieldKind !== "list") {
      const id = reflected.get(field) as string;
      return [{ field, table, ids: [id], keep: (which) => which(id) || reflected.clear(field) }];
    }
    const list = reflected.get(field) as ReflectList<string>;
    const ids = [...list];
    const keep = (which: (id: string) => boolean) => {
      list.clear();
      for (const id of ids.filter(which)) list.add(id);
    };
    return [{ field, table, ids, keep }];
  });
}

/** A type's table is called like its message. */
export const tableNamed = (typeName: string): TypeName => {
  const name = typeName.slice(typeName.lastIndexOf(".") + 1);
  return (name.charAt(0).toLowerCase() + name.slice(1)) as TypeName;
};

/** What a row belongs to is named once, when it is made; a foreign key takes the row along. */
const isFixed = (field: DescField) => hasBehavior(field, FieldBehavior.IMMUTABLE);
const isOwner = (field: DescField) => isFixed(field) && field.fieldKind !== "list";
