// The load process: reads a LoadPlan as JSON from stdin, sends what it says, prints a LoadResult as its last line.
// It stands alone, so that what sending costs is no part of what is measured.
import { text } from "node:stream/consumers";
import { runPlan } from "./load/run-plan.ts";
import type { LoadPlan } from "./support/load-plan.ts";

// From run-load.ts, in the shape of the contract they share.
const plan = JSON.parse(await text(process.stdin)) as LoadPlan;
process.stdout.write(`${JSON.stringify(await runPlan(plan))}\n`);
