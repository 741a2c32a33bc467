// What the benchmark is asked to do, from its command line.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasH2load } from "../support/run-load.ts";
import { defaultCommand } from "../world/command.ts";
import { type HotCall, hotCalls } from "./calls.ts";

export type Options = {
  /** The path of what is measured. */
  command: string;
  rounds: number;
  /** Of each run; and of each primitive, about. Twice as long at half load. */
  seconds: number;
  /** Before the rounds, for each call of each process. */
  warmup: number;
  primitiveSeconds: number;
  /** Starts that are timed. */
  starts: number;
  calls: readonly HotCall[];
  /** Off, on, or one after the other. */
  tls: readonly boolean[];
  out: string;
  h2load: boolean;
};

/** Throws, in words, at what it does not know. */
export function optionsOf(words: readonly string[]): Options {
  const { values } = parseArgs({ args: [...words], options: known });
  const { quick, h2load } = values;
  if (h2load && !hasH2load()) throw new Error("h2load is not installed; it comes with nghttp2");
  return {
    command: values.command ?? defaultCommand(),
    rounds: numberOf(values.rounds ?? (quick ? "2" : "5"), "rounds"),
    seconds: numberOf(values.seconds ?? "1", "seconds"),
    warmup: numberOf(values.warmup ?? (quick ? "1" : "10"), "warmup"),
    primitiveSeconds: quick ? 0.1 : 0.3,
    starts: quick ? 1 : 5,
    calls: callsOf(values.calls),
    tls: tlsOf(values.tls ?? (quick ? "off" : "both")),
    out: values.out ?? join(tmpdir(), `tessera-bench-${Date.now()}.json`),
    h2load,
  };
}

const known = {
  quick: { type: "boolean", default: false },
  rounds: { type: "string" },
  seconds: { type: "string" },
  warmup: { type: "string" },
  calls: { type: "string" },
  tls: { type: "string" },
  command: { type: "string" },
  out: { type: "string" },
  h2load: { type: "boolean", default: false },
} as const;

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`--${name} is a number above 0, not ${text}`);
  return value;
}

function callsOf(names: string | undefined): readonly HotCall[] {
  if (names === undefined) return hotCalls;
  return names.split(",").map((name) => {
    const hot = hotCalls.find(({ call }) => call === name);
    if (hot === undefined) throw new Error(`--calls knows ${hotCalls.map(({ call }) => call).join(", ")}, not ${name}`);
    return hot;
  });
}

function tlsOf(word: string): readonly boolean[] {
  const modes = { off: [false], on: [true], both: [false, true] }[word];
  if (modes === undefined) throw new Error(`--tls is off, on or both, not ${word}`);
  return modes;
}
