// How the cost of management grows with a tenant: the same requests to an instance with 1,000 applications and users and
// to one with 100,000 applications and 1,000,000 users, in turns. Prints figures and judges nothing.
// Usage: node bench/growth.ts [--quick] [--out FILE] [--rounds N] [--requests N] [--only WORDS] [--folder KEPT]
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { casesOf } from "./growth-cases.ts";
import { growthDeclaration } from "./growth-declaration.ts";
import { type Filled, fill, type Sizes } from "./growth-fill.ts";
import { growthTable } from "./growth-table.ts";
import { createCaller } from "./support/caller.ts";
import { type Credential, databaseOf, setUp, startInstance } from "./support/instance.ts";
import { machine } from "./support/machine.ts";
import { measure } from "./support/measure.ts";

const { values: asked } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "100" },
    only: { type: "string", default: "" },
    folder: { type: "string" },
  },
});

const sizes: Record<string, Sizes> = {
  small: { application: 1000, user: 1000 },
  large: asked.quick ? { application: 20_000, user: 20_000 } : { application: 100_000, user: 1_000_000 },
};
const home = asked.folder ?? mkdtempSync(join(tmpdir(), "tessera-growth-"));
const before = machine();
const subjects = await Promise.all(Object.entries(sizes).map(([name, size]) => subjectOf(name, size)));
for (const { instance } of subjects) await instance.settled();
const figures = await measure(subjects, { rounds: Number(asked.rounds), requests: Number(asked.requests) });
const after = machine();
const memory = Object.fromEntries(subjects.map(({ name, instance }) => [name, Math.round(instance.memoryMiB())]));
for (const { close } of subjects) await close();
if (asked.folder === undefined) rmSync(home, { recursive: true, force: true });

const out = asked.out ?? join(tmpdir(), `tessera-growth-${Date.now()}.json`);
const plain = Object.fromEntries([...figures].map(([name, by]) => [name, Object.fromEntries(by)]));
writeFileSync(out, `${JSON.stringify({ sizes, before, after, memory, figures: plain }, undefined, 2)}\n`);
print(growthTable(figures));
print(`${before.processors}, ${before.memoryGiB} GiB, Node ${before.node}, ${before.date}`);
print(
  `load before ${before.load[0]}, after ${after.load[0]}; resident MiB ${JSON.stringify(memory)}; figures in ${out}`,
);

async function subjectOf(name: string, size: Sizes) {
  const folder = join(home, name);
  const { credential, filled } = filledFolder(folder, name, size);
  const instance = await startInstance(folder);
  const caller = createCaller(instance.address, credential);
  const { projects } = await caller.call("project.listProjects", {});
  const [project] = projects as { id: string }[];
  const cases = casesOf({ caller, known: filled, projectId: project?.id ?? "" });
  const close = async () => {
    caller.close();
    await instance.stop();
    keep(folder, { credential, filled });
  };
  return { name, instance, close, cases: cases.filter((each) => each.name.includes(asked.only)) };
}

type Made = { credential: Credential; filled: Filled };

function noteOf(folder: string): string {
  return `${folder}.json`;
}

/** What is known of a folder changes with what is created and deleted in it. */
function keep(folder: string, made: Made): void {
  if (asked.folder !== undefined) writeFileSync(noteOf(folder), JSON.stringify(made), { mode: 0o600 });
}

function filledFolder(folder: string, name: string, size: Sizes): Made {
  if (existsSync(noteOf(folder))) return JSON.parse(readFileSync(noteOf(folder), "utf8")) as Made;
  const credential = setUp(folder, growthDeclaration);
  const start = performance.now();
  const made = { credential, filled: fill(databaseOf(folder), size) };
  const [seconds, mib] = [(performance.now() - start) / 1000, statSync(databaseOf(folder)).size / 2 ** 20];
  print(`${name}: filled in ${seconds.toFixed(1)} s, ${mib.toFixed(0)} MiB`);
  keep(folder, made);
  return made;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
