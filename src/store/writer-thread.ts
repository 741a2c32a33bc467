// The writer's thread: owns the only writing connection, so that waiting for the disk never stops the serving thread.
import { once } from "node:events";
import { parentPort } from "node:worker_threads";
import { asFailure, type Failure, type FailureDetails, type Kind } from "../failure.ts";
import { type GroupResult, groupCommit, type Job } from "./group-commit.ts";
import { bindOperations } from "./operations.ts";
import { assertDurable, connect, type Durability, openFile } from "./sqlite-file.ts";

export type WriterData = { path: string; durability: Durability };
export type FailureMessage = { kind: Kind; message: string; details: FailureDetails };
export type OutcomeMessage = { value?: unknown; failure?: FailureMessage };
/** Outcomes in the order of the jobs; there may be one more, of the writer's own. */
export type WriterMessage = { ready: true } | { outcomes: OutcomeMessage[]; fatal: boolean };

/** All in milliseconds: the stored time, and the monotonic clock when it was stored. */
export type HighWater = { mark: number; monotonic: number };

const highWaterStep = 1000;
const highWaterLeap = 5 * 60_000;

/**
 * The next time to store: the wall clock's, but at most five minutes further than the monotonic clock has run since
 * the last one. A wall clock that leaps by years for a moment would otherwise lock out the right one for years.
 */
export const raised = (last: HighWater, seen: { wall: number; monotonic: number }): HighWater => ({
  mark: Math.min(seen.wall, last.mark + (seen.monotonic - last.monotonic) + highWaterLeap),
  monotonic: seen.monotonic,
});

const port = parentPort;
if (port !== null) {
  const [data] = (await once(port, "message")) as [WriterData];
  await serve(data);
}

async function serve({ path, durability }: WriterData): Promise<void> {
  const file = openFile(path, "write", durability);
  const operations = bindOperations(connect(file));
  // At the start there is nothing to compare the wall clock with: a machine may have been off for any time.
  let highWater: HighWater = { mark: Date.now(), monotonic: monotonicNow() };
  const run = groupCommit(file, operations, Date.now);
  const first = await run([raiseTo(highWater.mark)]);
  if (first.fatal) throw new Error("the database file is damaged or its disk fails");
  if (durability === "FULL") assertDurable(file);

  let queue = Promise.resolve();
  port?.on("message", (jobs: Job[] | "close") => {
    queue = queue.then(async () => {
      if (jobs === "close") return finish();
      port?.postMessage(toMessage(await run(withHighWater(jobs))));
    });
  });
  port?.postMessage({ ready: true } satisfies WriterMessage);

  function withHighWater(jobs: Job[]): Job[] {
    const next = raised(highWater, { wall: Date.now(), monotonic: monotonicNow() });
    if (next.mark - highWater.mark < highWaterStep) return jobs;
    highWater = next;
    return [...jobs, raiseTo(next.mark)];
  }

  function finish(): void {
    file.pragma("wal_checkpoint(TRUNCATE)");
    file.close();
    port?.close();
  }
}

function monotonicNow(): number {
  return Math.floor(performance.now());
}

function raiseTo(now: number): Job {
  return { name: "raiseHighWater", args: { now }, deadline: Number.MAX_SAFE_INTEGER };
}

function toMessage({ outcomes, fatal }: GroupResult): WriterMessage {
  return {
    fatal,
    outcomes: outcomes.map(({ value, failure }) => ({ value, ...(failure ? { failure: asPlain(failure) } : {}) })),
  };
}

// Errors lose their class between threads; what is needed of one is plain.
function asPlain(thrown: Failure): FailureMessage {
  const { kind, message, reason, violations, retryAfterMs, cause } = asFailure(thrown);
  const details: FailureDetails = { reason, violations, cause: cause instanceof Error ? cause.message : cause };
  return { kind, message, details: retryAfterMs === undefined ? details : { ...details, retryAfterMs } };
}
