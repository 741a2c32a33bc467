// What came back: outcomes by name, and every single latency, kept until the end.
import type { Latencies, LoadResult, LoadWindow } from "../support/load-plan.ts";

/** Milliseconds of the monotonic clock. */
export type Times = { due: number; sent: number; answered: number };

export type Tally = {
  begin(now: number): void;
  end(now: number): void;
  /** Counts only between begin and end; what is lost, also after. */
  add(outcome: string, times: Times): void;
  /** So many calls whose answers never came. */
  lose(calls: number): void;
  result(): Omit<LoadResult, "unsent" | "calls" | "processorUs">;
};

/** `windowMs` makes the result tell of windows of that length as well. */
export function createTally(windowMs?: number): Tally {
  const outcomes = new Map<string, number>();
  const [due, sent, refused] = [createSamples(), createSamples(), createSamples()];
  const windows: Samples[] = [];
  let phase: "before" | "within" | "after" = "before";
  let [begun, ended] = [0, 0];
  const count = (outcome: string, calls = 1) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + calls);

  return {
    begin: (now) => {
      phase = "within";
      begun = now;
    },
    end: (now) => {
      phase = "after";
      ended = now;
    },
    add: (outcome, times) => {
      if (phase === "before" || (phase === "after" && outcome !== "lost")) return;
      count(outcome);
      if (outcome === "RESOURCE_EXHAUSTED") refused.add(times.answered - times.sent);
      if (outcome !== "OK") return;
      due.add(times.answered - times.due);
      sent.add(times.answered - times.sent);
      if (windowMs !== undefined)
        windowAt(windows, (times.answered - begun) / windowMs).add(times.answered - times.sent);
    },
    lose: (calls) => void (calls > 0 && count("lost", calls)),
    result: () => {
      const seconds = (ended - begun) / 1000;
      return {
        outcomes: Object.fromEntries(outcomes),
        seconds,
        perSecond: (outcomes.get("OK") ?? 0) / seconds,
        due: due.latencies(),
        sent: sent.latencies(),
        refused: outcomes.has("RESOURCE_EXHAUSTED") ? refused.latencies() : undefined,
        ...(windowMs !== undefined && { windows: windowsOf(windows, Math.floor((ended - begun) / windowMs)) }),
      };
    },
  };
}

type Samples = ReturnType<typeof createSamples>;

function windowAt(windows: Samples[], place: number): Samples {
  const at = Math.floor(place);
  while (windows.length <= at) windows.push(createSamples(64));
  return windows[at] ?? createSamples();
}

/** As many as are asked for, also where nothing was answered in the last of them. */
function windowsOf(windows: Samples[], count: number): LoadWindow[] {
  if (count > 0) windowAt(windows, count - 1);
  return windows.slice(0, count).map((samples) => ({ answers: samples.count(), p99: samples.latencies().p99 }));
}

/** Numbers without end, at eight bytes each. */
function createSamples(first = 4096) {
  let values = new Float64Array(first);
  let count = 0;
  return {
    add: (value: number) => {
      if (count === values.length) {
        const longer = new Float64Array(2 * count);
        longer.set(values);
        values = longer;
      }
      values[count] = value;
      count += 1;
    },
    count: () => count,
    latencies: () => latenciesOf(values.subarray(0, count)),
  };
}

/** Of nothing they are NaN. */
export function latenciesOf(values: Float64Array): Latencies {
  const sorted = values.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
