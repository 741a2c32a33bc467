// The event-loop delay of a server that was started with the preload beside this file.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** How often it is looked at; Node's default of 10 ms would miss most of what lasts 5. */
export const resolutionMs = 1;

/** Milliseconds that a timer came late, over so many looks. */
export type EventLoopDelay = { looks: number; p50: number; p99: number; max: number };

const preload = new URL("./event-loop-preload.ts", import.meta.url);

/** The environment of a server whose delay is asked for by `eventLoopDelay`. */
export const measured = (file: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${preload.href}`,
  BENCH_EVENT_LOOP_FILE: file,
});

/** What there was since it was asked the last time. Rejects when the server does not say it within five seconds. */
export async function eventLoopDelay(pid: number, file: string): Promise<EventLoopDelay> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (let left = 500; left > 0; left--) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as EventLoopDelay;
    await pause(10);
  }
  throw new Error("the server did not tell its event-loop delay");
}
