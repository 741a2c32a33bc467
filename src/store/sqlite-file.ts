// Opens a SQLite file the one way Tessera uses it: durable at each commit, foreign keys on, nothing from the schema trusted.
import Sqlite, { type Database as SqliteFile } from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { sql } from "drizzle-orm/sql";
import { sqliteKit } from "./columns.ts";
import type { Connection, Database, Holding, Lookup, Statement } from "./connection.ts";
import { defineTables } from "./tables.ts";
import { Failure } from "../failure.ts";

/** Versions before this may lose commits when two connections write and checkpoint (the WAL-reset bug). */
const oldestSafe = [3, 51, 3] as const;

export type Durability = "FULL" | "NORMAL";

export function openFile(path: string, mode: "read" | "write", durability: Durability = "FULL"): SqliteFile {
  const file = new Sqlite(path, { timeout: 5000, readonly: mode === "read" });
  assertVersion(file.prepare("SELECT sqlite_version()").pluck().get() as string);
  if (mode === "write") {
    file.pragma("journal_mode = WAL");
    // Set by hand: this build takes WAL to mean NORMAL, which loses acknowledged commits at power loss.
    file.pragma(`synchronous = ${durability}`);
    file.pragma("foreign_keys = ON");
    file.pragma("wal_autocheckpoint = 1000");
    file.pragma("journal_size_limit = 67108864");
  }
  file.pragma("trusted_schema = OFF");
  file.pragma("cell_size_check = ON");
  return file;
}

/** Throws an Error when the file is not durable after all; ask it after a first transaction. */
export function assertDurable(file: SqliteFile): void {
  if (file.pragma("synchronous", { simple: true }) !== 2) throw new Error("SQLite is not at synchronous=FULL");
  if (file.pragma("foreign_keys", { simple: true }) !== 1) throw new Error("SQLite does not check foreign keys");
}

export function connect(file: SqliteFile): Connection {
  // better-sqlite3 answers at once; awaiting that is the same query, so both dialects are written as asynchronous.
  const db = drizzle(file, { casing: "snake_case" }) as unknown as Database;
  const statement: Statement = (text) => {
    const ready = file.prepare(text);
    return async (values) => ready.run(values).changes;
  };
  const lookup: Lookup = (text) => {
    const ready = file.prepare<unknown[], unknown[]>(text).raw();
    return async (values) => ready.get(values);
  };
  return { db, t: defineTables(sqliteKit), holding, statement, lookup };
}

/**
 * Through the trigram index. The text is one phrase: asked for letter by letter, common ones would be walked along in
 * full. Quotes are doubled, so nothing in a text is an operator.
 */
const holding: Holding = ({ text, place, after, most }) => {
  const asked = `term:${quoted(text)} AND place:${quoted(place)}`;
  return sql`(select rowid as id from search_trigram where search_trigram match ${asked} and rowid > ${after} order by rowid limit ${most})`;
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

export function assertVersion(version: string): void {
  const parts = version.split(".").map(Number);
  const order = oldestSafe.map((least, i) => (parts[i] ?? 0) - least).find((difference) => difference !== 0) ?? 0;
  // Written so that a version that cannot be read is refused as well.
  if (!(order >= 0))
    throw new Failure(
      "precondition",
      `SQLite ${version} is older than ${oldestSafe.join(".")}, which may lose commits`,
    );
}
