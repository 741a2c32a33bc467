// The crash test: kill -9 under load, many times, and nobody may notice but by a retry. Prints figures, and as its last
// line "N passed, N failed". Usage: node test/crash/run.ts [--kills 1000] [--seconds 3600] [--clients 32]
import { parseArgs } from "node:util";
import { type Report, runCampaign } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seconds: { type: "string", default: "3600" },
    clients: { type: "string", default: "32" },
  },
});
const kills = atLeastOne("kills");
const seconds = atLeastOne("seconds");
const clients = atLeastOne("clients");

/** Of the time there is, what the negative control gets at most. */
const controlShare = 0.3;

let passed = 0;
let failed = 0;

print(`Retry window as shipped: up to ${kills} kills in ${seconds} s, ${clients} clients`);
const report = await runCampaign({ kills, seconds: seconds * (1 - controlShare), clients, flags: [], twiceIn: 20 });
printFigures(report);
check(
  "F01: the service was killed under load, and answers were lost",
  report.kills > 0 && report.faults.unanswered > 0,
);
check("F01: no acknowledged token was lost", report.faults.lost.length === 0 && report.deadAtEnd === 0);
check("F01: no token has two successors", report.counts.forks === 0 && report.faults.forked.length === 0);
check("F01: nobody was logged out", report.counts.loggedOut === 0 && report.faults.ended.length === 0);
check("F01: the file and its references are whole after each kill", report.faults.damaged.length === 0);
check("the service stops in order when it is asked to", report.exitCode === 0);
check("control: the same check sees claims that the file does not bear out", report.forgedClaimSeen);

print("\nNegative control: no retry window, so that a lost answer has to log its client out");
const control = await runCampaign({
  kills: 60,
  seconds: Math.max(20, seconds * controlShare),
  clients,
  flags: ["--refresh-retry-window", "0"],
  twiceIn: 0,
  enough: ({ counts }) => counts.loggedOut >= 3,
});
printFigures(control);
check("control: the same check sees who was logged out", control.counts.loggedOut > 0);

print(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function check(name: string, holds: boolean): void {
  if (holds) passed += 1;
  else failed += 1;
  print(`${holds ? "ok  " : "FAIL"}  ${name}`);
}

function printFigures({ kills, counts, faults, readyMs, deadAtEnd }: Report): void {
  const sorted = readyMs.toSorted((a, b) => a - b);
  const codes = [...counts.codes].map(([code, count]) => `${code} ${count}`).join(", ");
  print(`      ${kills} kills, ${counts.acknowledged} acknowledged rotations, ${counts.retried} retries (${codes})`);
  print(`      ${faults.unanswered} rotations whose answer was lost`);
  print(
    `      logged out ${counts.loggedOut}, forks ${counts.forks + faults.forked.length}, lost ${faults.lost.length}`,
  );
  print(`      dead at the end ${deadAtEnd}, ended families ${faults.ended.length}, damage ${faults.damaged.length}`);
  print(`      ready after ${sorted.at(sorted.length >> 1)} ms (median), ${sorted.at(-1)} ms (longest)`);
}

function atLeastOne(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name} takes a number above 0`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
