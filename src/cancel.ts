// The end of a call before its answer: its caller has left, or its time is over.
import type { Failure } from "./failure.ts";

export type Cancel = {
  /** The first reason counts, and no other. */
  abort(reason: Failure): void;
  /** Why, once it was. */
  reason(): Failure | undefined;
  /** `hear` is told once, at once where it was before. One may listen; whoever works for the call asks for the signal. */
  listen(hear: (reason: Failure) => void): void;
  /** For what waits outside of this process. Made only for who asks: a signal costs more than most calls need. */
  signal(): AbortSignal;
};

export function createCancel(): Cancel {
  let reason: Failure | undefined;
  let heard: ((reason: Failure) => void) | undefined;
  let controller: AbortController | undefined;
  return {
    abort(why) {
      if (reason !== undefined) return;
      reason = why;
      controller?.abort(why);
      heard?.(why);
    },
    reason: () => reason,
    listen(hear) {
      heard = hear;
      if (reason !== undefined) hear(reason);
    },
    signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (reason !== undefined) controller.abort(reason);
      }
      return controller.signal;
    },
  };
}
