// The figures as Markdown.
import type { OverloadFigures } from "./figures.ts";
import type { Overload } from "./run.ts";
import { tableRow } from "../support/markdown.ts";

export function overloadTable(figures: readonly OverloadFigures[], load: Overload): string {
  const { times, seconds, connections, streams } = load;
  const shape = `${connections} connections × ${streams} streams, ${seconds} s at ${times} × the peak`;
  const lines = figures.map((each) => tableRow(cellsOf(each)));
  return [`${shape}\n`, tableRow(head), `|---|${"--:|".repeat(head.length - 2)}---|`, ...lines].join("\n");
}

const head = [
  "call",
  "peak/s",
  "due/s",
  "sent/s",
  "held back in the load process/s",
  "goodput/s",
  "of the peak",
  "refused",
  "refusal p50 ms",
  "p99",
  "good p99 ms before",
  "during",
  "recovery s",
  "other outcomes (beside the overload)",
];

function cellsOf(figures: OverloadFigures): string[] {
  const { call, peak, due, sent, heldBack, goodput, goodputShare, refusedShare, refused } = figures;
  return [
    call,
    ...[peak, due, sent, heldBack, goodput].map((value) => value.toFixed(0)),
    percent(goodputShare),
    percent(refusedShare),
    refused?.p50.toFixed(1) ?? "–",
    refused?.p99.toFixed(1) ?? "–",
    figures.before.toFixed(1),
    figures.during.toFixed(1),
    figures.recovery?.toFixed(2) ?? "not seen",
    `${wordsOf(figures.others)} (${wordsOf(figures.othersBeside)})`,
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const wordsOf = (outcomes: Readonly<Record<string, number>>): string =>
  Object.entries(outcomes)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ") || "none";
