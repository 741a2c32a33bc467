// Starts the floor in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { processorUsOf } from "../support/processor.ts";

/**
 * What a call does for real before it answers, in this order. `verify`, `sign`: ES256 of a JWT of usual size; `hmac`:
 * HMAC-SHA-256 of a client's secret; `row`: one durable row as of a grant; `row-update`: one durable update as of a
 * refresh family. Both rows share a commit with those that came while the last one was made.
 */
export type FloorWork = "verify" | "sign" | "hmac" | "row" | "row-update";

/** `/floor/Introspect`; the answer's message is always the same `answerBytes`. */
export type FloorCall = { path: string; answerBytes: number; does: readonly FloorWork[] };

/** The database file lies in the folder. `tls` names PEM files. */
export type FloorOptions = { folder: string; tls?: { cert: string; key: string }; calls: readonly FloorCall[] };

export type Floor = {
  /** host:port of gRPC. */
  address: string;
  pid: number;
  /** Microseconds of all threads so far, user and system. */
  processorUs(): number;
  stop(): Promise<void>;
};

const script = fileURLToPath(new URL("../floor.ts", import.meta.url));

/** Rejects when the process ends before it listens. */
export async function startFloor(options: FloorOptions): Promise<Floor> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const port = await Promise.race([portIn(child), ended.then(() => Promise.reject(new Error("the floor ended")))]);
  const pid = pidOf(child);
  return {
    address: `127.0.0.1:${port}`,
    pid,
    processorUs: () => processorUsOf(pid),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function portIn({ stdout }: { stdout: Readable }): Promise<number> {
  const [line] = (await once(stdout, "data")) as [Buffer];
  return (JSON.parse(line.toString()) as { port: number }).port;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the floor did not start");
  return pid;
}
