import { describe, expect, it } from "vitest";
import { figuresOf, recoverySeconds } from "../../bench/overload/figures.ts";
import { type OverloadRun, overloadCalls } from "../../bench/overload/run.ts";
import { overloadTable } from "../../bench/overload/table.ts";
import { createTally } from "../../bench/load/tally.ts";
import type { LoadResult } from "../../bench/support/load-plan.ts";

const latencies = (p99: number) => ({ p50: p99 / 2, p90: p99, p99, max: p99 });

const result = (changes: Partial<LoadResult>): LoadResult => ({
  outcomes: { OK: 1000 },
  seconds: 1,
  perSecond: 1000,
  due: latencies(8),
  sent: latencies(8),
  refused: undefined,
  unsent: 0,
  calls: 1000,
  processorUs: undefined,
  ...changes,
});

const window = (p99: number, answers = 100) => ({ answers, p99 });

const run: OverloadRun = {
  call: "exchange",
  peaks: [{ connections: 4, streams: 16, result: result({ outcomes: { OK: 2000, lost: 1 }, perSecond: 2000 }) }],
  peak: 2000,
  calm: result({ windows: [window(9), window(NaN, 0), window(10), window(40)] }),
  overload: result({
    outcomes: { OK: 15_000, RESOURCE_EXHAUSTED: 45_000, UNAVAILABLE: 7 },
    seconds: 10,
    perSecond: 1500,
    sent: latencies(80),
    refused: latencies(30),
    unsent: 39_900,
    calls: 60_100,
  }),
  recovery: result({ outcomes: { OK: 900, RESOURCE_EXHAUSTED: 3 }, windows: [window(90), window(21), window(20)] }),
};

const load = { connections: 16, streams: 100, seconds: 10, times: 5 };

describe("the figures of an overload", () => {
  it("are shares of the peak and of the answers, and rates of what was due, sent and held back", () => {
    expect(figuresOf(run, load)).toMatchObject({
      peak: 2000,
      due: 10_000,
      sent: 6010,
      heldBack: 3990,
      goodput: 1500,
      goodputShare: 0.75,
      refused: { p50: 15, p99: 30 },
      before: 10,
      during: 80,
      recovery: 0.75,
      others: { UNAVAILABLE: 7 },
      othersBeside: { lost: 1, RESOURCE_EXHAUSTED: 3 },
    });
    expect(figuresOf(run, load).refusedShare).toBeCloseTo(0.75, 3);
  });

  it("make a line of the table", () => {
    const [line = ""] = overloadTable([figuresOf(run, load)], load)
      .split("\n")
      .slice(-1);
    expect(line).toBe(
      "| exchange | 2000 | 10000 | 6010 | 3990 | 1500 | 75 % | 75 % | 15.0 | 30.0 | 10.0 | 80.0 | 0.75 |" +
        " 7 UNAVAILABLE (1 lost, 3 RESOURCE_EXHAUSTED) |",
    );
  });

  it("know no recovery where none was seen, nor of a window without answers", () => {
    expect(recoverySeconds([window(21), window(1, 0)], 10)).toBeUndefined();
    expect(recoverySeconds([window(NaN, 0), window(20)], 10)).toBe(0.5);
  });
});

it("only calls that can be sent at any pace are overloaded", () => {
  expect(overloadCalls(["refresh", "exchange"])).toEqual(["refresh", "exchange"]);
  expect(() => overloadCalls(["introspect-first"])).toThrow("--calls knows exchange, refresh");
});

it("a tally tells of the whole windows, one without answers among them", () => {
  const tally = createTally(100);
  tally.begin(1000);
  tally.add("OK", { due: 0, sent: 1040, answered: 1050 });
  tally.add("RESOURCE_EXHAUSTED", { due: 0, sent: 1040, answered: 1150 });
  tally.add("OK", { due: 0, sent: 1200, answered: 1220 });
  tally.add("OK", { due: 0, sent: 1200, answered: 1230 });
  tally.add("OK", { due: 0, sent: 1300, answered: 1449 });
  tally.end(1450);
  expect(tally.result().windows).toEqual([window(10, 1), window(NaN, 0), window(30, 2), window(NaN, 0)]);
});
