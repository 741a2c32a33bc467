// What a slow disk does to those who need none: the same instance with and without some milliseconds added to each
// fdatasync and fsync, while Exchange writes and Introspect only reads. Prints figures and judges nothing.
// Usage: node bench/slow-disk.ts [--command PATH] [--delay-ms 5] [--seconds 10] [--rounds 3] [--exchange 200]
//   [--introspect 1000] [--out FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { slowDiskRuns } from "./slow-disk/rounds.ts";
import { hasCompiler, slowSync } from "./slow-disk/slow-sync.ts";
import { outcomeLine, slowDiskTable } from "./slow-disk/table.ts";
import { machine } from "./support/machine.ts";
import { openWorld } from "./world.ts";
import { defaultCommand } from "./world/command.ts";

const { values: asked } = parseArgs({
  options: {
    command: { type: "string", default: defaultCommand() },
    "delay-ms": { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    exchange: { type: "string", default: "200" },
    introspect: { type: "string", default: "1000" },
    out: { type: "string", default: join(tmpdir(), `tessera-slow-disk-${Date.now()}.json`) },
  },
});

if (hasCompiler()) await run();
else print("the slow disk is made by a C library, and there is no cc here to compile it");

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-slow-disk-"));
  const before = machine();
  try {
    const delayMs = Number(asked["delay-ms"]);
    const slow = slowSync(folder, delayMs);
    const [seconds, rounds, exchange, introspect] = [
      Number(asked.seconds),
      Number(asked.rounds),
      Number(asked.exchange),
      Number(asked.introspect),
    ];
    const opened = await openWorld({ folder: join(folder, "world"), tls: false, command: asked.command });
    const runs = await slowDiskRuns(opened, slow, { seconds, rounds, exchange, introspect });
    const after = machine();
    writeFileSync(asked.out, `${JSON.stringify({ asked, before, after, runs }, undefined, 2)}\n`);
    print(`${slowDiskTable(runs, delayMs)}\n`);
    print(
      `${exchange} Exchange/s and ${introspect} Introspect/s, ${rounds} rounds of ${seconds} s; ${outcomeLine(runs)}`,
    );
    print(
      `${before.processors}, ${before.memoryGiB} GiB, Node ${before.node}, ${before.date}; command ${asked.command}`,
    );
    print(`load before ${before.load[0]}, after ${after.load[0]}; figures in ${asked.out}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
