// One plan from its first call to its figures: keeps the slots busy at the plan's pace and notes every answer.
import { setTimeout as pause } from "node:timers/promises";
import type { LoadPlan, LoadResult } from "../support/load-plan.ts";
import { processorUsOf } from "../support/processor.ts";
import { createPace, type Pace } from "./pace.ts";
import { createTally, type Tally } from "./tally.ts";
import { openSlots, type Slot } from "./slots.ts";
import { startTicker } from "./ticker.ts";

/** Milliseconds that answers may still take once nothing is sent any more. */
const patience = 5000;

/** Milliseconds a slot rests when its answer was lost, so that a server that is gone is not called in a tight loop. */
const rest = 20;

/**
 * Latencies are those of good answers, and of refused ones by themselves. What is under way when the time is over is
 * waited for, and counted only where it never comes. Throws where no connection can be made.
 */
export async function runPlan(plan: LoadPlan): Promise<LoadResult> {
  const { slots, giveUp, close } = await openSlots(plan);
  const tally = createTally(plan.windowMs);
  await pause(Math.max(0, (plan.startAt ?? 0) - Date.now()));
  const start = performance.now();
  const run = startRun({ slots, giveUp, tally, pace: createPace(plan.pace, start) });
  const still =
    plan.pace.kind === "open" ? startTicker({ start, step: 1000 / plan.pace.perSecond }, run.sendDue) : never;
  await pause(1000 * plan.warmup);
  const processor = startProcessor(plan.server);
  tally.begin(performance.now());
  await pause(1000 * plan.seconds);
  const now = performance.now();
  tally.end(now);
  const processorUs = processor();
  still();
  const unsent = run.stop(now);
  await run.quiet(patience);
  tally.lose(run.underWay());
  close();
  return { ...tally.result(), unsent, calls: run.calls(), processorUs };
}

const never = (): void => {};

/** Microseconds of the server's processor time from now on. Read here, so that they are those of the answers counted. */
function startProcessor(server: number | undefined): () => number | undefined {
  if (server === undefined) return () => undefined;
  const before = processorUsOf(server);
  return () => processorUsOf(server) - before;
}

type Parts = { slots: readonly Slot[]; giveUp(): void; tally: Tally; pace: Pace };

function startRun({ slots, giveUp, tally, pace }: Parts) {
  const free = [...slots];
  const over = Promise.withResolvers<void>();
  let underWay = 0;
  let calls = 0;
  let unsent = 0;
  let stopped = false;

  const send = (slot: Slot, due: number) => {
    underWay += 1;
    calls += 1;
    slot.call(({ outcome, sent }) => {
      underWay -= 1;
      if (outcome === "unsent") unsent += 1;
      else tally.add(outcome, { due, sent, answered: performance.now() });
      if (stopped && underWay === 0) over.resolve();
      if (outcome === "lost") setTimeout(release, rest, slot);
      else release(slot);
    });
  };
  const release = (slot: Slot) => {
    free.push(slot);
    sendDue();
  };
  const sendDue = () => {
    if (stopped) return;
    while (free.length > 0) {
      const due = pace.next(performance.now());
      const slot = due === undefined ? undefined : free.shift();
      if (due === undefined || slot === undefined) return;
      send(slot, due);
    }
  };

  sendDue();
  return {
    /** Sends what is due, as far as slots are free; it does so by itself whenever one gets free. */
    sendDue,
    underWay: () => underWay,
    calls: () => calls,
    /** Sends nothing more. Answers how many calls were due and not sent. */
    stop: (now: number): number => {
      stopped = true;
      giveUp();
      if (underWay === 0) over.resolve();
      return pace.overdue(now) + unsent;
    },
    /** Resolves once nothing is under way, or after so many milliseconds. */
    quiet: (most: number) => Promise.race([over.promise, pause(most, undefined, { ref: false })]),
  };
}
