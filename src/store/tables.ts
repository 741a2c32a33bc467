// Every table, once for both dialects. Retention of each stands in docs/storage.md.
import { defineClientTables } from "./client-tables.ts";
import type { Kit } from "./columns.ts";
import { defineConsentTables } from "./consent-tables.ts";
import { definePolicyTables } from "./policy-tables.ts";
import { defineSearchTables } from "./search-tables.ts";
import { defineSubjectTables } from "./subject-tables.ts";
import { defineTokenTables } from "./token-tables.ts";

export type { StoredCondition } from "./client-tables.ts";

export function defineTables(kit: Kit) {
  const clients = defineClientTables(kit);
  const policy = definePolicyTables(kit, clients);
  const above = { ...clients, ...policy };
  const held = { ...above, ...defineSubjectTables(kit, above) };
  return { ...held, ...defineConsentTables(kit, held), ...defineSearchTables(kit, held), ...defineTokenTables(kit) };
}

export type Tables = ReturnType<typeof defineTables>;
export type Row<Name extends keyof Tables> = Tables[Name]["$inferSelect"];
