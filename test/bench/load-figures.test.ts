import { describe, expect, it } from "vitest";
import { createPace } from "../../bench/load/pace.ts";
import { createTally, latenciesOf } from "../../bench/load/tally.ts";

describe("a pace", () => {
  it("has calls due at even times, and keeps what is late due at its time", () => {
    const pace = createPace({ kind: "open", perSecond: 100 }, 1000);
    expect(pace.next(999.9)).toBeUndefined();
    expect([pace.next(1000), pace.next(1009.9)]).toEqual([1000, undefined]);
    expect(pace.overdue(1029.9)).toBe(2);
    expect([pace.next(1035), pace.next(1035), pace.next(1035), pace.next(1035)]).toEqual([1010, 1020, 1030, undefined]);
    expect(pace.overdue(1035)).toBe(0);
  });

  it("is due at once where it is closed", () => {
    const pace = createPace({ kind: "closed" }, 1000);
    expect([pace.next(1234), pace.overdue(5000)]).toEqual([1234, 0]);
  });
});

describe("a tally", () => {
  it("counts what was answered within the measured time, and what was lost also after it", () => {
    const tally = createTally();
    tally.add("OK", { due: 0, sent: 1, answered: 5 });
    tally.begin(10);
    tally.add("OK", { due: 2, sent: 4, answered: 12 });
    tally.add("RESOURCE_EXHAUSTED", { due: 2, sent: 4, answered: 20 });
    tally.add("lost", { due: 2, sent: 4, answered: 20 });
    tally.end(510);
    tally.add("OK", { due: 2, sent: 4, answered: 520 });
    tally.add("lost", { due: 2, sent: 4, answered: 520 });
    tally.lose(3);
    expect(tally.result()).toEqual({
      outcomes: { OK: 1, RESOURCE_EXHAUSTED: 1, lost: 5 },
      seconds: 0.5,
      perSecond: 2,
      due: { p50: 10, p90: 10, p99: 10, max: 10 },
      sent: { p50: 8, p90: 8, p99: 8, max: 8 },
      refused: { p50: 16, p90: 16, p99: 16, max: 16 },
    });
  });

  it("keeps every latency, however many there are", () => {
    const tally = createTally();
    tally.begin(0);
    for (let taken = 10_000; taken > 0; taken--) tally.add("OK", { due: 0, sent: 0, answered: taken });
    tally.end(1000);
    expect(tally.result().due).toEqual({ p50: 5001, p90: 9001, p99: 9901, max: 10_000 });
  });

  it("has no latencies of nothing", () => {
    expect(latenciesOf(new Float64Array())).toEqual({ p50: NaN, p90: NaN, p99: NaN, max: NaN });
  });
});
