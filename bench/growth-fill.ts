// Fills a tenant by writing rows into the file of a stopped instance: copies of a sample that the service wrote itself,
// with its search terms and an audit row each, so that the columns are always those that the service writes.
import type { Database } from "better-sqlite3";
import { ApplicationType } from "../src/gen/tessera/admin/v1/application_pb.ts";
import { newId, systemRandom } from "../src/random.ts";
import { wordFor } from "./growth-words.ts";
import { inserter, writeFast } from "./support/rows.ts";

export type Kind = "application" | "user";
export type Sizes = Readonly<Record<Kind, number>>;

/** Some of the rows, spread over all of them in order of birth. */
export type Known = { id: string; name: string };
export type Filled = Record<Kind, Known[]>;

/** Names of the samples that the declaration has to hold. */
export const sampleName = "sample";

const mostKnown = 5000;

type Row = Record<string, unknown>;

export const fill = (path: string, sizes: Sizes): Filled => writeFast(path, (file) => fillBoth(file, sizes));

/** Both kinds grow side by side, as they would in use. */
function fillBoth(file: Database, sizes: Sizes): Filled {
  const adders = { application: adderOf(file, "application", sizes), user: adderOf(file, "user", sizes) };
  const most = Math.max(sizes.application, sizes.user);
  for (let step = 1; step <= most; step++) {
    for (const kind of ["application", "user"] as const) {
      const due = Math.floor((sizes[kind] * step) / most);
      if (due > Math.floor((sizes[kind] * (step - 1)) / most)) adders[kind].add(due);
    }
  }
  return { application: adders.application.known, user: adders.user.known };
}

const keyOf = { application: "name", user: "username" } as const;

/** `add` takes the number of the row among its kind, from 1. */
function adderOf(file: Database, type: Kind, sizes: Sizes): { known: Known[]; add(at: number): void } {
  const sample = file.prepare(`SELECT * FROM ${type} WHERE ${keyOf[type]} = ?`).get(sampleName) as Row;
  const terms = file.prepare("SELECT * FROM search_term WHERE row_id = ?").all(sample["id"]) as Row[];
  const audit = file.prepare("SELECT * FROM audit_event WHERE subject = ?").get(sample["id"]) as Row;
  const insertRow = inserter(file, type, sample);
  const insertTerm = inserter(file, "search_term", terms[0] ?? {});
  const insertAudit = inserter(file, "audit_event", audit);
  const nextSeq = file
    .prepare("SELECT coalesce(max(seq), 0) + 1 FROM audit_event WHERE tenant_id = ?")
    .pluck() as unknown as { get(tenantId: unknown): number };
  const every = Math.max(1, Math.floor(sizes[type] / mostKnown));
  const start = Date.now() - sizes[type] * 10;
  const known: Known[] = [];
  const add = (at: number) => {
    const [time, name] = [start + at * 10, wordFor(at)];
    const id = newId(time, systemRandom);
    insertRow({ ...sample, ...named(type, name), ...rare(type, at), id, create_time: time, update_time: time });
    const values: Row = { name, username: name, ...named(type, name) };
    for (const term of terms) insertTerm({ ...term, id: null, row_id: id, term: values[String(term["field"])] });
    const seq = nextSeq.get(sample["tenant_id"]);
    insertAudit({ ...audit, seq, subject: id, time, sealed: 1, previous_hash: "-", seal: "-" });
    if (at % every === 0) known.push({ id, name });
  };
  return { known, add };
}

const named = (type: Kind, name: string): Row =>
  type === "application"
    ? { name }
    : { username: name, name: name.replaceAll("-", " "), email: emailOf(name), email_key: emailOf(name) };

/** One application of fifty is of another type than the sample. */
const rare = (type: Kind, at: number): Row =>
  type === "application" && at % 50 === 0 ? { type: ApplicationType.NATIVE } : {};

const emailOf = (name: string): string => `${name}@example.test`;
