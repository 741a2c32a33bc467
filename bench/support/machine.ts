// What a figure was measured on, and how busy that machine was with other things.
import { cpus, loadavg, totalmem } from "node:os";

export type Machine = { date: string; node: string; processors: string; memoryGiB: number; load: readonly number[] };

export const machine = (): Machine => ({
  date: new Date().toISOString(),
  node: process.version,
  processors: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  load: loadavg().map((average) => Math.round(average * 100) / 100),
});
