// The writer's thread: owns the only writing connection, so that waiting for the disk never stops the serving thread.
import { parentPort, workerData } from "node:worker_threads";
import { asFailure, type Failure, type FailureDetails, type Kind } from "../failure.ts";
import { type GroupResult, groupCommit, type Job } from "./group-commit.ts";
import { bindOperations } from "./operations.ts";
import { assertDurable, connect, type Durability, openFile } from "./sqlite-file.ts";

export type WriterData = { path: string; durability: Durability };
export type FailureMessage = { kind: Kind; message: string; details: FailureDetails };
export type WriterMessage =
  | { ready: true }
  | { outcomes: { id: number; value?: unknown; failure?: FailureMessage }[]; fatal: boolean };

const highWaterStep = 1000;

const port = parentPort;
if (port !== null) await serve(workerData as WriterData);

async function serve({ path, durability }: WriterData): Promise<void> {
  const file = openFile(path, "write", durability);
  const operations = bindOperations(connect(file));
  let mark = Date.now();
  const run = groupCommit(file, operations, Date.now);
  const first = await run([{ id: 0, name: "raiseHighWater", args: { now: mark }, deadline: Number.MAX_SAFE_INTEGER }]);
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
    const now = Date.now();
    if (now - mark < highWaterStep) return jobs;
    mark = now;
    return [...jobs, { id: 0, name: "raiseHighWater", args: { now }, deadline: Number.MAX_SAFE_INTEGER }];
  }

  function finish(): void {
    file.pragma("wal_checkpoint(TRUNCATE)");
    file.close();
    port?.close();
  }
}

function toMessage({ outcomes, fatal }: GroupResult): WriterMessage {
  return {
    fatal,
    outcomes: outcomes.map(({ id, value, failure }) => ({
      id,
      value,
      ...(failure ? { failure: asPlain(failure) } : {}),
    })),
  };
}

// Errors lose their class between threads; what is needed of one is plain.
function asPlain(thrown: Failure): FailureMessage {
  const { kind, message, reason, violations, retryAfterMs, cause } = asFailure(thrown);
  const details: FailureDetails = { reason, violations, cause: cause instanceof Error ? cause.message : cause };
  return { kind, message, details: retryAfterMs === undefined ? details : { ...details, retryAfterMs } };
}
