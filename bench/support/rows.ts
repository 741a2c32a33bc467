// Writes very many rows into the file of a stopped instance, fast.
import { closeSync, fsyncSync, openSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";

export type Row = Readonly<Record<string, string | number | null>>;

/** In one go, without what makes a file safe: nobody else has it, and one that was interrupted is thrown away. */
export function writeFast<T>(path: string, work: (file: Database) => T): T {
  const file = new Sqlite(path);
  for (const setting of ["journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"])
    file.pragma(setting);
  const answer = indexedAfterwards(file, () => {
    file.exec("BEGIN");
    const answered = work(file);
    file.exec("COMMIT");
    return answered;
  });
  file.pragma("journal_mode = WAL");
  file.close();
  onDisk(path);
  return answer;
}

/** Gigabytes that still had to reach the disk would make the first commit of the service wait for them. */
function onDisk(path: string): void {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}

/** The same indexes in the end, several times as fast: each is made at once, and so is the trigram index. */
function indexedAfterwards<T>(file: Database, work: () => T): T {
  const made = file
    .prepare(
      `SELECT type, name, sql FROM sqlite_master
       WHERE sql IS NOT NULL AND (type = 'index' OR name = 'search_term_added')`,
    )
    .all() as { type: string; name: string; sql: string }[];
  for (const { type, name } of made) file.exec(`DROP ${type} ${name}`);
  const answer = work();
  for (const { sql } of made) file.exec(sql);
  file.exec("INSERT INTO search_trigram (search_trigram) VALUES ('rebuild')");
  return answer;
}

/** Rows with the columns of this one. */
export function inserter<R extends Readonly<Record<string, unknown>>>(
  file: Database,
  table: string,
  like: R,
): (row: R) => void {
  const columns = Object.keys(like);
  const places = columns.map(() => "?").join(", ");
  const statement = file.prepare(`INSERT INTO "${table}" (${columns.join(", ")}) VALUES (${places})`);
  return (row) => void statement.run(columns.map((column) => row[column]));
}

export const rowsOf = (file: Database, table: string, where: string, ...values: unknown[]): Row[] =>
  file.prepare(`SELECT * FROM "${table}" WHERE ${where}`).all(...values) as Row[];

/** The only one. Throws where there is none. */
export function rowOf(file: Database, table: string, where: string, ...values: unknown[]): Row {
  const [row] = rowsOf(file, table, where, ...values);
  if (row === undefined) throw new Error(`there is no ${table} to copy`);
  return row;
}
