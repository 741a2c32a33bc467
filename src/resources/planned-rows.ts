// A tenant's rows as they will be once a declaration is applied: what it declares first, then what is stored. The rules
// of a type read these, so that a declaration is judged as a whole and in any order.
import { Failure } from "../failure.ts";
import type { AnyRow, TypeName } from "../store/row-operations.ts";
import type { TenantStore } from "../store/store.ts";
import { referenceOf } from "./fields.ts";
import type { ResourceParts, ResourceType } from "./resource-type.ts";

export type PlannedRows = {
  /** Answers planned rows before stored ones. Only `row` and `rowByKey` see the plan. */
  store: TenantStore;
  /** Plans a row, or replaces what was planned under its id. Throws exists where another planned row has its key. */
  put(type: ResourceType, row: AnyRow & { id: string }): void;
  /** By id or by key. */
  has(type: ResourceType, key: AnyRow): boolean;
};

/** What later documents make and this one may already refer to, by id and by key: the end of a reference and no more. */
export type Announced = ReadonlyMap<string, AnyRow>;

export function announce(items: readonly { type: ResourceType; message: { id: string } }[]): Announced {
  const rows = new Map<string, AnyRow>();
  for (const { type, message } of items.filter((item) => item.message.id !== "")) {
    const row = { ...keyOf(type, message), id: message.id };
    for (const key of [keyOf(type, message), { id: message.id }]) rows.set(spelled(type.name, key), row);
  }
  return rows;
}

export function plannedRows(stored: TenantStore, announced: Announced = new Map()): PlannedRows {
  const rows = new Map<string, AnyRow>();
  const idByKey = new Map<string, string>();
  const known = (type: TypeName, id: string) => rows.get(spelled(type, { id }));
  return {
    store: {
      ...stored,
      row: async (type, id) => known(type, id) ?? (await stored.row(type, id)) ?? announced.get(spelled(type, { id })),
      rowByKey: async (type, key) => {
        const planned = idByKey.get(spelled(type, key));
        if (planned !== undefined) return known(type, planned);
        const found = await stored.rowByKey(type, key);
        // What is stored under this key will have another one.
        if (found && known(type, String(found["id"]))) return undefined;
        return found ?? announced.get(spelled(type, key));
      },
    },
    put(type, row) {
      for (const key of keysOf(type, row)) {
        const holder = idByKey.get(spelled(type.name, key)) ?? row.id;
        if (holder !== row.id) throw new Failure("exists", "it is declared twice");
        idByKey.set(spelled(type.name, key), row.id);
      }
      rows.set(spelled(type.name, { id: row.id }), row);
    },
    has: (type, key) => idByKey.has(spelled(type.name, key)) || rows.has(spelled(type.name, key)),
  };
}

/** The parts with a tenant's rows as they will be. */
export const asPlanned = (parts: ResourceParts, { store }: Pick<PlannedRows, "store">): ResourceParts => ({
  ...parts,
  store: { ...parts.store, tenant: () => store },
});

/** The natural key of a message or row: none where a tenant has one at most. Absent references are null in a row. */
export const keyOf = (type: ResourceType, fields: object): AnyRow => {
  const values = new Map<string, unknown>(Object.entries(fields));
  const isReference = (name: string) => {
    const field = type.desc.field[name];
    return field !== undefined && referenceOf(field) !== undefined;
  };
  const valueOf = (name: string) => (isReference(name) ? values.get(name) || null : (values.get(name) ?? null));
  return Object.fromEntries(type.key.map((name) => [name, valueOf(name)]));
};

/** Whether there is one default of the type in a tenant. New users may start with several roles. */
export const isOnlyDefault = ({ name }: Pick<ResourceType, "name">, row: AnyRow): boolean =>
  row["isDefault"] === true && (name === "project" || name === "resource");

/** A default is also found by being one, of which there is one. */
const keysOf = (type: ResourceType, row: AnyRow): AnyRow[] =>
  isOnlyDefault(type, row) ? [keyOf(type, row), { isDefault: true }] : [keyOf(type, row)];

const spelled = (type: TypeName, key: AnyRow): string =>
  `${type} ${JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
