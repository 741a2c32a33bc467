// One vocabulary of columns, said in two dialects. Text compares by bytes on both; times are integer milliseconds.
import { sql } from "drizzle-orm";
import * as pg from "drizzle-orm/pg-core";
import * as sqlite from "drizzle-orm/sqlite-core";

/** Column builders by name. Names are snake-cased by the connection (`casing`). */
export const sqliteKit = {
  table: sqlite.sqliteTable,
  text: () => sqlite.text(),
  integer: () => sqlite.integer({ mode: "number" }),
  flag: () => sqlite.integer({ mode: "boolean" }),
  json: <T>() => sqlite.text({ mode: "json" }).$type<T>(),
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  primaryKey: sqlite.primaryKey,
};

export type Kit = typeof sqliteKit;

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
  json: <T>() => jsonText().$type<T>(),
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
} as unknown as Kit;

/** Columns that most tables share, in one spelling. */
export const columnSets = ({ text, integer, flag, json }: Kit) => ({
  list: () => json<string[]>().notNull().default(sql`'[]'`),
  yes: () => flag().notNull().default(false),
  word: () => text().notNull().default(""),
  number: () => integer().notNull().default(0),
  /** What every management row has. */
  standard: () => ({
    id: text().primaryKey(),
    revision: integer().notNull().default(1),
    createTime: integer().notNull(),
    updateTime: integer().notNull(),
  }),
});
