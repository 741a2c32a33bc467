// Runs a plan in a process of its own: our own client, or h2load (of nghttp2) where it is installed.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { frame } from "../load/grpc.ts";
import { latenciesOf } from "../load/tally.ts";
import { readBodies } from "../load/slots.ts";
import type { LoadPlan, LoadResult } from "./load-plan.ts";

const script = fileURLToPath(new URL("../load.ts", import.meta.url));

/** Seconds that a load process may take beyond those of its plan. */
const grace = 20;

/**
 * Latencies of which there are none are NaN. Rejects when the process fails, or takes longer than it may and is ended.
 */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const printed = await output([process.execPath, script], { plan, input: JSON.stringify(plan) });
  const last = printed.trimEnd().split("\n").at(-1) ?? "";
  // JSON has no NaN and says null.
  return JSON.parse(last, (_, value: unknown) => (value === null ? Number.NaN : value)) as LoadResult;
}

export const hasH2load = (): boolean => spawnSync("h2load", ["--version"]).status === 0;

/**
 * The same by h2load, for a closed pace and one body. It does not see grpc-status: its outcomes are "HTTP 2xx" and the
 * like, or "lost", and `perSecond` counts the first. Undefined where h2load is missing.
 */
export async function runH2load(plan: LoadPlan): Promise<LoadResult | undefined> {
  if (plan.pace.kind !== "closed" || plan.bodies.follows !== undefined)
    throw new Error("h2load has a closed pace and bodies that stay the same");
  const [body, ...more] = readBodies(plan.bodies.file);
  if (body === undefined || more.length > 0) throw new Error("h2load sends one body");
  if (!hasH2load()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tessera-h2load-"));
  const [data, log] = [join(folder, "body"), join(folder, "log")];
  try {
    writeFileSync(data, plan.target.protocol === "grpc" ? frame(body) : body);
    await output(["h2load", ...wordsOf(plan), "-d", data, `--log-file=${log}`, urlOf(plan)], { plan, input: "" });
    return resultOf(readFileSync(log, "utf8"), plan.seconds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Run = { plan: Pick<LoadPlan, "seconds" | "warmup" | "startAt">; input: string };

/** What a command prints. Rejects unless it ends well within the plan's time and the grace. */
async function output([command = "", ...words]: readonly string[], { plan, input }: Run): Promise<string> {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const waits = Math.max(0, (plan.startAt ?? 0) - Date.now());
  const deadline = setTimeout(() => child.kill("SIGKILL"), waits + 1000 * (plan.seconds + plan.warmup + grace));
  // A process that ended before it read everything says why itself.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [printed, [code, signal]] = await Promise.all([
    text(child.stdout),
    once(child, "exit") as Promise<[number | null, string | null]>,
  ]).finally(() => clearTimeout(deadline));
  if (code !== 0) throw new Error(`the load process ended with ${code ?? signal}`);
  return printed;
}

function wordsOf({ target, connections, streams, seconds, warmup }: LoadPlan): string[] {
  const isGrpc = target.protocol === "grpc";
  const fields = { ...(isGrpc && { te: "trailers", "content-type": "application/grpc+proto" }), ...target.headers };
  const words = {
    "-t": 1,
    "-c": connections,
    "-m": isGrpc ? streams : 1,
    "-D": `${Math.round(1000 * seconds)}ms`,
    "--warm-up-time": `${Math.round(1000 * warmup)}ms`,
  };
  const headers = Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const sizes = Object.entries(words).map(([name, value]) => `${name}${name.startsWith("--") ? "=" : ""}${value}`);
  return [...sizes, ...headers, ...(isGrpc ? [] : ["--h1"])];
}

const urlOf = ({ target: { address, path, caFile } }: LoadPlan): string =>
  `${caFile === undefined ? "http" : "https"}://${address}${path}`;

/**
 * Lines of when a request began, its status, and microseconds until it was answered; only what was measured. The status
 * is -1 for what failed, and 0 for what was under way when the time was over, which counts for nothing.
 */
function resultOf(log: string, seconds: number): LoadResult {
  const lines = log.split("\n").filter((line) => line !== "");
  const rows = lines.map((line) => line.split("\t").map(Number)).filter(([, status]) => status !== 0);
  const outcomes: Record<string, number> = {};
  for (const [, status = -1] of rows) {
    const name = status < 0 ? "lost" : `HTTP ${Math.floor(status / 100)}xx`;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  const good = rows.filter(([, status = -1]) => status >= 200 && status < 300);
  const taken = latenciesOf(Float64Array.from(good, ([, , microseconds = Number.NaN]) => microseconds / 1000));
  return {
    outcomes,
    seconds,
    perSecond: good.length / seconds,
    due: taken,
    sent: taken,
    refused: undefined,
    unsent: 0,
    calls: rows.length,
    processorUs: undefined,
  };
}
