// The same columns as PostgreSQL says them. A file of its own: who runs on SQLite need not load the other dialect.
import * as pg from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm/sql";
import type { Kit } from "./columns.ts";
import type { Holding } from "./connection.ts";

const byteText = pg.customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const jsonText = pg.customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => JSON.parse(value),
});

// The one cast of the schema: PostgreSQL's builders have the same methods, and test/store/schema.test.ts compares
// what both kits make, column by column.
export const postgresKit = {
  table: pg.pgTable,
  text: () => byteText(),
  integer: () => pg.bigint({ mode: "number" }),
  flag: () => pg.boolean(),
  serial: () => pg.bigserial({ mode: "number" }).primaryKey(),
  json: <T>() => jsonText().$type<T>(),
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
} as unknown as Kit;

/** Through the index of pg_trgm; what LIKE takes for a pattern is plain text here. */
export const holding: Holding = ({ text, place, after, most }) => {
  const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql`(select id from search_term where term like ${pattern} and place = ${place} and id > ${after} order by id limit ${most})`;
};
