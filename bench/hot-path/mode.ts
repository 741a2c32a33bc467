// All that is measured without TLS, or with it: the processes are opened, loaded in turn, and closed.
import { join } from "node:path";
import type { HotCall } from "./calls.ts";
import { type CrossCheck, crossCheck } from "./cross-check.ts";
import { type CallFigures, figuresOf } from "./figures.ts";
import { watchMemory } from "./memory.ts";
import { failuresOf, measuredOf, outcomesOf, type Run, runHalfLoad, runRounds, type Timing, warmUp } from "./rounds.ts";
import { openScene } from "./scene.ts";
import { caseOf } from "./subjects.ts";
import type { InstanceFigures } from "./table.ts";

export type ModeOptions = Timing & {
  home: string;
  tls: boolean;
  command: string;
  calls: readonly HotCall[];
  starts: number;
  h2load: boolean;
};

export type ModeFigures = {
  tls: boolean;
  figures: CallFigures[];
  instance: InstanceFigures;
  checks: CrossCheck[];
  /** By call, what there is to say of its answers. */
  outcomes: Map<string, string>;
  /** Of all runs, what was not answered well. */
  failures: string[];
  runs: Run[];
};

export async function measureMode(options: ModeOptions, progress: (text: string) => void): Promise<ModeFigures> {
  const { home, tls, calls, seconds } = options;
  const mode = `TLS ${tls ? "on" : "off"}`;
  await using opened = new AsyncDisposableStack();
  progress(`${mode}: starts`);
  const scene = await openScene({ ...options, folder: join(home, tls ? "tls" : "plain") }, opened);
  using memory = watchMemory(scene.world);
  const cases = calls.map((hot) => caseOf(hot, scene));
  progress(`${mode}: warm-up`);
  await warmUp(cases, options);
  const closed = await runRounds(cases, options, (text) => progress(`${mode}: ${text}`));
  progress(`${mode}: half load`);
  const runs = [...closed, ...(await runHalfLoad(cases, closed, options))];
  const checks = options.h2load ? await crossCheck(scene, seconds) : [];
  return {
    tls,
    figures: calls.map((hot) => figuresOf(hot, measuredOf(runs, hot.call))),
    instance: { startMs: scene.startMs, idleMB: scene.idleMB, loadedMB: memory.highestMB() },
    checks,
    outcomes: new Map(calls.map(({ call }) => [call, outcomesOf(runs, call)])),
    failures: [...runs.flatMap(failuresOf), ...checks.flatMap(({ failures }) => failures)],
    runs,
  };
}
