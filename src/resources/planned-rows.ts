// A tenant's rows as they will be once a declaration is applied: what it declares first, then what is stored. The rules
// of a type read these, so that a declaration is judged as a whole and in any order.
import { Failure } from "../failure.ts";
import type { AnyRow, TypeName } from "../store/row-operations.ts";
import type { TenantStore } from "../store/store.ts";
import type { ResourceType } from "./resource.ts";

export type PlannedRows = {
  /** Answers planned rows before stored ones. Only `row` and `rowByKey` see the plan. */
  store: TenantStore;
  /** Plans a row, or replaces what was planned under its id. Throws exists where another planned row has its key. */
  put(type: ResourceType, row: AnyRow & { id: string }): void;
  /** By id or by key. */
  has(type: ResourceType, key: AnyRow): boolean;
};

export function plannedRows(stored: TenantStore): PlannedRows {
  const rows = new Map<string, AnyRow>();
  const idByKey = new Map<string, string>();
  const known = (type: TypeName, id: string) => rows.get(spelled(type, { id }));
  return {
    store: {
      ...stored,
      row: async (type, id) => known(type, id) ?? stored.row(type, id),
      rowByKey: async (type, key) => {
        const planned = idByKey.get(spelled(type, key));
        if (planned !== undefined) return known(type, planned);
        const found = await stored.rowByKey(type, key);
        // What is stored under this key will have another one.
        return found && known(type, String(found["id"])) ? undefined : found;
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

/** The natural key of a message or row. Absent references are null in a row and "" in a message. */
export const keyOf = (type: ResourceType, fields: object): AnyRow => {
  const values = new Map<string, unknown>(Object.entries(fields));
  return Object.fromEntries(type.key.map((name) => [name, values.get(name) || null]));
};

/** A default is also found by being one, of which there is one. */
const keysOf = (type: ResourceType, row: AnyRow): AnyRow[] =>
  row["isDefault"] === true ? [keyOf(type, row), { isDefault: true }] : [keyOf(type, row)];

const spelled = (type: TypeName, key: AnyRow): string => `${type} ${JSON.stringify(key)}`;
