// Every table, once for both dialects. Retention of each stands in docs/storage.md.
import { defineClientTables } from "./client-tables.ts";
import type { Kit } from "./columns.ts";
import { definePolicyTables } from "./policy-tables.ts";
import { defineSubjectTables } from "./subject-tables.ts";
import { defineTokenTables } from "./token-tables.ts";

export type { StoredCondition } from "./client-tables.ts";

export function defineTables(kit: Kit) {
  const clients = defineClientTables(kit);
  const policy = definePolicyTables(kit, clients);
  const above = { ...clients, ...policy };
  return { ...above, ...defineSubjectTables(kit, above), ...defineTokenTables(kit) };
}

export type Tables = ReturnType<typeof defineTables>;
export type Row<Name extends keyof Tables> = Tables[Name]["$inferSelect"];
