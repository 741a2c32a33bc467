// The benchmark: the hot path's calls held against a bare gRPC server that does the same primitives, and against a peer,
// all measured in turn in one run. Prints figures; ends with 1 where a call was not answered well, never for a time.
// Usage: node bench/bench.ts [--quick] [--rounds N] [--seconds S] [--warmup S] [--calls NAME,…] [--tls off|on|both]
//   [--command PATH] [--out FILE] [--h2load]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measurePrimitives } from "./floor/primitives.ts";
import { crossCheckTable } from "./hot-path/cross-check.ts";
import { measureMode, type ModeFigures } from "./hot-path/mode.ts";
import { optionsOf } from "./hot-path/options.ts";
import { published } from "./hot-path/published.ts";
import { floorLines, hotPathTable, instanceLines, peerLines, primitiveTable } from "./hot-path/table.ts";
import { machine } from "./support/machine.ts";

const options = optionsOf(process.argv.slice(2));
const { command, calls, rounds, seconds } = options;
const home = mkdtempSync(join(tmpdir(), "tessera-bench-"));
const start = performance.now();
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
const before = machine();
print(`command: ${command}; rounds: ${rounds} of ${seconds} s; calls: ${calls.map(({ call }) => call).join(", ")}`);
try {
  const modes: ModeFigures[] = [];
  for (const tls of options.tls) {
    modes.push(await measureMode({ ...options, home, tls, signal: stop.signal }, tell));
    printMode(modes.at(-1));
  }
  tell("primitives");
  const primitives = await measurePrimitives({ seconds: options.primitiveSeconds });
  const tookSeconds = Math.round((performance.now() - start) / 1000);
  const after = machine();
  writeFileSync(
    options.out,
    `${JSON.stringify({ options, before, after, tookSeconds, modes, primitives, published }, plain, 2)}\n`,
  );
  print(`\n${primitiveTable(primitives)}\n`);
  for (const line of published) print(`published: ${line}`);
  print(`${before.processors}, ${before.memoryGiB} GiB, Node ${before.node}, ${before.date}`);
  print(`load before ${before.load[0]}, after ${after.load[0]}; took ${tookSeconds} s; figures in ${options.out}`);
  if (modes.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}

function printMode(mode: ModeFigures | undefined): void {
  if (mode === undefined) return;
  const { tls, figures, outcomes, instance, checks } = mode;
  print(`\n## TLS ${tls ? "on" : "off"}\n\n${hotPathTable(figures, outcomes)}\n`);
  for (const line of [...floorLines(figures), ...peerLines(figures), ...instanceLines(instance)]) print(`- ${line}`);
  if (checks.length > 0) print(`\n${crossCheckTable(checks)}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Where it is; not part of the figures. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** JSON knows no maps. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
