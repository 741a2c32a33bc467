// A second connection to a service's database file, as an operator might open one: to break it, to lock it, to count it.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { World } from "./world.ts";

export type Statement = { table: string; act: "INSERT" | "UPDATE" | "DELETE" };

export type SecondConnection = {
  /** From now on the statement fails: alone, or with the whole transaction, as on a full disk. */
  breakStatement(statement: Statement, how?: "ABORT" | "ROLLBACK"): void;
  /** Every statement works again. */
  mend(): void;
  /** Takes the write lock and answers what releases it. */
  lock(): () => void;
  /** Rows of the tables that calls write to. */
  counts(): Record<string, number>;
  close(): void;
};

const tables = ["grant", "refresh_family", "used_token", "revoked_token", "user", "user_identity", "role_assignment"];

export function secondConnection({ dataDir }: World): SecondConnection {
  const file = new Sqlite(join(dataDir, "tessera.db"), { timeout: 5000 });
  return {
    breakStatement: ({ table, act }, how = "ABORT") =>
      void file.exec(`CREATE TRIGGER broken BEFORE ${act} ON "${table}" BEGIN SELECT RAISE(${how}, 'broken'); END`),
    mend: () => void file.exec("DROP TRIGGER IF EXISTS broken"),
    lock() {
      file.exec("BEGIN IMMEDIATE");
      return () => void file.exec("ROLLBACK");
    },
    counts: () =>
      Object.fromEntries(
        tables.map((table) => [table, file.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number]),
      ),
    close: () => void file.close(),
  };
}
