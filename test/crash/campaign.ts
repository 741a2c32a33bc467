// Kills the service under load again and again, and gathers what the clients and the file say about it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Chain, type Counts, type RunningChain, startChain } from "./chain.ts";
import { type Caller, createCaller } from "./client.ts";
import { checkFile, type FileReport } from "./file-check.ts";
import { createService, type Service } from "./service.ts";

export type CampaignOptions = {
  kills: number;
  /** No kill is begun after so many seconds. */
  seconds: number;
  clients: number;
  flags: readonly string[];
  twiceIn: number;
  /** Called after each kill; true ends the campaign early. */
  enough?(report: Report): boolean;
};

export type Report = {
  kills: number;
  counts: Counts;
  /** Added up over all kills. */
  faults: FileReport;
  readyMs: number[];
  /** Chains whose last acknowledged token did not refresh at the end. */
  deadAtEnd: number;
  exitCode: number | null;
  /** What the file check says of the same file when the clients claim two generations more than they were given. */
  forgedClaimSeen: boolean;
};

const shortestLifeMs = 50;
const longestLifeMs = 1500;
/** A flood from one address is what this is; and the log is not what is tested. */
const quiet = ["--log-level", "error", "--rate-limit-per-source", "1000000", "--rate-limit-per-client", "1000000"];

export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const service = await createService([...quiet, ...options.flags]);
  const folder = mkdtempSync(join(tmpdir(), "tessera-ledgers-"));
  try {
    return await killAgainAndAgain(options, service, folder);
  } finally {
    await service.dispose();
    rmSync(folder, { recursive: true });
  }
}

async function killAgainAndAgain(options: CampaignOptions, service: Service, folder: string): Promise<Report> {
  const report = emptyReport();
  const gate = createGate();
  let stopped = false;
  const start = async () => {
    const { dev, readyMs } = await service.start();
    report.readyMs.push(readyMs);
    gate.open(createCaller(dev));
  };
  await start();
  const parts = { counts: report.counts, up: gate.up, stopped: () => stopped, twiceIn: options.twiceIn };
  const chains = await Promise.all(
    Array.from({ length: options.clients }, (_, i) =>
      startChain({ ...parts, ledgerFile: join(folder, `${i}.ledger`) }),
    ),
  );
  const failed = Promise.race(chains.map(({ ended }) => ended));
  const end = Date.now() + options.seconds * 1000;
  while (report.kills < options.kills && Date.now() < end && options.enough?.(report) !== true) {
    // A chain that throws ends the campaign at once.
    await Promise.race([sleep(shortestLifeMs + Math.random() * (longestLifeMs - shortestLifeMs)), failed]);
    await service.kill();
    gate.close();
    report.kills += 1;
    await settle();
    addFaults(report.faults, checkFile(service.databaseFile, statesOf(chains)));
    await start();
  }
  await sleep(500);
  stopped = true;
  await Promise.all(chains.map(({ ended }) => ended));
  return finish(report, { service, chains, folder, caller: await gate.up() });
}

/** Answers that were on their way when the service died are noted within this time. */
const settle = () => sleep(30);

const statesOf = (chains: readonly RunningChain[]): Chain[] => chains.map((chain) => chain.state());

/** The last acknowledged token of each ledger still refreshes, the service stops in order, and the file is whole. */
async function finish(
  report: Report,
  { service, chains, folder, caller }: { service: Service; chains: RunningChain[]; folder: string; caller: Caller },
): Promise<Report> {
  const before = statesOf(chains);
  const outcomes = await Promise.all(chains.map((_, i) => caller.refresh(lastOf(join(folder, `${i}.ledger`)))));
  report.deadAtEnd = outcomes.filter(({ kind }) => kind !== "token").length;
  caller.close();
  report.exitCode = await service.stop();
  // These answers were not lost: nobody waited for the chains to note them.
  addFaults(report.faults, { ...checkFile(service.databaseFile, before), unanswered: 0 });
  const claims = before.map((chain) => ({ ...chain, generation: chain.generation + 2 }));
  report.forgedClaimSeen = checkFile(service.databaseFile, claims).lost.length === chains.length;
  return report;
}

const lastOf = (ledgerFile: string): string => readFileSync(ledgerFile, "utf8").trimEnd().split("\n").at(-1) ?? "";

function addFaults(sum: FileReport, more: FileReport): void {
  sum.unanswered += more.unanswered;
  for (const name of ["damaged", "lost", "forked", "ended"] as const) sum[name].push(...more[name]);
}

const emptyReport = (): Report => ({
  kills: 0,
  counts: { acknowledged: 0, retried: 0, loggedOut: 0, forks: 0, codes: new Map() },
  faults: { damaged: [], lost: [], forked: [], ended: [], unanswered: 0 },
  readyMs: [],
  deadAtEnd: 0,
  exitCode: null,
  forgedClaimSeen: false,
});

/** Lets the clients through while the service is up, and holds them while it is not. */
function createGate() {
  let caller: Caller | undefined;
  let waiting = Promise.withResolvers<Caller>();
  return {
    up: () => (caller === undefined ? waiting.promise : Promise.resolve(caller)),
    open(next: Caller) {
      caller = next;
      waiting.resolve(next);
    },
    close() {
      caller?.close();
      caller = undefined;
      waiting = Promise.withResolvers<Caller>();
    },
  };
}
