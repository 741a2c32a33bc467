// The figures as Markdown: the table of the calls, then what is not of one call.
import type { Latencies } from "../support/load-plan.ts";
import { instanceBounds } from "./calls.ts";
import { type Against, type CallFigures, type Spread, spreadOf } from "./figures.ts";
import { tableRow } from "../support/markdown.ts";

/** `outcomes` says of each call what was not answered well; empty where all was. */
export function hotPathTable(figures: readonly CallFigures[], outcomes: ReadonlyMap<string, string>): string {
  const lines = figures.map((call) => tableRow([...cellsOf(call), outcomes.get(call.call) || "all OK"]));
  return [tableRow(head), `|---|${"--:|".repeat(7)}${"---|".repeat(3)}`, ...lines].join("\n");
}

const head = [
  "call",
  "calls/s",
  "p50 ms at half load (floor)",
  "p99 ms (floor)",
  "CPU µs",
  "floor µs",
  "×",
  "(min–max)",
  "target",
  "reached",
  "answers",
];

function cellsOf(figures: CallFigures): string[] {
  const { call, perSecond, processorUs, tokens, floors, bound, reached } = figures;
  const [floor] = floors;
  return [
    call,
    perSecond.toFixed(0),
    latency(figures, "p50"),
    latency(figures, "p99"),
    processorUs.toFixed(1) + (tokens > 1 ? ` (${(processorUs / tokens).toFixed(2)} a token)` : ""),
    floor?.processorUs.toFixed(1) ?? "–",
    floor?.times.median.toFixed(2) ?? "–",
    floor === undefined ? "–" : rangeOf(floor.times),
    "timesFloor" in bound ? `≤ ${bound.timesFloor} ×` : `≤ ${bound.usPerToken} µs a token`,
    yesOrNo(reached),
  ];
}

function latency({ halfLoad, floorHalfLoad }: CallFigures, which: keyof Latencies): string {
  const ours = halfLoad?.[which].toFixed(2) ?? "–";
  return floorHalfLoad === undefined ? ours : `${ours} (${floorHalfLoad[which].toFixed(2)})`;
}

const yesOrNo = (reached: boolean): string => (reached ? "yes" : "no");
const rangeOf = ({ min, max }: Spread): string => `(${min.toFixed(2)}–${max.toFixed(2)})`;

/** What each floor does, and the ratios to those that no bound is about. */
export const floorLines = (figures: readonly CallFigures[]): string[] =>
  figures.flatMap(({ call, floors: [first, ...others] }) =>
    first === undefined ? [] : [`floor of ${call}: ${[first.name, ...others.map(otherFloor)].join("; ")}`],
  );

const otherFloor = ({ name, processorUs, times }: Against): string =>
  `against ${name} (${processorUs.toFixed(1)} µs) ${times.median.toFixed(2)} × ${rangeOf(times)}`;

export const peerLines = (figures: readonly CallFigures[]): string[] =>
  figures.flatMap(({ call, processorUs, peer }) => {
    if (peer === undefined) return [];
    const costs = `oidc-provider's ${peer.name} ${peer.processorUs.toFixed(1)} µs, ${call} ${processorUs.toFixed(1)} µs`;
    const times = `${peer.times.median.toFixed(2)} × ${rangeOf(peer.times)}`;
    return [`peer: ${costs}: ${times}; target ≥ ${peer.least} ×: ${yesOrNo(peer.reached)}`];
  });

/** Milliseconds of each start, and MB of a million bytes. */
export type InstanceFigures = { startMs: readonly number[]; idleMB: number; loadedMB: number };

export function instanceLines({ startMs, idleMB, loadedMB }: InstanceFigures): string[] {
  const start = spreadOf(startMs);
  const range = `(${start.min.toFixed(0)}–${start.max.toFixed(0)}, starts: ${startMs.length})`;
  return [
    `start to serving: ${start.median.toFixed(0)} ms ${range}; ${verdict(start.median, instanceBounds.startMs, "ms")}`,
    `resident, idle: ${idleMB.toFixed(0)} MB; ${verdict(idleMB, instanceBounds.idleMB, "MB")}`,
    `resident, highest under load: ${loadedMB.toFixed(0)} MB; ${verdict(loadedMB, instanceBounds.loadedMB, "MB")}`,
  ];
}

const verdict = (value: number, most: number, unit: string): string =>
  `target ≤ ${most} ${unit}: ${yesOrNo(value <= most)}`;

export const primitiveTable = (primitives: Readonly<Record<string, number>>): string =>
  [
    "| primitive, alone | CPU µs |",
    "|---|--:|",
    ...Object.entries(primitives).map(([name, us]) => `| ${name} | ${us.toFixed(2)} |`),
  ].join("\n");
