// An instance as its users run it: the real command in a process of its own, in a folder of its own, on loopback. The
// first start of a folder is set up by a declaration, whose application is the administrator.
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));

export type Credential = { clientId: string; secret: string };

export type Instance = {
  /** host:port of gRPC. */
  address: string;
  /** Milliseconds of processor time that the process has used, all threads, user and system; in steps of ten. */
  processorMs(): number;
  /** Resident memory in MiB. */
  memoryMiB(): number;
  /** Resolves once the work of its start is over. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

export const databaseOf = (folder: string): string => join(folder, "tessera.db");

/** Makes the folder and applies the declaration to it. Answers the credential of the first secret that was made. */
export function setUp(folder: string, declaration: object): Credential {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "kek"), `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const file = join(folder, "declaration.json");
  writeFileSync(file, JSON.stringify(declaration));
  const printed = execFileSync(process.execPath, [command, "apply", file, ...flagsOf(folder)], { encoding: "utf8" });
  const secret = /shown this once: (\S+)/.exec(printed)?.[1];
  const clientId = /application administrator \((\w+)\)/.exec(printed)?.[1];
  if (secret === undefined || clientId === undefined) throw new Error(`no administrator was made:\n${printed}`);
  return { clientId, secret };
}

export async function startInstance(folder: string, flags: readonly string[] = []): Promise<Instance> {
  const words = [command, "serve", ...flagsOf(folder), ...flags];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const address = await addressIn(child);
  const processorMs = () => processorMsOf(child.pid ?? 0);
  return {
    address,
    processorMs,
    memoryMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    settled: () => untilQuiet(processorMs),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Limits are out of the way; everything else is as it comes. */
const flagsOf = (folder: string): string[] =>
  Object.entries({
    "data-dir": folder,
    "kek-file": join(folder, "kek"),
    issuer: "http://127.0.0.1:8080",
    "grpc-address": "127.0.0.1:0",
    "http-address": "127.0.0.1:0",
    "rate-limit-per-source": "1000000",
    "rate-limit-per-client": "1000000",
  }).flatMap(([name, value]) => [`--${name}`, value]);

/** Reads on after the answer: a log that nobody reads would stop the process. */
function addressIn(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    const port = /"grpc":(\d+)/.exec(printed)?.[1];
    if (port !== undefined) resolve(`127.0.0.1:${port}`);
  });
  child.once("exit", () => reject(new Error(`it ended:\n${printed}`)));
  return promise;
}

/** Fields 14 and 15 of proc(5), in ticks of ten milliseconds; the name before them may hold spaces. */
function processorMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Quiet is less than a tenth of one processor for a second, for at most a minute. */
async function untilQuiet(processorMs: () => number): Promise<void> {
  for (let left = 60; left > 0; left--) {
    const before = processorMs();
    await pause(1000);
    if (processorMs() - before < 100) return;
  }
}
