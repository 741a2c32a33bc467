// What the runs of one call say.
import { spreadOf } from "../hot-path/figures.ts";
import type { Latencies, LoadResult, LoadWindow } from "../support/load-plan.ts";
import { type Overload, type OverloadRun, windowMs } from "./run.ts";

/** Calls a second, milliseconds from the sending, and shares of 1, unless it says otherwise. */
export type OverloadFigures = {
  call: string;
  peak: number;
  /** Due, by the plan; and really sent, the rest being held back in the load process, where no stream was free. */
  due: number;
  sent: number;
  heldBack: number;
  goodput: number;
  goodputShare: number;
  refusedShare: number;
  refused: Latencies | undefined;
  /** Of answers that are neither good nor refused; and how many of them there were beside the overload. */
  others: Readonly<Record<string, number>>;
  othersBeside: Readonly<Record<string, number>>;
  /** p99 of good answers. `before` is the median of windows at half the peak. */
  before: number;
  during: number;
  /** Seconds from the end of the overload; undefined where it did not happen while it was looked at. */
  recovery: number | undefined;
};

export function figuresOf(run: OverloadRun, { seconds, times }: Pick<Overload, "seconds" | "times">): OverloadFigures {
  const { call, peak, calm, overload, recovery } = run;
  const answers = total(overload.outcomes);
  const answered = (calm.windows ?? []).filter(({ answers }) => answers > 0);
  const before = spreadOf(answered.map(({ p99 }) => p99)).median;
  return {
    call,
    peak,
    due: times * peak,
    sent: overload.calls / seconds,
    heldBack: overload.unsent / seconds,
    goodput: overload.perSecond,
    goodputShare: overload.perSecond / peak,
    refusedShare: (overload.outcomes[refusal] ?? 0) / answers,
    refused: overload.refused,
    others: othersOf([overload]),
    othersBeside: othersOf([...run.peaks.map(({ result }) => result), calm, recovery]),
    before,
    during: overload.sent.p99,
    recovery: recoverySeconds(recovery.windows ?? [], before),
  };
}

const refusal = "RESOURCE_EXHAUSTED";

/** Until the end of the first window whose p99 is within twice that of before. */
export function recoverySeconds(windows: readonly LoadWindow[], before: number): number | undefined {
  const at = windows.findIndex(({ answers, p99 }) => answers > 0 && p99 <= 2 * before);
  return at < 0 ? undefined : ((at + 1) * windowMs) / 1000;
}

/** By name, of several runs together. Beside an overload a refusal is one of them. */
function othersOf(results: readonly Pick<LoadResult, "outcomes">[]): Record<string, number> {
  const expected = new Set(results.length === 1 ? ["OK", refusal] : ["OK"]);
  const sums: Record<string, number> = {};
  for (const [name, count] of results.flatMap(({ outcomes }) => Object.entries(outcomes)))
    if (!expected.has(name)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

const total = (outcomes: Readonly<Record<string, number>>): number =>
  Object.values(outcomes).reduce((sum, count) => sum + count, 0);
