// Stands in the server by --import: measures the delay of its serving thread's event loop. At each SIGUSR2 it writes what
// it saw since the last one to the file BENCH_EVENT_LOOP_FILE, and begins anew.
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { type EventLoopDelay, resolutionMs } from "./event-loop.ts";

const file = process.env["BENCH_EVENT_LOOP_FILE"];

if (isMainThread && file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  process.on("SIGUSR2", () => {
    // The time between two looks is in each of them, and is no delay.
    const at = (percent: number) => Math.max(0, delays.percentile(percent) / 1e6 - resolutionMs);
    const seen: EventLoopDelay = { looks: delays.count, p50: at(50), p99: at(99), max: at(100) };
    delays.reset();
    // Whole at once for whoever waits for it.
    writeFileSync(`${file}.new`, JSON.stringify(seen));
    renameSync(`${file}.new`, file);
  });
}
