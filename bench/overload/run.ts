// The runs of one call: its peak, a calm time at half of it, the overload, and at its very end half the peak again.
import { setTimeout as pause } from "node:timers/promises";
import { readBodies } from "../load/slots.ts";
import type { Bodies, LoadPlan, LoadResult } from "../support/load-plan.ts";
import { runLoad } from "../support/run-load.ts";
import { bodiesOf, type Call, targetOf, writeBodies } from "../world/bodies.ts";
import type { World } from "../world.ts";

/** `times` the peak for so many seconds, over so many connections with so many calls under way on each. */
export type Overload = { connections: number; streams: number; seconds: number; times: number };

/** `peaks` are closed runs, by how many calls were under way; `peak` is the best of them, in good answers a second. */
export type OverloadRun = {
  call: Call;
  peaks: { connections: number; streams: number; result: LoadResult }[];
  peak: number;
  calm: LoadResult;
  overload: LoadResult;
  recovery: LoadResult;
};

const offered: readonly Call[] = ["exchange", "refresh", "introspect-seen", "generate-token"];

/** Throws, in words, at a name that is none of these calls. */
export function overloadCalls(names: readonly string[]): Call[] {
  return names.map((name) => {
    const call = offered.find((known) => known === name);
    if (call === undefined) throw new Error(`--calls knows ${offered.join(", ")}, not ${name}`);
    return call;
  });
}

/** The windows that the recovery is read off. */
export const windowMs = 250;

/** Seconds of the runs beside the overload, and of what does not count before a peak: code is slow until it is compiled. */
const seconds = { warmup: 8, peak: 3, calm: 5, recovery: 10 };

export async function runOverload(world: World, call: Call, load: Overload): Promise<OverloadRun> {
  const target = targetOf(world, call);
  const plan = { target, warmup: 0, server: world.pid, windowMs };
  const { connections, streams } = load;
  const wide = { connections, streams };
  const peaks = [];
  for (const shape of [
    { connections: 4, streams: 16 },
    { connections: 8, streams: 100 },
  ]) {
    const [bodies] = await bodiesFor(world, call, [shape.connections * shape.streams]);
    const closed = {
      ...plan,
      ...shape,
      bodies,
      warmup: seconds.warmup,
      seconds: seconds.peak,
      pace: { kind: "closed" },
    } as const;
    peaks.push({ ...shape, result: await runLoad(closed) });
  }
  const peak = Math.max(...peaks.map(({ result }) => result.perSecond));
  const half = { ...plan, ...wide, pace: { kind: "open", perSecond: peak / 2 } } as const;
  const slots = connections * streams;
  const [first, second, third] = await bodiesFor(world, call, [slots, slots, slots]);
  const calm = await runLoad({ ...half, bodies: first, warmup: 1, seconds: seconds.calm });
  const pace = { kind: "open", perSecond: load.times * peak } as const;
  const [overload, recovery] = await inOneGo(
    { ...plan, ...wide, bodies: second, seconds: load.seconds, pace },
    { ...half, bodies: third, seconds: seconds.recovery },
  );
  return { call, peaks, peak, calm, overload, recovery };
}

/** Milliseconds for two load processes to start and to open their connections. */
const startMs = 3000;

/** The second sends its first call in the moment that the first sends its last one. */
async function inOneGo(one: LoadPlan, next: LoadPlan): Promise<[LoadResult, LoadResult]> {
  const startAt = Date.now() + startMs;
  const nextAt = startAt + 1000 * one.seconds;
  const done = await Promise.all([runLoad({ ...one, startAt }), runLoad({ ...next, startAt: nextAt })]);
  // What is left of one call is not to meet the next.
  await pause(1000);
  return done;
}

type Shares<T> = { [K in keyof T]: Bodies };

/** Bodies for runs with so many slots each. A refresh token belongs to one slot of one run. */
async function bodiesFor<const T extends readonly number[]>(world: World, call: Call, slots: T): Promise<Shares<T>> {
  if (call !== "refresh") {
    const bodies = await bodiesOf(world, call);
    return slots.map(() => bodies) as Shares<T>;
  }
  const { file, ...kind } = await bodiesOf(
    world,
    call,
    slots.reduce((sum, count) => sum + count, 0),
  );
  const messages = readBodies(file);
  let from = 0;
  const shares = slots.map((count, at) => {
    const own = `${file}-${at}`;
    writeBodies(own, messages.slice(from, from + count));
    from += count;
    return { file: own, ...kind };
  });
  return shares as Shares<T>;
}
