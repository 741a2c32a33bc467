// The serving thread's end of the writer: queues operations, sends all that gathered while the last group was committing.
import type { Worker } from "node:worker_threads";
import { Failure, unavailable } from "../failure.ts";
import type { Job } from "./group-commit.ts";
import type { Answer, Arguments, OperationName } from "./operations.ts";
import type { OutcomeMessage, WriterData, WriterMessage } from "./writer-thread.ts";

/** Jobs that may wait. Beyond it a caller is told to come back rather than kept. */
const longestQueue = 4096;
const largestGroup = 128;

export type Writer = {
  /** Resolves after the commit. `deadline` is milliseconds since 1970; a job still queued then is not run. */
  run<Name extends OperationName>(name: Name, args: Arguments<Name>, deadline?: number): Promise<Answer<Name>>;
  healthy(): boolean;
  close(): Promise<void>;
};

/** Told of every write that the thread has answered, in their order; of one that failed without an answer. */
export type Settled = <Name extends OperationName>(
  name: Name,
  args: Arguments<Name>,
  answer: { value: Answer<Name> } | undefined,
) => void;

/** A job and who waits for it. */
type Queued = { job: Job; answer(outcome: OutcomeMessage): void; reject(failure: Failure): void };

/**
 * Gives the launched thread its file. `settled` hears of each write before its caller has the answer. `onFatal` hears
 * once when the file's state became unknown; from then on every write is unavailable.
 */
export async function startWriter(
  worker: Worker,
  options: WriterData & { settled: Settled; onFatal(cause: unknown): void },
): Promise<Writer> {
  const { path, durability, settled, onFatal } = options;
  worker.ref();
  worker.postMessage({ path, durability } satisfies WriterData);
  let queue: Queued[] = [];
  /** Groups that the thread has and has not answered yet: one, but for those of the end. */
  const sent: Queued[][] = [];
  let broken: unknown;

  const send = () => {
    const group = queue.splice(0, largestGroup);
    sent.push(group);
    worker.postMessage(group.map(({ job }) => job));
  };
  const flush = () => {
    if (sent.length === 0 && queue.length > 0) send();
  };
  const settle = (message: Extract<WriterMessage, { outcomes: unknown }>) => {
    for (const [at, { answer, reject }] of (sent.shift() ?? []).entries()) {
      const outcome = message.outcomes[at];
      if (outcome === undefined) reject(unavailable(new Error("the writer did not say how a write ended")));
      else answer(outcome);
    }
    if (message.fatal) fail(new Error("the database file failed and has to be opened anew"));
    flush();
  };
  const fail = (cause: unknown) => {
    const first = broken === undefined;
    broken ??= cause;
    const left = [...sent.splice(0).flat(), ...queue];
    queue = [];
    for (const { reject } of left) reject(unavailable(cause));
    if (first) onFatal(cause);
  };

  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", () => {
      worker.off("error", reject);
      resolve();
    });
  });
  worker.on("message", settle);
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("the writer has ended")));

  return {
    run: (name, args, deadline = Number.MAX_SAFE_INTEGER) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(unavailable(broken));
        if (queue.length >= longestQueue)
          return reject(new Failure("exhausted", "too many writes wait", { retryAfterMs: 250 }));
        const answer = ({ value: given, failure }: OutcomeMessage) => {
          const value = given as Answer<typeof name>;
          settled(name, args, failure ? undefined : { value });
          if (failure) reject(new Failure(failure.kind, failure.message, failure.details));
          else resolve(value);
        };
        queue.push({ job: { name, args, deadline }, answer, reject });
        // One turn later, so that calls of the same turn share a commit.
        if (queue.length === 1) queueMicrotask(flush);
      }),
    healthy: () => broken === undefined,
    close: async () => {
      if (broken !== undefined) {
        await worker.terminate();
        return;
      }
      broken = new Error("the store is closed");
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      // What was taken on is still done: the thread works its messages off in order.
      while (queue.length > 0) send();
      worker.postMessage("close");
      await ended;
    },
  };
}
