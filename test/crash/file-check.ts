// What the database file of a killed service says, read from a copy so that the service recovers its own.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { Chain } from "./chain.ts";

export type FileFaults = { damaged: string[]; lost: string[]; forked: string[]; ended: string[] };

/** `unanswered` counts families that moved on while their client never heard of it: what the retry window is for. */
export type FileReport = FileFaults & { unanswered: number };

type Family = { generation: number; head_digest: string; previous_digest: string | null; revoke_time: number | null };

/** Compares the file with what the clients hold. The service must not run. */
export function checkFile(databaseFile: string, chains: readonly Chain[]): FileReport {
  const folder = mkdtempSync(join(tmpdir(), "tessera-crash-copy-"));
  const copy = join(folder, "copy.db");
  for (const suffix of ["", "-wal"])
    if (existsSync(databaseFile + suffix)) copyFileSync(databaseFile + suffix, copy + suffix);
  const file = new Sqlite(copy);
  try {
    return { damaged: damageOf(file), ...familyFaults(file, chains) };
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
}

function damageOf(file: Sqlite.Database): string[] {
  const integrity = file.pragma("integrity_check") as { integrity_check: string }[];
  const references = file.pragma("foreign_key_check") as { table: string }[];
  const texts = integrity.map((row) => row.integrity_check).filter((text) => text !== "ok");
  return [...texts, ...references.map(({ table }) => `a row of ${table} points nowhere`)];
}

/** A client holds the head, or its predecessor where the last answer was lost: nothing older, and nothing newer. */
function familyFaults(file: Sqlite.Database, chains: readonly Chain[]): Omit<FileReport, "damaged"> {
  const faults: Omit<FileReport, "damaged"> = { lost: [], forked: [], ended: [], unanswered: 0 };
  const statement = file.prepare(
    "SELECT generation, head_digest, previous_digest, revoke_time FROM refresh_family WHERE id = ?",
  );
  for (const { familyId, generation } of chains) {
    const families = statement.all(familyId) as Family[];
    const [family] = families;
    if (family === undefined || family.generation < generation) faults.lost.push(familyId);
    else if (families.length > 1 || family.generation > generation + 1) faults.forked.push(familyId);
    else if (family.head_digest === family.previous_digest) faults.forked.push(familyId);
    if (family?.generation === generation + 1) faults.unanswered += 1;
    if (family !== undefined && family.revoke_time !== null) faults.ended.push(familyId);
  }
  return faults;
}
