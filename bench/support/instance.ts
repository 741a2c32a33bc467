// An instance as its users run it: the real command in a process of its own, in a folder of its own, on loopback. The
// first start of a folder is set up by a declaration, whose application is the administrator.
import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processorUsOf } from "./processor.ts";

const fromSource = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));

export type Credential = { clientId: string; secret: string };

export type Instance = {
  /** host:port of gRPC. */
  address: string;
  /** Milliseconds of processor time that the process has used, all threads, user and system. */
  processorMs(): number;
  /** Resident memory in MiB. */
  memoryMiB(): number;
  /** Resolves once the work of its start is over. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

export const databaseOf = (folder: string): string => join(folder, "tessera.db");

/** Makes the folder and applies the declaration to it. Answers the credential of the application "administrator". */
export function setUp(folder: string, declaration: object): Credential {
  const { ids, secret } = prepareFolder(folder, declaration);
  const clientId = ids.get("application administrator");
  if (clientId === undefined) throw new Error("no administrator was made");
  return { clientId, secret };
}

/** `ids` by type and name, such as "application backend". `secret` is the first that was made. */
export type Prepared = { ids: ReadonlyMap<string, string>; secret: string };

/** Makes the folder, a key-encryption key in it, and what is declared. `command` is the path of the command. */
export function prepareFolder(folder: string, declaration: object, command = fromSource): Prepared {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "kek"), `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const file = join(folder, "declaration.json");
  writeFileSync(file, JSON.stringify(declaration));
  const words = [command, "apply", file, ...flagsOf(folder)];
  const printed = execFileSync(process.execPath, words, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const secret = /shown this once: (\S+)/.exec(printed)?.[1];
  if (secret === undefined) throw new Error("the declaration made no secret");
  const made = printed.matchAll(/^created (.+) \((\w+)\)$/gm);
  return { secret, ids: new Map([...made].map(([, name = "", id = ""]) => [name, id])) };
}

export async function startInstance(folder: string, flags: readonly string[] = []): Promise<Instance> {
  const words = [fromSource, "serve", ...flagsOf(folder), ...flags];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const address = await addressIn(child);
  const pid = child.pid ?? 0;
  const processorMs = () => processorUsOf(pid) / 1000;
  return {
    address,
    processorMs,
    memoryMiB: () => memoryMiBOf(pid),
    settled: () => untilQuiet(processorMs),
    stop: () => endOf(child),
  };
}

/** Resident memory of a process, in MiB. */
export const memoryMiBOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Asks a child to end and waits until it has; one that takes more than 20 seconds is killed. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(late);
}

/** Limits are out of the way; everything else is as it comes, but for `more`, by the names of the flags. */
export const flagsOf = (folder: string, more: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries({
    "data-dir": folder,
    "kek-file": join(folder, "kek"),
    issuer: "http://127.0.0.1:8080",
    "grpc-address": "127.0.0.1:0",
    "http-address": "127.0.0.1:0",
    "rate-limit-per-source": "1000000",
    "rate-limit-per-client": "1000000",
    ...more,
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

/** Quiet is less than a tenth of one processor for a second, for at most a minute. */
async function untilQuiet(processorMs: () => number): Promise<void> {
  for (let left = 60; left > 0; left--) {
    const before = processorMs();
    await pause(1000);
    if (processorMs() - before < 100) return;
  }
}
