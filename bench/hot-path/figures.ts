// From runs to figures: medians, ratios of runs that were neighbours, and whether a bound is reached. No measuring here.
import type { Latencies } from "../support/load-plan.ts";
import { floorName, type HotCall } from "./calls.ts";

/** One closed run. `processorUs` is the server's, for each answer; `perSecond` counts good answers. */
export type Sample = { perSecond: number; processorUs: number };

export type Spread = { median: number; min: number; max: number };

/** What was measured of a call. Samples are by subject ("tessera", "peer", a floor's name), one for each round. */
export type Measured = {
  samples: ReadonlyMap<string, readonly Sample[]>;
  /** At half of the subject's own peak, from the sending. */
  halfLoad: ReadonlyMap<string, Latencies>;
};

/** `times` is its processor time as a multiple of ours, or ours as a multiple of a floor's. */
export type Against = { name: string; processorUs: number; times: Spread };

export type CallFigures = {
  call: string;
  perSecond: number;
  /** Microseconds; `tokens` of them share it. */
  processorUs: number;
  tokens: number;
  halfLoad: Latencies | undefined;
  floorHalfLoad: Latencies | undefined;
  /** The first is the one that the bound is about. */
  floors: Against[];
  bound: HotCall["bound"];
  reached: boolean;
  peer: (Against & { least: number; reached: boolean }) | undefined;
};

/** Medians over the rounds; of no rounds they are NaN, and nothing is reached. */
export function figuresOf(hot: HotCall, { samples, halfLoad }: Measured): CallFigures {
  const ours = samples.get("tessera") ?? [];
  const names = hot.floors.map(floorName);
  const floors = names.map((name) => against(name, ours, samples.get(name) ?? []));
  const processorUs = medianUs(ours);
  const peerSamples = samples.get("peer") ?? [];
  return {
    call: hot.call,
    perSecond: spreadOf(ours.map(({ perSecond }) => perSecond)).median,
    processorUs,
    tokens: "tokens" in hot.bound ? hot.bound.tokens : 1,
    halfLoad: halfLoad.get("tessera"),
    floorHalfLoad: halfLoad.get(names[0] ?? ""),
    floors,
    bound: hot.bound,
    reached: isReached(hot.bound, processorUs, floors[0]?.times.median),
    peer: hot.peer && peerFigures(hot.peer, ours, peerSamples),
  };
}

const against = (name: string, ours: readonly Sample[], theirs: readonly Sample[]): Against => ({
  name,
  processorUs: medianUs(theirs),
  times: ratioOf(ours, theirs),
});

function peerFigures(
  { call, least }: NonNullable<HotCall["peer"]>,
  ours: readonly Sample[],
  theirs: readonly Sample[],
) {
  const times = ratioOf(theirs, ours);
  return { name: call, processorUs: medianUs(theirs), times, least, reached: times.median >= least };
}

const isReached = (bound: HotCall["bound"], processorUs: number, times = Number.NaN): boolean =>
  "timesFloor" in bound ? times <= bound.timesFloor : processorUs / bound.tokens <= bound.usPerToken;

const medianUs = (samples: readonly Sample[]): number => spreadOf(samples.map(({ processorUs }) => processorUs)).median;

/** Of the runs of the same round, so that what else the machine did then met both. */
export function ratioOf(of: readonly Sample[], to: readonly Sample[]): Spread {
  const rounds = Math.min(of.length, to.length);
  const at = (samples: readonly Sample[], round: number) => samples[round]?.processorUs ?? Number.NaN;
  return spreadOf(Array.from({ length: rounds }, (_, round) => at(of, round) / at(to, round)));
}

/** Of an even number the median is the mean of the two in the middle; of none all are NaN. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}
