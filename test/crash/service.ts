// The service under test as a child process: started on the same ports and data each time, and killed without warning.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevFile } from "../../src/dev/demo.ts";

export type Service = {
  databaseFile: string;
  /** Starts it and answers how it is reached, once it says that it is ready, and after how many milliseconds. */
  start(): Promise<{ dev: DevFile; readyMs: number }>;
  /** SIGKILL, and the wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** Kills what runs and removes the data. */
  dispose(): Promise<void>;
};

const binary = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));
const startLimitMs = 30_000;

/** Takes a data folder and three free ports once, so that every start is the same instance again. */
export async function createService(flags: readonly string[]): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-crash-"));
  const [grpc, http, issuer] = await freePorts(3);
  const addresses = ["--grpc-address", `127.0.0.1:${grpc}`, "--http-address", `127.0.0.1:${http}`];
  const words = [
    binary,
    "serve",
    "--dev",
    "--data-dir",
    folder,
    ...addresses,
    "--dev-issuer-port",
    `${issuer}`,
    ...flags,
  ];
  let child: ChildProcess | undefined;
  // However this process ends, it leaves nobody behind.
  process.on("exit", () => child?.kill("SIGKILL"));

  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number | null> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return ending?.exitCode ?? null;
    const exit = once(ending, "exit") as Promise<[number | null]>;
    ending.kill(signal);
    return (await exit)[0];
  };
  return {
    databaseFile: join(folder, "tessera.db"),
    async start() {
      const startedAt = Date.now();
      child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
      const dev = await readiness(child, { folder, startedAt });
      return { dev, readyMs: Date.now() - startedAt };
    },
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    async dispose() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
}

async function readiness(
  child: ChildProcess,
  { folder, startedAt }: { folder: string; startedAt: number },
): Promise<DevFile> {
  while (Date.now() - startedAt < startLimitMs) {
    if (child.exitCode !== null) throw new Error(`the service ended with code ${child.exitCode} while it started`);
    const dev = freshDevFile(join(folder, "dev.json"), startedAt);
    const answer = dev && (await fetch(`${dev.http}/readyz`).catch(() => undefined));
    if (dev !== undefined && answer?.ok) return dev;
    await sleep(10);
  }
  throw new Error(`the service was not ready after ${startLimitMs} ms`);
}

/** The file as this start wrote it; undefined while it is the one of the start before. */
function freshDevFile(path: string, startedAt: number): DevFile | undefined {
  try {
    return statSync(path).mtimeMs < startedAt ? undefined : (JSON.parse(readFileSync(path, "utf8")) as DevFile);
  } catch {
    return undefined;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
