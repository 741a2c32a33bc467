// The one shape of a database connection that queries are written against, whatever the dialect underneath.
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import type { Tables } from "./tables.ts";

/** Drizzle's asynchronous query builder. better-sqlite3 answers at once and PostgreSQL later; both are awaited. */
export type Database = BaseSQLiteDatabase<"async", unknown>;

export type Connection = { db: Database; t: Tables };
