// The figures as Markdown: what a call costs at either size, and how many times as much at the large.
import { ratioOf, spreadOf } from "../hot-path/figures.ts";
import { sampleOf } from "../hot-path/rounds.ts";
import type { LoadResult } from "../support/load-plan.ts";
import type { SizeRun } from "./rounds.ts";
import type { Sizes } from "./fill.ts";
import { tableRow } from "../support/markdown.ts";

/** Subjects are named "small" and "large". Of several rounds a figure is the median. */
export function sizeTable(runs: readonly SizeRun[]): string {
  const calls = [...new Set(runs.map(({ call }) => call))];
  return [head, `|---|${"--:|".repeat(9)}`, ...calls.map((call) => rowOf(call, runs))].join("\n");
}

const head = "| call | p50 ms small | large | × | p99 ms small | large | CPU µs small | large | × | (min–max) |";

function rowOf(call: string, runs: readonly SizeRun[]): string {
  const of = (subject: string) =>
    runs.filter((run) => run.call === call && run.subject === subject).map(({ result }) => result);
  const [small, large] = [of("small"), of("large")];
  const median = (results: readonly LoadResult[], figure: (result: LoadResult) => number) =>
    spreadOf(results.map(figure)).median;
  const [p50, p50Large] = [small, large].map((results) => median(results, ({ sent }) => sent.p50));
  const [p99, p99Large] = [small, large].map((results) => median(results, ({ sent }) => sent.p99));
  const cpu = [small, large].map((results) => median(results, (result) => sampleOf(result).processorUs).toFixed(1));
  const times = ratioOf(large.map(sampleOf), small.map(sampleOf));
  const cells = [
    call,
    (p50 ?? Number.NaN).toFixed(2),
    (p50Large ?? Number.NaN).toFixed(2),
    ((p50Large ?? Number.NaN) / (p50 ?? Number.NaN)).toFixed(2),
    (p99 ?? Number.NaN).toFixed(1),
    (p99Large ?? Number.NaN).toFixed(1),
    ...cpu,
    times.median.toFixed(2),
    `(${times.min.toFixed(2)}–${times.max.toFixed(2)})`,
  ];
  return tableRow(cells);
}

export const sizeWords = ({ users, families, tenants }: Sizes): string =>
  `${users} users, ${families} refresh families, ${tenants} tenants`;

/** What was not answered well, by call and subject; or that all was. */
export function outcomeLine(runs: readonly SizeRun[]): string {
  const found = runs.flatMap(({ call, subject, round, result }) =>
    Object.entries(result.outcomes)
      .filter(([name]) => name !== "OK")
      .map(([name, count]) => `${call}, ${subject}, round ${round}: ${count} ${name}`),
  );
  return found.length === 0 ? "all answers OK" : found.join("; ");
}
