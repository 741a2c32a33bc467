// A clock that stands still until a test moves it.
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../clients/typescript/src/index.ts";

export type ManualClock = Clock & {
  /** Moves time on, wakes who waited for it, and lets what follows from that happen. */
  advance(milliseconds: number): Promise<void>;
  /** How long each waiter still has to wait. */
  waits(): number[];
};

type Waiter = { due: number; resolve: () => void };

export function manualClock(start = 1_800_000_000_000): ManualClock {
  const waiters = new Set<Waiter>();
  let now = start;
  return {
    now: () => now,
    wait: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const waiter = { due: now + milliseconds, resolve };
        waiters.add(waiter);
        signal.addEventListener("abort", () => {
          waiters.delete(waiter);
          reject(signal.reason);
        });
      }),
    async advance(milliseconds) {
      now += milliseconds;
      for (const waiter of [...waiters].filter(({ due }) => due <= now)) {
        waiters.delete(waiter);
        waiter.resolve();
      }
      await setImmediate();
    },
    waits: () => [...waiters].map(({ due }) => due - now),
  };
}
