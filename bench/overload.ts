// What happens when several times as much is asked for as the service can do: how much is still answered well, how soon
// the rest is refused, and how soon all is well again. Prints figures and judges nothing.
// Usage: node bench/overload.ts [--command PATH] [--seconds 10] [--calls exchange,refresh,introspect-seen] [--times 5]
//   [--connections 16] [--streams 100] [--out FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { figuresOf } from "./overload/figures.ts";
import { overloadCalls, runOverload } from "./overload/run.ts";
import { overloadTable } from "./overload/table.ts";
import { machine } from "./support/machine.ts";
import { openWorld } from "./world.ts";
import { defaultCommand } from "./world/command.ts";

const { values: asked } = parseArgs({
  options: {
    command: { type: "string", default: defaultCommand() },
    seconds: { type: "string", default: "10" },
    calls: { type: "string", default: "exchange,refresh,introspect-seen" },
    times: { type: "string", default: "5" },
    connections: { type: "string", default: "16" },
    streams: { type: "string", default: "100" },
    out: { type: "string", default: join(tmpdir(), `tessera-overload-${Date.now()}.json`) },
  },
});

const calls = overloadCalls(asked.calls.split(","));
const sizes = { connections: Number(asked.connections), streams: Number(asked.streams) };
const load = { ...sizes, seconds: Number(asked.seconds), times: Number(asked.times) };
const folder = mkdtempSync(join(tmpdir(), "tessera-overload-"));
const before = machine();
try {
  const world = await openWorld({ folder, tls: false, command: asked.command });
  try {
    const runs = [];
    for (const call of calls) runs.push(await runOverload(world, call, load));
    const figures = runs.map((run) => figuresOf(run, load));
    const after = machine();
    writeFileSync(asked.out, `${JSON.stringify({ asked, before, after, figures, runs }, undefined, 2)}\n`);
    print(`${overloadTable(figures, load)}\n`);
    print(
      `${before.processors}, ${before.memoryGiB} GiB, Node ${before.node}, ${before.date}; command ${asked.command}`,
    );
    print(`load before ${before.load[0]}, after ${after.load[0]}; figures in ${asked.out}`);
  } finally {
    await world.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
