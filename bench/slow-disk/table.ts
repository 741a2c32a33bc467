// The figures as Markdown: medians over the rounds, and how many times as much with the slow disk.
import { spreadOf } from "../hot-path/figures.ts";
import type { SlowDiskRun } from "./rounds.ts";
import { tableRow } from "../support/markdown.ts";

export function slowDiskTable(runs: readonly SlowDiskRun[], delayMs: number): string {
  const lines = rows.map(([name, of]) => {
    const [asItIs, slow] = (["as it is", "slow"] as const).map((disk) =>
      spreadOf(runs.filter((run) => run.disk === disk).map(of)),
    );
    if (asItIs === undefined || slow === undefined) return "";
    const cells = [name, saidOf(asItIs), saidOf(slow), (slow.median / asItIs.median).toFixed(2)];
    return tableRow(cells);
  });
  const head = `| ms | disk as it is (min–max) | ${delayMs} ms added to each sync | × |`;
  return [head, "|---|--:|--:|--:|", ...lines].join("\n");
}

/** Of the latencies from the sending. */
const rows: readonly (readonly [name: string, of: (run: SlowDiskRun) => number])[] = [
  ["event-loop delay p50", ({ eventLoop }) => eventLoop.p50],
  ["event-loop delay p99", ({ eventLoop }) => eventLoop.p99],
  ["Introspect p50", ({ introspect }) => introspect.sent.p50],
  ["Introspect p99", ({ introspect }) => introspect.sent.p99],
  ["Exchange p50", ({ exchange }) => exchange.sent.p50],
  ["Exchange p99", ({ exchange }) => exchange.sent.p99],
];

const saidOf = ({ median, min, max }: ReturnType<typeof spreadOf>): string =>
  `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;

/** What was not answered well, by call and disk; or that all was. */
export function outcomeLine(runs: readonly SlowDiskRun[]): string {
  const found = runs.flatMap(({ disk, exchange, introspect }) =>
    Object.entries({ exchange, introspect }).flatMap(([call, { outcomes, unsent }]) =>
      Object.entries({ ...outcomes, unsent })
        .filter(([name, count]) => name !== "OK" && count > 0)
        .map(([name, count]) => `${call}, disk ${disk}: ${count} ${name}`),
    ),
  );
  return found.length === 0 ? "all answers OK" : found.join("; ");
}
