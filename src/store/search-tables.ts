// What lists are searched by: one term for each searchable field of a row, normalised. Triggers of the migration remove
// the terms of a row that goes, whatever takes it along, and keep the trigram index that finds substrings.
import type { defineClientTables } from "./client-tables.ts";
import type { Kit } from "./columns.ts";

export function defineSearchTables(kit: Kit, { tenant }: Pick<ReturnType<typeof defineClientTables>, "tenant">) {
  const { table, text, serial, index, uniqueIndex } = kit;
  const searchTerm = table(
    "search_term",
    {
      id: serial(),
      tenantId: text()
        .notNull()
        .references(() => tenant.id, { onDelete: "cascade" }),
      /** The table of the row, and the field of its message, by their names in the contract's JSON. */
      type: text().notNull(),
      field: text().notNull(),
      term: text().notNull(),
      rowId: text().notNull(),
      /** Stands in the trigram index beside the term, so that a search meets few terms but its own tenant's. */
      place: text().notNull(),
    },
    (t) => [
      uniqueIndex("search_term_key").on(t.tenantId, t.type, t.field, t.term, t.rowId),
      index("search_term_row").on(t.rowId),
    ],
  );
  return { searchTerm };
}

/** Three characters, one trigram: of the tenant, and of what is listed. The migration says the same in SQL. */
export const placeOf = (tenantId: string, type: string): string => `${tenantId.slice(-2)}${type.charAt(0)}`;
