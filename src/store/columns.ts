// One vocabulary of columns; this is how SQLite says it. Text compares by bytes; times are integer milliseconds.
import { sql } from "drizzle-orm/sql";
import * as sqlite from "drizzle-orm/sqlite-core";

/** Column builders by name. Names are snake-cased by the connection (`casing`). */
export const sqliteKit = {
  table: sqlite.sqliteTable,
  text: () => sqlite.text(),
  integer: () => sqlite.integer({ mode: "number" }),
  flag: () => sqlite.integer({ mode: "boolean" }),
  /** Counts up and never twice; made by the database. */
  serial: () => sqlite.integer({ mode: "number" }).primaryKey({ autoIncrement: true }),
  json: <T>() => sqlite.text({ mode: "json" }).$type<T>(),
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  primaryKey: sqlite.primaryKey,
};

export type Kit = typeof sqliteKit;

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
