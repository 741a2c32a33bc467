// Warms the subjects of each call up, runs them in turn, round by round, and then once more at half of what each could do.
import { runLoad } from "../support/run-load.ts";
import type { Latencies, LoadPlan, LoadResult } from "../support/load-plan.ts";
import { floorName, type HotCallName } from "./calls.ts";
import { type Measured, type Sample, spreadOf } from "./figures.ts";
import type { Case, Subject } from "./subjects.ts";

export type Run = {
  call: HotCallName;
  subject: string;
  /** From 1; undefined at half load. */
  round: number | undefined;
  result: LoadResult;
  /** Bodies that should be sent once were sent again, because the run sent more calls than were foreseen. */
  repeated: boolean;
};

/** In seconds; `warmup` for each subject and call. Once `signal` is aborted no further run begins: its reason is thrown. */
export type Timing = { rounds: number; seconds: number; warmup: number; signal: AbortSignal };

/** Seconds before each run that do not count. */
const settling = 0.5;

/** Of a burst of the instance; what it is held against runs as long as ever. */
const burst = { seconds: 0.2, warmup: 0.1 };

const lengthOf = ({ hot }: Case, subject: Subject, seconds: number): Pick<LoadPlan, "seconds" | "warmup"> =>
  hot.usesUp === "burst" && subject.name === "tessera" ? burst : { seconds, warmup: settling };

/**
 * The code of a call is compiled again and again while it runs its first ten thousand times, a fifth to a third of the
 * processor time of these, and more the more code it has. Counts for nothing; what should be sent once comes round again.
 */
export async function warmUp(cases: readonly Case[], { warmup, signal }: Timing): Promise<void> {
  for (const { subjects } of cases)
    for (const subject of subjects) {
      signal.throwIfAborted();
      const { goodFor: _, ...load } = await subject.load(guessedRate);
      await runLoad({ ...load, seconds: warmup, warmup: 0, pace: { kind: "closed" } });
    }
}

/** `progress` hears of each round as it begins. */
export async function runRounds(cases: readonly Case[], timing: Timing, progress: (text: string) => void) {
  const runs: Run[] = [];
  for (let round = 1; round <= timing.rounds; round++) {
    progress(`round ${round} of ${timing.rounds}`);
    for (const one of cases)
      for (const subject of inTurn(one.subjects, round)) {
        timing.signal.throwIfAborted();
        const length = lengthOf(one, subject, timing.seconds);
        const rate = rateOf(runs, one, subject);
        runs.push(await runOf({ one, subject, round, rate, plan: { ...length, pace: { kind: "closed" } } }));
      }
  }
  return runs;
}

const inTurn = (subjects: readonly Subject[], round: number): readonly Subject[] =>
  round % 2 === 1 ? subjects : subjects.toReversed();

/** The instance and its first floor, each at even times, at half of the median of its closed runs; for twice as long. */
export async function runHalfLoad(cases: readonly Case[], closed: readonly Run[], timing: Timing): Promise<Run[]> {
  const runs: Run[] = [];
  for (const one of cases)
    for (const subject of one.subjects) {
      if (!isShown(one, subject)) continue;
      timing.signal.throwIfAborted();
      const rate = Math.max(1, rateOf(closed, one, subject) / 2);
      const plan = { seconds: 2 * timing.seconds, warmup: settling, pace: { kind: "open", perSecond: rate } } as const;
      runs.push(await runOf({ one, subject, round: undefined, rate, plan }));
    }
  return runs;
}

/** A burst is too short for a latency. */
const isShown = ({ hot: { floors, usesUp } }: Case, { name }: Subject): boolean =>
  usesUp !== "burst" && (name === "tessera" || (floors[0] !== undefined && name === floorName(floors[0])));

/** Calls a second: of the subject so far, else of one that ran beside it, else a guess. */
function rateOf(runs: readonly Run[], { hot }: Case, { name }: Subject): number {
  const beside = runs.filter(({ call }) => call === hot.call);
  const own = beside.filter(({ subject }) => subject === name);
  const rate = spreadOf((own.length > 0 ? own : beside).map(({ result }) => result.perSecond)).median;
  return Number.isNaN(rate) ? guessedRate : rate;
}

const guessedRate = 10_000;
/** So much more than foreseen a run may send. */
const reserve = 1.6;

type Asked = {
  one: Case;
  subject: Subject;
  round: number | undefined;
  rate: number;
  plan: Pick<LoadPlan, "seconds" | "warmup" | "pace">;
};

async function runOf({ one, subject, round, rate, plan }: Asked): Promise<Run> {
  const most = Math.ceil(reserve * rate * (plan.seconds + plan.warmup)) + 500;
  const { goodFor, ...load } = await subject.load(most);
  const result = await runLoad({ ...load, ...plan, server: subject.pid });
  return { call: one.hot.call, subject: subject.name, round, result, repeated: result.calls > goodFor };
}

/** The runs of a call as what figures are made of. */
export function measuredOf(runs: readonly Run[], call: HotCallName): Measured {
  const samples = new Map<string, Sample[]>();
  const halfLoad = new Map<string, Latencies>();
  for (const { subject, round, result } of runs.filter((run) => run.call === call)) {
    if (round === undefined) halfLoad.set(subject, result.sent);
    else samples.set(subject, [...(samples.get(subject) ?? []), sampleOf(result)]);
  }
  return { samples, halfLoad };
}

/** What was lost cost little or nothing, and is not counted among the answers. */
export function sampleOf({ outcomes, perSecond, processorUs = Number.NaN }: LoadResult): Sample {
  const answers = Object.entries(outcomes).filter(([name]) => name !== "lost");
  return { perSecond, processorUs: processorUs / answers.reduce((sum, [, count]) => sum + count, 0) };
}

/** What was not answered well, and what was sent again, of the runs of a call; empty where there is nothing to say. */
export function outcomesOf(runs: readonly Run[], call: HotCallName): string {
  const own = runs.filter((run) => run.call === call);
  const repeated = own.filter((run) => run.repeated).map((run) => `${nameOf(run)}: tokens came round again`);
  return [...own.flatMap(failuresOf), ...repeated].join("; ");
}

/** What was not answered well in one run. */
export const failuresOf = (run: Run): string[] => failuresIn(nameOf(run), run.result);

/** Other outcomes than OK, behind the name; no answer at all is one too. */
export function failuresIn(
  name: string,
  { outcomes, perSecond }: Pick<LoadResult, "outcomes" | "perSecond">,
): string[] {
  const others = Object.entries(outcomes).filter(([outcome]) => outcome !== "OK");
  if (others.length === 0 && perSecond > 0) return [];
  const said = others.map(([outcome, count]) => `${count} ${outcome}`);
  return [`${name}: ${said.join(", ") || "no answer"}`];
}

const nameOf = ({ subject, round }: Run): string =>
  `${subject} ${round === undefined ? "at half load" : `in round ${round}`}`;
