// Wakes the sending thread when a call is due. A thread can sleep for microseconds; a timer of the event loop only for
// whole milliseconds, which would be as long as many a call takes.
import { parentPort, workerData } from "node:worker_threads";
import type { Ticks } from "./ticker.ts";

// From ticker.ts, in the shape they share.
const { start, step, heard } = workerData as Ticks;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = () => Number(process.hrtime.bigint()) / 1e6;

for (;;) {
  const due = start + Math.max(0, Math.floor((now() - start) / step) + 1) * step;
  Atomics.wait(never, 0, 0, due - now());
  // One word at a time: a busy thread finds all that is due when it hears the first.
  if (Atomics.exchange(heard, 0, 0) === 1) parentPort?.postMessage(undefined);
}
