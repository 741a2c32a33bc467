// One client of the crash test: it holds a refresh token, writes down and fsyncs each successor that it was given, and
// after a lost answer presents the same token again.
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Caller, Outcome } from "./client.ts";

/** What went wrong from the client's side. Each name is a check of the run. */
export type Counts = {
  acknowledged: number;
  retried: number;
  loggedOut: number;
  forks: number;
  codes: Map<string, number>;
};

export type Chain = {
  familyId: string;
  /** Generation of the last token that the ledger holds on the disk. */
  generation: number;
};

export type ChainParts = {
  ledgerFile: string;
  counts: Counts;
  /** Resolves to the service's caller once it is up. */
  up(): Promise<Caller>;
  stopped(): boolean;
  /** One in how many refreshes is sent twice at once, as a client does that retries too early; 0 = none. */
  twiceIn: number;
};

export type RunningChain = { state(): Chain; ended: Promise<void> };

/** Signs in, then refreshes until it is stopped. Signs in anew where it was logged out, which it counts. */
export async function startChain(parts: ChainParts): Promise<RunningChain> {
  const ledger = await open(parts.ledgerFile, "a");
  let token = await signedIn(parts, ledger);
  const run = async () => {
    while (!parts.stopped()) {
      const outcome = await present(parts, token);
      if (outcome.kind === "token") {
        await note(ledger, outcome.refreshToken);
        parts.counts.acknowledged += 1;
        token = outcome.refreshToken;
      } else if (outcome.kind === "refused") {
        parts.counts.loggedOut += 1;
        token = await signedIn(parts, ledger);
      }
    }
    await ledger.close();
  };
  return { state: () => stateOf(token), ended: run() };
}

/** One refresh; sometimes sent twice at once, when both must be told the same. */
async function present({ counts, up, twiceIn }: ChainParts, token: string): Promise<Outcome> {
  const caller = await up();
  const twice = twiceIn > 0 && Math.random() * twiceIn < 1;
  const outcomes = await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => caller.refresh(token)));
  const successors = new Set(outcomes.flatMap((outcome) => (outcome.kind === "token" ? [outcome.refreshToken] : [])));
  if (successors.size > 1) counts.forks += 1;
  const refused = outcomes.find(({ kind }) => kind === "refused");
  const answered = refused ?? outcomes.find(({ kind }) => kind === "token") ?? outcomes[0];
  if (answered === undefined) throw new Error("nothing was sent");
  if (answered.kind === "lost") await noteLoss(counts, answered.code);
  return answered;
}

async function noteLoss(counts: Counts, code: string): Promise<void> {
  counts.retried += 1;
  counts.codes.set(code, (counts.codes.get(code) ?? 0) + 1);
  await sleep(5);
}

async function signedIn({ up, counts, stopped }: ChainParts, ledger: FileHandle): Promise<string> {
  while (!stopped()) {
    const outcome = await (await up()).signIn();
    if (outcome.kind === "token") {
      await note(ledger, outcome.refreshToken);
      return outcome.refreshToken;
    }
    await noteLoss(counts, outcome.kind === "lost" ? outcome.code : "REFUSED");
  }
  return "";
}

/** Acknowledged means on the client's disk. */
async function note(ledger: FileHandle, token: string): Promise<void> {
  await ledger.write(`${token}\n`);
  await ledger.datasync();
}

function stateOf(token: string): Chain {
  const [, familyId = "", generation = "0"] = /^rt_([0-9a-z]{21})\.([0-9]+)\./.exec(token) ?? [];
  return { familyId, generation: Number(generation) };
}
