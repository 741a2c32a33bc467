// The benchmark's reckoning: from the figures of runs to ratios, verdicts and tables. What has a time is not tested.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type HotCall, hotCalls } from "../../bench/hot-path/calls.ts";
import { figuresOf, ratioOf, type Sample, spreadOf } from "../../bench/hot-path/figures.ts";
import { optionsOf } from "../../bench/hot-path/options.ts";
import { failuresOf, measuredOf, outcomesOf, type Run, sampleOf } from "../../bench/hot-path/rounds.ts";
import { floorLines, hotPathTable, instanceLines, peerLines } from "../../bench/hot-path/table.ts";
import { runPlan } from "../../bench/load/run-plan.ts";
import type { LoadResult } from "../../bench/support/load-plan.ts";
import { writeBodies } from "../../bench/world/bodies.ts";

const samples = (...figures: number[]): Sample[] =>
  figures.map((processorUs) => ({ processorUs, perSecond: 1e6 / processorUs }));

const latencies = (p50: number) => ({ p50, p90: 2 * p50, p99: 3 * p50, max: 4 * p50 });

describe("a spread", () => {
  it("has the value in the middle, or the mean of two", () => {
    expect(spreadOf([3, 1, 10])).toEqual({ median: 3, min: 1, max: 10 });
    expect(spreadOf([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
  });

  it("of nothing is not a number", () => {
    expect(spreadOf([])).toEqual({ median: NaN, min: NaN, max: NaN });
  });
});

it("a ratio is that of the same round, so that a slow round does not count twice", () => {
  // The medians alone would say 2.5: the second round was slow for both.
  expect(ratioOf(samples(100, 400, 250), samples(50, 200, 100))).toEqual({ median: 2, min: 2, max: 2.5 });
});

const seen: HotCall = {
  call: "introspect-seen",
  floors: [[], ["row"]],
  bound: { timesFloor: 1.25 },
  peer: { call: "introspection", least: 1.7 },
};
const batch: HotCall = { call: "introspect-batch", floors: [], bound: { usPerToken: 15, tokens: 100 } };

const figuresOfSeen = (ours: readonly Sample[], peer: readonly Sample[] = samples(85, 85)) =>
  figuresOf(seen, {
    samples: new Map([
      ["tessera", ours],
      ["echo", samples(40, 40)],
      ["echo + row", samples(50, 100)],
      ["peer", peer],
    ]),
    halfLoad: new Map([
      ["tessera", latencies(1)],
      ["echo", latencies(0.5)],
    ]),
  });

const figuresOfBatch = (...figures: number[]) =>
  figuresOf(batch, { samples: new Map([["tessera", samples(...figures)]]), halfLoad: new Map() });

describe("a bound", () => {
  it("of a floor is reached up to its ratio", () => {
    expect(figuresOfSeen(samples(50, 50)).reached).toBe(true);
    expect(figuresOfSeen(samples(50.1, 50.1)).reached).toBe(false);
  });

  it("for each token is reached up to its microseconds", () => {
    expect([figuresOfBatch(1500).reached, figuresOfBatch(1501).reached]).toEqual([true, false]);
  });

  it("of the peer is reached from its ratio on", () => {
    expect(figuresOfSeen(samples(50, 50), samples(85, 85)).peer?.reached).toBe(true);
    expect(figuresOfSeen(samples(50, 50), samples(84, 84)).peer?.reached).toBe(false);
  });

  it("is not reached where nothing was measured", () => {
    const nothing = figuresOfSeen([], []);
    expect([nothing.reached, nothing.peer?.reached, figuresOfBatch().reached]).toEqual([false, false, false]);
  });
});

describe("in print", () => {
  it("each call has a row, with what was not answered well", () => {
    const figures = [figuresOfSeen(samples(50, 60)), figuresOfBatch(2000)];
    const outcomes = new Map([["introspect-seen", "tessera in round 2: 3 UNAVAILABLE"]]);
    const [, rule, ...rows] = hotPathTable(figures, outcomes).split("\n");
    expect(rule?.split("|")).toHaveLength(13);
    expect(rows).toEqual([
      "| introspect-seen | 18333 | 1.00 (0.50) | 3.00 (1.50) | 55.0 | 40.0 | 1.38 | (1.25–1.50) | ≤ 1.25 × | no | tessera in round 2: 3 UNAVAILABLE |",
      "| introspect-batch | 500 | – | – | 2000.0 (20.00 a token) | – | – | – | ≤ 15 µs a token | no | all OK |",
    ]);
  });

  it("a floor says what it does, and what we are against another", () => {
    expect(floorLines([figuresOfSeen(samples(50, 60)), figuresOfBatch(2000)])).toEqual([
      "floor of introspect-seen: echo; against echo + row (75.0 µs) 0.80 × (0.60–1.00)",
    ]);
  });

  it("the peer's figure stands before ours", () => {
    expect(peerLines([figuresOfSeen(samples(50, 50)), figuresOfBatch(2000)])).toEqual([
      "peer: oidc-provider's introspection 85.0 µs, introspect-seen 50.0 µs: 1.70 × (1.70–1.70); target ≥ 1.7 ×: yes",
    ]);
  });

  it("an instance's figures stand beside what they should be", () => {
    expect(instanceLines({ startMs: [310, 290, 300], idleMB: 120, loadedMB: 251 })).toEqual([
      "start to serving: 300 ms (290–310, starts: 3); target ≤ 300 ms: yes",
      "resident, idle: 120 MB; target ≤ 120 MB: yes",
      "resident, highest under load: 251 MB; target ≤ 250 MB: no",
    ]);
  });
});

const resultOf = (result: Partial<LoadResult>): LoadResult => ({
  outcomes: { OK: 10 },
  seconds: 1,
  perSecond: 10,
  due: latencies(1),
  sent: latencies(1),
  refused: undefined,
  unsent: 0,
  calls: 12,
  processorUs: 500,
  ...result,
});

const runOf = (run: Partial<Omit<Run, "result">> & { result?: Partial<LoadResult> }): Run => ({
  call: "refresh",
  subject: "tessera",
  round: 1,
  repeated: false,
  ...run,
  result: resultOf(run.result ?? {}),
});

describe("of runs", () => {
  it("processor time is shared by all that was answered, well or not", () => {
    const outcomes = { OK: 10, UNAVAILABLE: 10, lost: 5 };
    expect(sampleOf(resultOf({ outcomes }))).toEqual({ perSecond: 10, processorUs: 25 });
  });

  it("those of one call are sorted by subject, and half load is apart", () => {
    const runs = [
      runOf({}),
      runOf({ subject: "echo" }),
      runOf({ round: 2, result: { processorUs: 600 } }),
      runOf({ round: undefined, result: { sent: latencies(7), processorUs: 1 } }),
      runOf({ call: "exchange", result: { processorUs: 9 } }),
    ];
    const { samples, halfLoad } = measuredOf(runs, "refresh");
    expect([...samples].map(([name, all]) => [name, all.map(({ processorUs }) => processorUs)])).toEqual([
      ["tessera", [50, 60]],
      ["echo", [50]],
    ]);
    expect([...halfLoad]).toEqual([["tessera", latencies(7)]]);
  });

  it("every answer that is not OK is said, and so is none at all", () => {
    expect(failuresOf(runOf({}))).toEqual([]);
    expect(failuresOf(runOf({ round: 2, result: { outcomes: { OK: 1, lost: 2, INTERNAL: 1 } } }))).toEqual([
      "tessera in round 2: 2 lost, 1 INTERNAL",
    ]);
    expect(failuresOf(runOf({ round: undefined, result: { outcomes: {}, perSecond: 0 } }))).toEqual([
      "tessera at half load: no answer",
    ]);
  });

  it("bodies that were sent again are said, and are no failure", () => {
    const runs = [runOf({ repeated: true }), runOf({ call: "exchange", result: { outcomes: { lost: 1 } } })];
    expect(outcomesOf(runs, "refresh")).toBe("tessera in round 1: tokens came round again");
    expect(runs.slice(0, 1).flatMap(failuresOf)).toEqual([]);
  });
});

describe("options", () => {
  it("are everything by default, and less when it is to be quick", () => {
    expect(optionsOf([])).toMatchObject({ rounds: 5, starts: 5, tls: [false, true], calls: hotCalls, h2load: false });
    expect(optionsOf(["--quick"])).toMatchObject({ rounds: 2, seconds: 1, starts: 1, tls: [false] });
    expect(optionsOf(["--quick", "--tls", "on", "--seconds", "3"])).toMatchObject({ seconds: 3, tls: [true] });
  });

  it("name calls in the order wanted", () => {
    const { calls } = optionsOf(["--calls", "refresh,exchange"]);
    expect(calls.map(({ call }) => call)).toEqual(["refresh", "exchange"]);
  });

  it.each([
    [["--calls", "revoke"], "--calls knows introspect-seen"],
    [["--tls", "maybe"], "--tls is off, on or both"],
    [["--rounds", "0"], "--rounds is a number above 0"],
    [["--seconds", "x"], "--seconds is a number above 0"],
    [["--colour"], "Unknown option"],
  ])("are refused where they are not known: %s", (words, why) => {
    expect(() => optionsOf(words)).toThrow(why);
  });
});

it("a run counts all calls it sent, and the processor time of the server it was told", async () => {
  let heard = 0;
  const server = createServer((request, response) => {
    heard += 1;
    request.resume();
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "tessera-hot-path-"));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, "bodies");
  writeBodies(file, [Buffer.from("body")]);
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = { protocol: "http1", address, path: "/", headers: {} } as const;
  const plan = { target, bodies: { file }, connections: 2, streams: 1, pace: { kind: "closed" } } as const;
  const watched = await runPlan({ ...plan, seconds: 0.1, warmup: 0.1, server: process.pid });
  expect(watched.calls).toBe(heard);
  expect(watched.calls).toBeGreaterThan(watched.outcomes["OK"] ?? 0);
  expect(watched.processorUs).toBeGreaterThan(0);
  expect((await runPlan({ ...plan, seconds: 0.05, warmup: 0 })).processorUs).toBeUndefined();
});
