// One process that serves the world's folder, from its start to its end, and what can be read off it from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { endOf, flagsOf, memoryMiBOf } from "../support/instance.ts";
import { processorUsOf } from "../support/processor.ts";
import { ask } from "./http.ts";

export type Server = {
  /** host:port of gRPC. */
  address: string;
  /** Set with TLS: who signed the certificate of "localhost". */
  caFile?: string;
  pid: number;
  /**
   * Milliseconds from the spawn until /readyz was answered with yes, over a connection of its own, on a folder that is
   * set up; asked every five milliseconds. That door opens last.
   */
  startMs: number;
  /** Microseconds of processor time that the process has used, all threads, user and system. */
  processorUs(): number;
  /** Resident memory. */
  memoryMiB(): number;
  /** The text of /metrics. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
};

export type ServerOptions = {
  command: string;
  folder: string;
  /** PEM. The authority is trusted for upstream issuers as well. */
  files: { ca: string; cert: string; key: string };
  tls: boolean;
  /** Beside the environment of this process. */
  env?: Readonly<Record<string, string>>;
};

/** How docs/operating.md starts it. */
const asOperatingSays = { flags: ["--max-semi-space-size=8"], env: { MALLOC_ARENA_MAX: "2" } };

/** Its log, warnings and worse, goes to server.log in the folder. */
export async function startServer({ command, folder, files, tls, env: more }: ServerOptions): Promise<Server> {
  const [grpc, http] = await freeAddresses();
  const secured = tls ? { "tls-cert-file": files.cert, "tls-key-file": files.key } : undefined;
  const flags = flagsOf(folder, {
    "grpc-address": grpc,
    "http-address": http,
    "outbound-allow": "127.0.0.0/8",
    "log-level": "warn",
    ...secured,
  });
  const log = openSync(join(folder, "server.log"), "a", 0o600);
  const env = { ...process.env, ...asOperatingSays.env, NODE_EXTRA_CA_CERTS: files.ca, ...more };
  const start = performance.now();
  const child = spawn(process.execPath, [...asOperatingSays.flags, command, "serve", ...flags], {
    stdio: ["ignore", log, log],
    env,
  });
  closeSync(log);
  const ca = tls ? readFileSync(files.ca, "utf8") : undefined;
  const get = (path: string) => ask(`${tls ? "https" : "http"}://${http}${path}`, { ca });
  await untilReady(child, async () => (await get("/readyz")).status === 200, folder);
  const startMs = performance.now() - start;
  const pid = child.pid ?? 0;
  return {
    address: grpc,
    ...(tls && { caFile: files.ca }),
    pid,
    startMs,
    processorUs: () => processorUsOf(pid),
    memoryMiB: () => memoryMiBOf(pid),
    metrics: async () => (await get("/metrics")).body,
    stop: () => endOf(child),
  };
}

/** Taken beforehand, because a log of warnings does not say which port 0 became. */
async function freeAddresses(): Promise<[grpc: string, http: string]> {
  const probes = [createServer(), createServer()].map((probe) => probe.listen(0, "127.0.0.1"));
  await Promise.all(probes.map((probe) => once(probe, "listening")));
  const [grpc = "", http = ""] = probes.map((probe) => `127.0.0.1:${(probe.address() as AddressInfo).port}`);
  await Promise.all(probes.map((probe) => once(probe.close(), "close")));
  return [grpc, http];
}

const longestStartMs = 30_000;

async function untilReady(child: ChildProcess, isReady: () => Promise<boolean>, folder: string): Promise<void> {
  const end = performance.now() + longestStartMs;
  while (performance.now() < end && child.exitCode === null && child.signalCode === null) {
    if (await isReady().catch(() => false)) return;
    await pause(5);
  }
  await endOf(child);
  throw new Error(`it did not come up:\n${readFileSync(join(folder, "server.log"), "utf8").slice(-2000)}`);
}
