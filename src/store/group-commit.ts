// Runs a group of queued operations in one transaction, in which each stands or falls alone, and answers after the commit.
import type { Database as SqliteFile } from "better-sqlite3";
import { Failure, unavailable } from "../failure.ts";
import { isFatal, storeFailure } from "./conflict.ts";
import type { OperationName, Operations } from "./operations.ts";

export type Job = { name: OperationName; args: unknown; deadline: number };
export type Outcome = { value?: unknown; failure?: Failure };
/** Outcomes in the order of their jobs. */
export type GroupResult = { outcomes: Outcome[]; fatal: boolean };

/** Groups that are not tried plainly after one that failed so: whoever fails again and again doubles nobody's cost. */
const carefulGroups = 32;

const late = (): Outcome => ({ failure: new Failure("late", "the deadline passed") });

export function groupCommit(file: SqliteFile, operations: Operations, now: () => number) {
  const statement = (sql: string) => file.prepare(sql);
  const begin = statement("BEGIN IMMEDIATE");
  const commit = statement("COMMIT");
  const rollback = statement("ROLLBACK");
  const save = statement("SAVEPOINT operation");
  const release = statement("RELEASE operation");
  const undo = statement("ROLLBACK TO operation");
  let careful = 0;
  /** SQLITE_FULL and I/O errors roll back the whole group; nobody of it may go on. */
  const isLost = (thrown: unknown) => !file.inTransaction || isFatal(thrown);

  async function plainly({ name, args }: Job): Promise<Outcome> {
    return { value: await (operations[name] as (args: unknown) => Promise<unknown>)(args) };
  }

  /** Takes back what an operation did that fails, and nothing else. */
  async function apart(job: Job): Promise<Outcome> {
    save.run();
    try {
      const outcome = await plainly(job);
      release.run();
      return outcome;
    } catch (thrown) {
      if (isLost(thrown)) throw thrown;
      undo.run();
      release.run();
      return { failure: storeFailure(thrown) };
    }
  }

  async function transaction(jobs: readonly Job[], run: (job: Job) => Promise<Outcome>): Promise<Outcome[]> {
    begin.run();
    const outcomes: Outcome[] = [];
    // A caller that has given up gets no work done in its name.
    for (const job of jobs) outcomes.push(now() > job.deadline ? late() : await run(job));
    commit.run();
    return outcomes;
  }

  /** Savepoints cost a fifth of a write, and hardly any fails: so first without them, and where one failed, again. */
  async function together(jobs: readonly Job[]): Promise<Outcome[]> {
    if (careful > 0) {
      careful -= 1;
      return transaction(jobs, apart);
    }
    try {
      return await transaction(jobs, plainly);
    } catch (thrown) {
      if (isLost(thrown)) throw thrown;
      rollback.run();
      careful = carefulGroups;
      return transaction(jobs, apart);
    }
  }

  return async function run(jobs: readonly Job[]): Promise<GroupResult> {
    // Before the try: the rollback below would end the transaction of the group that is at work.
    if (file.inTransaction) throw new Error("a transaction is already open: operations do not nest");
    try {
      return { outcomes: await together(jobs), fatal: false };
    } catch (cause) {
      if (file.inTransaction) rollback.run();
      // Never the word of one member's own rule: nothing is known of the others but that they are not stored.
      const failure = unavailable(cause);
      return { outcomes: jobs.map(() => ({ failure })), fatal: isFatal(cause) };
    }
  };
}
