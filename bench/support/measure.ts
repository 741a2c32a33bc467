// Runs the same cases against several instances in turns, so that whatever else the machine does meets all of them alike.
import { latenciesOf } from "../load/tally.ts";
import type { Instance } from "./instance.ts";

export type Case = {
  name: string;
  /** One request. What it needs besides is done before, in `prepare`. */
  request(): Promise<unknown>;
  prepare?(): Promise<unknown>;
};

/** Milliseconds of each request, and of processor time for all of them together. */
export type Sample = { latencies: number[]; processorMs: number };

/** `p50` and `p99` are milliseconds, `processorUs` microseconds of the server for one request. */
export type Figures = { requests: number; p50: number; p99: number; processorUs: number };

export type Subject = { name: string; instance: Pick<Instance, "processorMs">; cases: readonly Case[] };

export type Plan = { rounds: number; requests: number };

/** By case, then by subject. Every subject has the same cases. */
export async function measure(
  subjects: readonly Subject[],
  { rounds, requests }: Plan,
): Promise<Map<string, Map<string, Figures>>> {
  const samples: Samples = new Map();
  // The first round only warms up.
  await inTurns(subjects, requests, new Map());
  for (let round = 0; round < rounds; round++)
    await inTurns(round % 2 === 0 ? subjects : subjects.toReversed(), requests, samples);
  return new Map([...samples].map(([name, by]) => [name, new Map([...by].map(([of, all]) => [of, figuresOf(all)]))]));
}

type Samples = Map<string, Map<string, Sample>>;

async function inTurns(subjects: readonly Subject[], requests: number, samples: Samples): Promise<void> {
  for (const [at, { name }] of (subjects[0]?.cases ?? []).entries())
    for (const subject of subjects)
      add(samples, { name, of: subject.name, sample: await sampleOf(subject, subject.cases[at], requests) });
}

async function sampleOf({ instance }: Subject, each: Case | undefined, requests: number): Promise<Sample> {
  if (each === undefined) throw new Error("the subjects have different cases");
  await each.prepare?.();
  const latencies: number[] = [];
  const before = instance.processorMs();
  for (let left = requests; left > 0; left--) {
    const start = performance.now();
    await each.request();
    latencies.push(performance.now() - start);
  }
  return { latencies, processorMs: instance.processorMs() - before };
}

function add(samples: Samples, { name, of, sample }: { name: string; of: string; sample: Sample }): void {
  const by = samples.get(name) ?? new Map<string, Sample>();
  const known = by.get(of) ?? { latencies: [], processorMs: 0 };
  known.latencies.push(...sample.latencies);
  by.set(of, { ...known, processorMs: known.processorMs + sample.processorMs });
  samples.set(name, by);
}

function figuresOf({ latencies, processorMs }: Sample): Figures {
  const { p50, p99 } = latenciesOf(Float64Array.from(latencies));
  return { requests: latencies.length, p50, p99, processorUs: (1000 * processorMs) / latencies.length };
}
