// How the cost of the hot path grows with what is stored: the same calls to an instance with 1,000 users, 1,000 refresh
// families and 10 tenants, and to one with a thousand to ten thousand times as many. Prints figures and judges nothing.
// Usage: node bench/size.ts [--command PATH] [--quick] [--users 1000000] [--families 10000000] [--tenants 10000]
//   [--spread 5000] [--rounds 5] [--seconds 4] [--per-second 500] [--calls NAME,…] [--folder KEPT] [--out FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type SizeCall, sizeCalls, sizeRuns } from "./size/rounds.ts";
import { openSubject, type Subject } from "./size/subject.ts";
import { outcomeLine, sizeTable, sizeWords } from "./size/table.ts";
import { machine } from "./support/machine.ts";
import { defaultCommand } from "./world/command.ts";

const { values: asked } = parseArgs({
  options: {
    command: { type: "string", default: defaultCommand() },
    quick: { type: "boolean", default: false },
    users: { type: "string" },
    families: { type: "string" },
    tenants: { type: "string" },
    spread: { type: "string", default: "5000" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    "per-second": { type: "string", default: "500" },
    calls: { type: "string", default: sizeCalls.join(",") },
    folder: { type: "string" },
    out: { type: "string", default: join(tmpdir(), `tessera-size-${Date.now()}.json`) },
  },
});

const usual = asked.quick
  ? { users: "20000", families: "100000", tenants: "200", rounds: "2", seconds: "2" }
  : { users: "1000000", families: "10000000", tenants: "10000", rounds: "5", seconds: "4" };
const { users, families, tenants, rounds, seconds } = { ...usual, ...asked };
const sizes = {
  small: { users: 1000, families: 1000, tenants: 10 },
  large: { users: Number(users), families: Number(families), tenants: Number(tenants) },
};
const pace = { rounds: Number(rounds), seconds: Number(seconds), perSecond: Number(asked["per-second"]) };
const calls = callsOf(asked.calls);
const home = asked.folder ?? mkdtempSync(join(tmpdir(), "tessera-size-"));
mkdirSync(home, { recursive: true, mode: 0o700 });
const before = machine();
const subjects: Subject[] = [];
try {
  for (const [name, size] of Object.entries(sizes)) {
    subjects.push(await openSubject({ name, sizes: size, home, command: asked.command, spread: Number(asked.spread) }));
    print(`- ${subjects.map(lineOf).at(-1)}`);
  }
  const runs = await sizeRuns(subjects, { ...pace, calls }, (text) => process.stderr.write(`${text}\n`));
  const after = machine();
  const folders = subjects.map((subject) => ({ ...factsOf(subject), line: lineOf(subject) }));
  writeFileSync(asked.out, `${JSON.stringify({ asked, sizes, before, after, folders, runs }, undefined, 2)}\n`);
  print(`\n${sizeTable(runs)}\n`);
  for (const { name, world } of subjects) print(`- ${name}: resident after it ${world.memoryMiB().toFixed(0)} MiB`);
  print(`${asked["per-second"]} calls/s, ${rounds} rounds of ${seconds} s each; ${outcomeLine(runs)}`);
  print(`${before.processors}, ${before.memoryGiB} GiB, Node ${before.node}, ${before.date}; command ${asked.command}`);
  print(`load before ${before.load[0]}, after ${after.load[0]}; figures in ${asked.out}`);
} finally {
  for (const { world } of subjects) await world.stop();
  if (asked.folder === undefined) rmSync(home, { recursive: true, force: true });
}

function callsOf(names: string): SizeCall[] {
  return names.split(",").map((name) => {
    const call = sizeCalls.find((known) => known === name);
    if (call === undefined) throw new Error(`--calls knows ${sizeCalls.join(", ")}, not ${name}`);
    return call;
  });
}

function factsOf({ name, mib, fillSeconds, world }: Subject) {
  return { name, mib, fillSeconds, startMs: world.startMs, users: world.users.length, memoryMiB: world.memoryMiB() };
}

function lineOf(subject: Subject): string {
  const { name, mib, fillSeconds, startMs, users } = factsOf(subject);
  const filled = fillSeconds === undefined ? "kept" : `filled in ${fillSeconds.toFixed(1)} s`;
  const size = `${sizeWords(subject.sizes)} (${users} of the users are called for)`;
  return `${name}: ${size}; ${filled}, ${mib.toFixed(0)} MiB, start to serving ${startMs.toFixed(0)} ms`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
