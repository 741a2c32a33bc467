// One process per database file. The lock is a lock of the kernel's, so it ends with the process however that ends.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { Failure } from "../failure.ts";

export type StoreLock = { release(): void };

/** Takes the file for this process. Throws precondition, naming the holder, where another process has it. */
export function takeLock(databaseFile: string): StoreLock {
  const holderFile = `${databaseFile}.holder`;
  const lock = new Sqlite(`${databaseFile}.lock`, { timeout: 0 });
  try {
    // Nothing is ever written to it: a journal would be one more file in the folder.
    lock.pragma("journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    lock.close();
    if ((thrown as { code?: unknown }).code !== "SQLITE_BUSY") throw thrown;
    throw new Failure("precondition", `the database ${databaseFile} is in use by ${readHolder(holderFile)}`, {
      cause: thrown,
    });
  }
  chmodSync(`${databaseFile}.lock`, 0o600);
  writeFileSync(holderFile, `process ${process.pid}, started ${new Date().toISOString()}\n`, { mode: 0o600 });
  return { release: () => lock.close() };
}

function readHolder(holderFile: string): string {
  try {
    return readFileSync(holderFile, "utf8").trim();
  } catch {
    return "another process";
  }
}
