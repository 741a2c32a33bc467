// Makes the library that delays a process's fdatasync and fsync.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("./slow-sync.c", import.meta.url));

export const hasCompiler = (): boolean => spawnSync("cc", ["--version"]).status === 0;

/** Compiles it into the folder. Answers the environment of a process that is to have the delay. */
export function slowSync(folder: string, delayMs: number): Readonly<Record<string, string>> {
  const library = join(folder, "slow-sync.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]);
  return { LD_PRELOAD: library, BENCH_SYNC_DELAY_US: String(Math.round(1000 * delayMs)) };
}
