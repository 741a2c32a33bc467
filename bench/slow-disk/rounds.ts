// The same load with the disk as it is and with the slow one, in turn, round by round.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { LoadPlan, LoadResult } from "../support/load-plan.ts";
import { runLoad } from "../support/run-load.ts";
import { bodiesOf, type Call, targetOf } from "../world/bodies.ts";
import type { World } from "../world.ts";
import { type EventLoopDelay, eventLoopDelay, measured } from "./event-loop.ts";

/** Calls a second, each at even times. */
export type SlowDiskLoad = { seconds: number; rounds: number; exchange: number; introspect: number };

export type SlowDiskRun = {
  disk: "as it is" | "slow";
  eventLoop: EventLoopDelay;
  exchange: LoadResult;
  introspect: LoadResult;
};

const disks = ["as it is", "slow"] as const;

/** `slow` is the environment that makes the disk slow. The world is started anew for each run, and stopped in the end. */
export async function slowDiskRuns(
  first: World,
  slow: Readonly<Record<string, string>>,
  load: SlowDiskLoad,
): Promise<SlowDiskRun[]> {
  const order = Array.from({ length: load.rounds }, (_, round) => (round % 2 === 0 ? disks : disks.toReversed()));
  const file = join(first.folder, "event-loop.json");
  const runs: SlowDiskRun[] = [];
  let world = first;
  try {
    for (const disk of order.flat()) {
      world = await world.restart({ env: { ...measured(file), ...(disk === "slow" && slow) } });
      runs.push({ disk, ...(await runOf(world, file, load)) });
    }
    return runs;
  } finally {
    await world.stop();
  }
}

/** Seconds before the measured ones: the tokens of Introspect are seen in them, which a new process has not done. */
const warmup = 2;

/** Milliseconds for the load processes to start. */
const startMs = 1500;

const shape = { connections: 4, streams: 64 };

async function runOf(world: World, file: string, load: SlowDiskLoad) {
  const [introspectPlan, exchangePlan] = [
    await planOf(world, "introspect-seen", load.introspect, load.seconds),
    await planOf(world, "exchange", load.exchange, load.seconds),
  ];
  const startAt = Date.now() + startMs;
  const loads = [introspectPlan, exchangePlan].map((plan) => runLoad({ ...plan, startAt }));
  await pause(startMs + 1000 * warmup);
  await eventLoopDelay(world.pid, file);
  await pause(1000 * load.seconds);
  const eventLoop = await eventLoopDelay(world.pid, file);
  const [introspect, exchange] = await Promise.all(loads);
  if (introspect === undefined || exchange === undefined) throw new Error("a load did not run");
  return { eventLoop, introspect, exchange };
}

const planOf = async (world: World, call: Call, perSecond: number, seconds: number): Promise<LoadPlan> => ({
  target: targetOf(world, call),
  bodies: await bodiesOf(world, call),
  ...shape,
  pace: { kind: "open", perSecond },
  seconds,
  warmup,
});
