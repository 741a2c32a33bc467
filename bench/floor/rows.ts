// The serving thread's end of durable rows: sends to the writer all that gathered while the last group was committing.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type GrantRow, grantRow, type Update, updateOf } from "./row-samples.ts";

/** One of a group. The group is answered by a message once it is committed. */
export type Write = { insert: GrantRow } | { update: Update };

export type Rows = { insert(): Promise<void>; update(): Promise<void>; close(): void };

export async function openRows(path: string): Promise<Rows> {
  const worker = new Worker(new URL("./rows-thread.ts", import.meta.url), { workerData: path });
  await once(worker, "message");
  let queue: Write[] = [];
  let waiting: (() => void)[] = [];
  let committing: (() => void)[] = [];
  let busy = false;
  const flush = () => {
    if (busy || queue.length === 0) return;
    busy = true;
    worker.postMessage(queue);
    committing = waiting;
    queue = [];
    waiting = [];
  };
  worker.on("message", () => {
    busy = false;
    for (const answer of committing) answer();
    flush();
  });
  const write = (one: Write) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    // One turn later, so that calls of the same turn share a commit.
    if (queue.push(one) === 1) queueMicrotask(flush);
    return promise;
  };
  let turn = 0;
  return {
    insert: () => write({ insert: grantRow() }),
    update: () => write({ update: updateOf(turn++) }),
    close: () => worker.postMessage("close"),
  };
}
