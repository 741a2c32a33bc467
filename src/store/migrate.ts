// Brings a SQLite file to this binary's schema. Foreign keys are off before BEGIN, where SQLite still heeds it: a table
// rebuilt inside a transaction with them on would take its children along. They are checked before COMMIT instead.
import { fileURLToPath } from "node:url";
import type { Database as SqliteFile } from "better-sqlite3";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { Failure } from "../failure.ts";

const folder = fileURLToPath(new URL("./migrations/sqlite", import.meta.url));

/** Applies what is missing, all or nothing. Throws an Error for a newer schema or broken references. */
export function migrate(file: SqliteFile, migrationsFolder = folder): { applied: number } {
  const known = readMigrationFiles({ migrationsFolder });
  file.exec("CREATE TABLE IF NOT EXISTS migration (hash TEXT PRIMARY KEY, applied_at INTEGER NOT NULL)");
  const applied = file.prepare("SELECT hash FROM migration").pluck().all() as string[];
  const strange = applied.find((hash) => !known.some((migration) => migration.hash === hash));
  if (strange !== undefined)
    throw new Failure(
      "precondition",
      "the database was written by a newer Tessera: run that version, or restore a backup",
    );
  const missing = known.filter((migration) => !applied.includes(migration.hash));
  if (missing.length === 0) return { applied: 0 };

  file.pragma("foreign_keys = OFF");
  file.exec("BEGIN IMMEDIATE");
  try {
    for (const { sql, hash } of missing) {
      for (const statement of sql) file.exec(statement);
      file.prepare("INSERT INTO migration VALUES (?, ?)").run(hash, Date.now());
    }
    const broken = file.pragma("foreign_key_check") as unknown[];
    if (broken.length > 0) throw new Error(`a migration would leave ${broken.length} broken references`);
    file.exec("COMMIT");
  } catch (thrown) {
    if (file.inTransaction) file.exec("ROLLBACK");
    throw thrown;
  } finally {
    file.pragma("foreign_keys = ON");
  }
  return { applied: missing.length };
}
