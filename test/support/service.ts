// A service as its users run it: the real command in its own process, in dev mode, in a folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DevFile } from "../../src/dev/demo.ts";

const command = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));

export type Service = {
  dev: DevFile;
  child: ChildProcess;
  dataDir: string;
  /** All it printed so far. */
  output(): string;
  /** SIGTERM, then waits; answers the exit code. */
  stop(): Promise<number | null>;
  /** Removes its folder. */
  clean(): void;
};

export type ServiceOptions = {
  dataDir?: string;
  flags?: readonly string[];
  env?: Record<string, string>;
  timeoutMs?: number;
};

/** Starts `tessera serve --dev` on free ports and answers once dev.json is there. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "tessera-"));
  const file = join(dataDir, "dev.json");
  const ports = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"];
  const words = [command, "serve", "--dev", "--data-dir", dataDir, ...ports, ...(options.flags ?? [])];
  const child = spawn(process.execPath, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  let printed = "";
  const keep = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  await ready(
    child,
    () => printed.includes("dev.json"),
    options.timeoutMs ?? 20_000,
    () => printed,
  );
  const dev = JSON.parse(readFileSync(file, "utf8")) as DevFile;
  return {
    dev,
    child,
    dataDir,
    output: () => printed,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
    clean: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

async function ready(
  child: ChildProcess,
  isReady: () => boolean,
  timeoutMs: number,
  printed: () => string,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isReady()) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}:\n${printed()}`);
    if (Date.now() > end) throw new Error(`the service was not ready in time:\n${printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The development issuer's access token for one of its people. */
export async function devToken({ upstream }: DevFile, username = upstream.example_body.username): Promise<string> {
  const answer = await fetch(upstream.token_endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...upstream.example_body, username }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Calls a procedure over tRPC with HTTP Basic, and answers its data. */
export async function callTrpc(dev: DevFile, procedure: string, input: unknown): Promise<Record<string, unknown>> {
  const credentials = Buffer.from(`${dev.client_id}:${dev.client_secret}`).toString("base64");
  const answer = await fetch(`${dev.http}/trpc/${procedure}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${credentials}` },
    body: JSON.stringify(input),
  });
  const body = (await answer.json()) as { result?: { data: Record<string, unknown> }; error?: { message: string } };
  if (body.result === undefined) throw new Error(`${procedure}: ${answer.status} ${body.error?.message}`);
  return body.result.data;
}
