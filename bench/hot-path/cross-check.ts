// The same by h2load, another's client, as a check of ours. It cannot see grpc-status, so a few calls of our own client
// go along with each of its runs and look at it.
import { join } from "node:path";
import { runH2load, runLoad } from "../support/run-load.ts";
import type { LoadResult, Target } from "../support/load-plan.ts";
import { bodiesOf, type Call, targetOf, writeBodies } from "../world/bodies.ts";
import type { HotCallName } from "./calls.ts";
import type { Sample } from "./figures.ts";
import { failuresIn } from "./rounds.ts";
import { floorPath, type Scene } from "./scene.ts";
import { floorTarget } from "./subjects.ts";
import { tableRow } from "../support/markdown.ts";

export type CrossCheck = { call: HotCallName; tessera: Sample; floor: Sample; failures: string[] };

/** Those whose body may stay the same, and what they are called there. */
const checked: readonly { call: HotCallName; body: Call }[] = [
  { call: "introspect-seen", body: "introspect-one" },
  { call: "generate-token", body: "generate-token" },
];

/** Of those calls that the scene was made for. Needs h2load. */
export async function crossCheck(scene: Scene, seconds: number): Promise<CrossCheck[]> {
  const { world, floor, folder, sizes } = scene;
  const done: CrossCheck[] = [];
  for (const { call, body } of checked.filter(({ call }) => sizes.has(call))) {
    const { file } = await bodiesOf(world, body, 1);
    const tessera = await checkOf(world, { target: targetOf(world, body), file, seconds });
    const sameSize = join(folder, `bodies-h2load-${call}`);
    writeBodies(sameSize, [Buffer.alloc(sizes.get(call)?.request ?? 0, "floor")]);
    const target = floorTarget(scene, floorPath(call, 0));
    const floored = await checkOf(floor, { target, file: sameSize, seconds });
    const failures = [...saidOf("tessera", tessera.results), ...saidOf("floor", floored.results)];
    done.push({ call, tessera: tessera.sample, floor: floored.sample, failures });
  }
  return done;
}

type Check = { target: Target; file: string; seconds: number };

/** No warm-up, so that all answers are counted for which processor time was spent. */
async function checkOf(server: Pick<Scene["world"], "processorUs">, { target, file, seconds }: Check) {
  const plan = { target, bodies: { file }, seconds, warmup: 0 };
  const before = server.processorUs();
  const [counted, looked] = await Promise.all([
    runH2load({ ...plan, connections: 4, streams: 16, pace: { kind: "closed" } }),
    runLoad({ ...plan, connections: 1, streams: 4, pace: { kind: "open", perSecond: lookedAt } }),
  ]);
  const spent = server.processorUs() - before;
  if (counted === undefined) throw new Error("h2load is not installed");
  const sample: Sample = { perSecond: counted.perSecond, processorUs: spent / (counted.calls + looked.calls) };
  return { sample, results: [counted, looked] };
}

/** Calls a second. */
const lookedAt = 50;

const saidOf = (name: string, results: readonly LoadResult[]): string[] =>
  results.flatMap(({ outcomes: { "HTTP 2xx": good, ...others }, perSecond }) =>
    failuresIn(`${name} by h2load`, { outcomes: good === undefined ? others : { OK: good, ...others }, perSecond }),
  );

export function crossCheckTable(checks: readonly CrossCheck[]): string {
  const lines = checks.map(({ call, tessera, floor, failures }) => {
    const figures = [tessera.perSecond.toFixed(0), tessera.processorUs.toFixed(1), floor.perSecond.toFixed(0)];
    const times = (tessera.processorUs / floor.processorUs).toFixed(2);
    const cells = [call, ...figures, floor.processorUs.toFixed(1), times, failures.join("; ") || "all OK"];
    return tableRow(cells);
  });
  const head = "| by h2load, one body | calls/s | CPU µs | floor calls/s | floor µs | × | answers |";
  return [head, "|---|--:|--:|--:|--:|--:|---|", ...lines].join("\n");
}
