// When calls are due, in milliseconds of the monotonic clock.
import type { LoadPlan } from "../support/load-plan.ts";

export type Pace = {
  /** Takes the next call that is due and answers when it was; undefined when none is. */
  next(now: number): number | undefined;
  /** Calls that are due and were not taken. */
  overdue(now: number): number;
};

/** Open: due times are even from `start` on, and what is late stays due. Closed: one is always due, now. */
export function createPace(pace: LoadPlan["pace"], start: number): Pace {
  if (pace.kind === "closed") return { next: (now) => now, overdue: () => 0 };
  const step = 1000 / pace.perSecond;
  let taken = 0;
  return {
    next: (now) => {
      const due = start + taken * step;
      if (due > now) return undefined;
      taken += 1;
      return due;
    },
    overdue: (now) => Math.max(0, Math.floor((now - start) / step) + 1 - taken),
  };
}
