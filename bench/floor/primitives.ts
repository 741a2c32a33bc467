// What the primitives of a call cost by themselves: processor time of this process, nothing beside them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cryptographyCases } from "./primitives-cryptography.ts";
import { messageCases } from "./primitives-messages.ts";
import { grantRow } from "./row-samples.ts";
import { openTables } from "./row-statements.ts";

/** One primitive: `run` does it `times` times. */
export type Primitive = { name: string; times: number; run(): void | Promise<void> };

/** By name, in microseconds of processor time for each one, all threads. About `seconds` for each. */
export async function measurePrimitives({ seconds = 0.3 } = {}): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-primitives-"));
  const tables = openTables(join(folder, "primitives.db"));
  try {
    const all = [...(await cryptographyCases()), ...messageCases(), ...rowCases(tables)];
    const figures: Record<string, number> = {};
    for (const primitive of all) figures[primitive.name] = await processorUsEach(primitive, 1000 * seconds);
    return figures;
  } finally {
    tables.close();
    rmSync(folder, { recursive: true });
  }
}

/** A quarter of the time only warms up. */
async function processorUsEach(primitive: Primitive, milliseconds: number): Promise<number> {
  await repeat(primitive, milliseconds / 4);
  const before = process.cpuUsage();
  const runs = await repeat(primitive, milliseconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (runs * primitive.times);
}

async function repeat({ run }: Primitive, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  let runs = 0;
  for (; runs === 0 || performance.now() < end; runs++) {
    const outcome = run();
    if (outcome !== undefined) await outcome;
  }
  return runs;
}

const rowCases = ({ begin, commit, insert }: ReturnType<typeof openTables>): Primitive[] =>
  [1, 8, 32].map((size) => ({
    name: `durable row, ${size} in a commit`,
    times: size,
    run: () => {
      begin.run();
      for (let left = size; left > 0; left--) insert.run(grantRow());
      commit.run();
    },
  }));
