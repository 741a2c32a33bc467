// The figures as a table in Markdown: what each request costs at either size, and how many times as much at the large.
import type { Figures } from "./support/measure.ts";
import { tableRow } from "./support/markdown.ts";

export function growthTable(figures: ReadonlyMap<string, ReadonlyMap<string, Figures>>): string {
  const lines = [...figures].flatMap(([name, by]) => {
    const [small, large] = [by.get("small"), by.get("large")];
    return small && large ? [lineOf(name, small, large)] : [];
  });
  return [head, rule, ...lines].join("\n");
}

const head = "| request | p50 ms | | × | p99 ms | | CPU µs | | × |";
const rule = "|---|--:|--:|--:|--:|--:|--:|--:|--:|";

function lineOf(name: string, small: Figures, large: Figures): string {
  const cells = [
    name,
    small.p50.toFixed(2),
    large.p50.toFixed(2),
    (large.p50 / small.p50).toFixed(2),
    small.p99.toFixed(1),
    large.p99.toFixed(1),
    small.processorUs.toFixed(0),
    large.processorUs.toFixed(0),
    (large.processorUs / small.processorUs).toFixed(2),
  ];
  return tableRow(cells);
}
