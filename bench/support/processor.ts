// The processor time of a process, finer than the ticks of /proc/<pid>/stat.
import { readdirSync, readFileSync } from "node:fs";

/** Microseconds, user and system, of all threads that still run; what threads used that have ended is not in it. */
export function processorUsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + nanosecondsOf(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1000;
}

/** The first field is the time spent on a processor. A thread may end while the others are read. */
function nanosecondsOf(file: string): number {
  try {
    return Number(readFileSync(file, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}
