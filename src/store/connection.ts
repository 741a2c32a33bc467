// The one shape of a database connection that queries are written against, whatever the dialect underneath.
import type { SQL } from "drizzle-orm/sql";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import type { Tables } from "./tables.ts";

/** Drizzle's asynchronous query builder. better-sqlite3 answers at once and PostgreSQL later; both are awaited. */
export type Database = BaseSQLiteDatabase<"async", unknown>;

/**
 * Ids of search_term beyond `after` whose term holds the text at the place, in their order and at most so many, as a
 * subquery: the one query that is spelled anew for each dialect.
 */
export type Holding = (sought: { text: string; place: string; after: number; most: number }) => SQL;

/** A statement made ready: runs with values in the order of its parameters, and answers how many rows it changed. */
export type Statement = (text: string) => (values: unknown[]) => Promise<number>;

/** A query made ready: asked with values in the order of its parameters, and answers those of its first row in theirs. */
export type Lookup = (text: string) => (values: unknown[]) => Promise<readonly unknown[] | undefined>;

export type Connection = { db: Database; t: Tables; holding: Holding; statement: Statement; lookup: Lookup };
