// Users as copies of the two that are declared, each with what belongs to it: identity, roles, search terms, audit rows.
import type { Database } from "better-sqlite3";
import { normalised } from "../../src/policy/search-text.ts";
import { newId, systemRandom } from "../../src/random.ts";
import { type Person, personOf } from "../world/declaration.ts";
import { inserter, rowOf, type Row, rowsOf } from "../support/rows.ts";

/** Milliseconds between the births of two. */
const apart = 10;

/** Up to so many altogether. Answers the ids of all, in the order of personOf. */
export function addUsers(file: Database, tenantId: string, most: number): string[] {
  const samples = [0, 1].map((at) => sampleOf(file, tenantId, personOf(at)));
  const ids = samples.map(({ user }) => String(user["id"]));
  const copy = copier(file, tenantId, samples);
  const start = Date.now() - most * apart;
  for (let at = ids.length; at < most; at++) ids.push(copy(at, start + at * apart));
  return ids;
}

type Sample = { user: Row; identity: Row; assignments: Row[]; terms: Row[]; audit: Row[] };

function sampleOf(file: Database, tenantId: string, { username }: Person): Sample {
  const user = rowOf(file, "user", "tenant_id = ? AND username = ?", tenantId, username);
  const { id } = user;
  const identity = rowOf(file, "user_identity", "user_id = ?", id);
  const assignments = rowsOf(file, "role_assignment", "user_id = ?", id);
  const terms = rowsOf(file, "search_term", "row_id = ?", id);
  const subjects = [user, identity, ...assignments].map((row) => row["id"]);
  const audit = subjects.map((subject) => rowOf(file, "audit_event", "subject = ?", subject));
  return { user, identity, assignments, terms, audit };
}

type Copy = (at: number, time: number) => string;

/** Every second one is like the first, the others like the second, as in the declaration. */
function copier(file: Database, tenantId: string, samples: readonly Sample[]): Copy {
  const [first] = samples;
  if (first === undefined) throw new Error("there is no user to copy");
  const insert = {
    user: inserter(file, "user", first.user),
    identity: inserter(file, "user_identity", first.identity),
    assignment: inserter(file, "role_assignment", first.assignments[0] ?? {}),
    term: inserter(file, "search_term", first.terms[0] ?? {}),
    audit: inserter(file, "audit_event", first.audit[0] ?? {}),
  };
  const last = file.prepare("SELECT max(seq) FROM audit_event WHERE tenant_id = ?").pluck().get(tenantId);
  let seq = Number(last);
  return (at, time) => {
    const { user, identity, assignments, terms, audit } = samples[at % samples.length] ?? first;
    const { username, name, email, subject } = personOf(at);
    const born = () => ({ id: newId(time, systemRandom), create_time: time, update_time: time });
    const own = { ...born(), username, name, email, email_key: email };
    const rows = [own, born(), ...assignments.map(born)];
    const values: Row = { username, name, email };
    insert.user({ ...user, ...own });
    insert.identity({ ...identity, ...rows[1], user_id: own.id, subject });
    assignments.forEach((row, place) => insert.assignment({ ...row, ...rows[2 + place], user_id: own.id }));
    for (const term of terms)
      insert.term({ ...term, id: null, row_id: own.id, term: normalised(String(values[String(term["field"])])) });
    audit.forEach((row, place) =>
      insert.audit({ ...row, ...sealed, seq: ++seq, time, subject: rows[place]?.id ?? own.id }),
    );
    return own.id;
  };
}

/** The sealer has nothing to do with a copy. */
const sealed = { sealed: 1, previous_hash: "-", seal: "-" };
