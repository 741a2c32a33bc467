// The same calls to the worlds of each size, in turn, round by round, at an even pace that is the same for all.
import { readBodies } from "../load/slots.ts";
import type { Bodies, LoadPlan, LoadResult } from "../support/load-plan.ts";
import { runLoad } from "../support/run-load.ts";
import { bodiesOf, type Call, targetOf, writeBodies } from "../world/bodies.ts";
import type { World } from "../world.ts";
import type { Subject } from "./subject.ts";

export const sizeCalls = ["introspect-seen", "introspect-first", "generate-token", "exchange", "refresh"] as const;
export type SizeCall = (typeof sizeCalls)[number];

export type Pace = { rounds: number; seconds: number; perSecond: number };

/** `round` is from 1. */
export type SizeRun = { call: SizeCall; subject: string; round: number; result: LoadResult };

/** Seconds before each run that do not count. */
const warmup = 1;
const shape = { connections: 4, streams: 64 };

/** `progress` hears what is done next. */
export async function sizeRuns(
  subjects: readonly Subject[],
  { calls, ...pace }: Pace & { calls: readonly SizeCall[] },
  progress: (text: string) => void,
): Promise<SizeRun[]> {
  const runs: SizeRun[] = [];
  for (const call of calls) {
    progress(call);
    const plans = [];
    for (const { name, world } of subjects) plans.push({ name, planOf: await plannerOf(world, call, pace) });
    for (let round = 1; round <= pace.rounds; round++)
      for (const { name, planOf } of round % 2 === 1 ? plans : plans.toReversed())
        runs.push({ call, subject: name, round, result: await runLoad(planOf(round)) });
  }
  return runs;
}

/**
 * Every body is sent once, so a round begins where the one before it ended; only tokens to be introspected anew come
 * again when each user's has had its turn.
 */
async function plannerOf(world: World, call: SizeCall, pace: Pace): Promise<(round: number) => LoadPlan> {
  const { rounds, seconds, perSecond } = pace;
  const each = Math.ceil(perSecond * (seconds + warmup)) + 1;
  const messages = await messagesOf(world, call, rounds * each);
  return (round) => {
    const bodies: Bodies = { file: `${world.folder}/bodies-round` };
    const from = (round - 1) * each;
    const at = (place: number) => messages[(from + place) % messages.length] ?? Buffer.alloc(0);
    writeBodies(
      bodies.file,
      Array.from({ length: each }, (_, place) => at(place)),
    );
    const load = { target: targetOf(world, call), bodies, ...shape, server: world.pid };
    return { ...load, pace: { kind: "open", perSecond }, seconds, warmup };
  };
}

/** Of the users in turn, from the first again after the last. */
async function messagesOf(world: World, call: Call, count: number): Promise<Buffer[]> {
  const { users } = world;
  const inTurn = Array.from({ length: count }, (_, at) => users[at % users.length]);
  const asked = { ...world, users: inTurn.filter((user) => user !== undefined) };
  const { file } = await bodiesOf(asked, call, call === "introspect-seen" ? Math.min(count, users.length) : count);
  return readBodies(file);
}
