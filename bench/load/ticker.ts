// Says when a call is due, to a small part of a millisecond.
import { Worker } from "node:worker_threads";

/** Milliseconds of the system's monotonic clock; `heard` is 1 while the thread may speak. */
export type Ticks = { start: number; step: number; heard: Int32Array };

/** Milliseconds. To be woken costs about as much as to send a call, so calls that are closer are sent together. */
const shortest = 0.5;

/**
 * Calls `tick` at `start`, in milliseconds of performance.now(), and each `step` after it, or at as many steps together
 * as take half a millisecond. Answers how to stop it.
 */
export function startTicker({ start, step: each }: { start: number; step: number }, tick: () => void): () => void {
  const step = each * Math.ceil(shortest / each);
  const heard = new Int32Array(new SharedArrayBuffer(4));
  heard[0] = 1;
  const shift = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const workerData: Ticks = { start: start + shift, step, heard };
  const worker = new Worker(new URL("./ticker-thread.ts", import.meta.url), { workerData });
  worker.on("message", () => {
    Atomics.store(heard, 0, 1);
    tick();
  });
  return () => void worker.terminate();
}
