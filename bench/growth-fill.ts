// Fills a tenant by writing rows into the file of a stopped instance: copies of a sample that the service wrote itself,
// with its search terms and an audit row each, so that the columns are always those that the service writes.
import Sqlite, { type Database } from "better-sqlite3";
import { ApplicationType } from "../src/gen/tessera/admin/v1/application_pb.ts";
import { newId, systemRandom } from "../src/random.ts";
import { wordFor } from "./growth-words.ts";

export type Kind = "application" | "user";
export type Sizes = Readonly<Record<Kind, number>>;

/** Some of the rows, spread over all of them in order of birth. */
export type Known = { id: string; name: string };
export type Filled = Record<Kind, Known[]>;

/** Names of the samples that the declaration has to hold. */
export const sampleName = "sample";

const mostKnown = 5000;

type Row = Record<string, unknown>;

export function fill(path: string, sizes: Sizes): Filled {
  const file = new Sqlite(path);
  // Nobody else has the file, and a fill that is interrupted is thrown away.
  for (const setting of ["journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"])
    file.pragma(setting);
  const filled = indexedAfterwards(file, () => ({
    application: fillWith(file, "application", sizes),
    user: fillWith(file, "user", sizes),
  }));
  file.pragma("journal_mode = WAL");
  file.close();
  return filled;
}

/** The same indexes in the end, several times as fast: each is made at once, and so is the trigram index. */
function indexedAfterwards<T>(file: Database, work: () => T): T {
  const made = file
    .prepare(
      `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (name = 'search_term_added'
       OR type = 'index' AND tbl_name IN ('application', 'user', 'search_term', 'audit_event'))`,
    )
    .all() as { type: string; name: string; sql: string }[];
  for (const { type, name } of made) file.exec(`DROP ${type} ${name}`);
  const answer = work();
  for (const { sql } of made) file.exec(sql);
  file.exec("INSERT INTO search_trigram (search_trigram) VALUES ('rebuild')");
  return answer;
}

const keyOf = { application: "name", user: "username" } as const;

function fillWith(file: Database, type: Kind, sizes: Sizes): Known[] {
  const count = sizes[type];
  const sample = file.prepare(`SELECT * FROM ${type} WHERE ${keyOf[type]} = ?`).get(sampleName) as Row;
  const terms = file.prepare("SELECT * FROM search_term WHERE row_id = ?").all(sample["id"]) as Row[];
  const audit = file.prepare("SELECT * FROM audit_event WHERE subject = ?").get(sample["id"]) as Row;
  const insert = {
    row: inserter(file, type, sample),
    term: inserter(file, "search_term", terms[0] ?? {}),
    audit: inserter(file, "audit_event", audit),
  };
  const { last } = file
    .prepare("SELECT max(seq) AS last FROM audit_event WHERE tenant_id = ?")
    .get(sample["tenant_id"]) as { last: number };
  const every = Math.max(1, Math.floor(count / mostKnown));
  const known: Known[] = [];
  const now = Date.now();
  file.exec("BEGIN");
  for (let at = 1; at <= count; at++) {
    const [id, name, time] = [newId(now - (count - at) * 10, systemRandom), wordFor(at), now];
    insert.row({ ...sample, ...named(type, name), ...rare(type, at), id, create_time: time, update_time: time });
    const values: Row = { name, username: name, ...named(type, name) };
    for (const term of terms) insert.term({ ...term, id: null, row_id: id, term: values[String(term["field"])] });
    insert.audit({ ...audit, seq: last + at, subject: id, time, sealed: 1, previous_hash: "-", seal: "-" });
    if (at % every === 0) known.push({ id, name });
  }
  file.exec("COMMIT");
  return known;
}

const named = (type: Kind, name: string): Row =>
  type === "application"
    ? { name }
    : { username: name, name: name.replaceAll("-", " "), email: emailOf(name), email_key: emailOf(name) };

/** One application of fifty is of another type than the sample. */
const rare = (type: Kind, at: number): Row =>
  type === "application" && at % 50 === 0 ? { type: ApplicationType.NATIVE } : {};

const emailOf = (name: string): string => `${name}@example.test`;

function inserter(file: Database, table: string, row: Row): (values: Row) => void {
  const columns = Object.keys(row);
  const places = columns.map(() => "?").join(", ");
  const statement = file.prepare(`INSERT INTO "${table}" (${columns.join(", ")}) VALUES (${places})`);
  return (values) => void statement.run(columns.map((column) => values[column]));
}
