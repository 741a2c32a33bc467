// Starts what the browser talks to: the service in dev mode in a folder of its own, and the example page.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type * as Vite from "vite";

export type DevJson = { http: string; client_secret: string; public_client_id: string; email_id: string };

export type Running<Value> = Value & { stop: () => Promise<void> };

const root = resolve(import.meta.dirname, "../..");
const example = join(root, "clients/typescript/examples/web");
const startMs = 60_000;

/** Access tokens live for `ttl` seconds, so that their end can be watched. */
export async function startService(ttl: number): Promise<Running<{ dev: DevJson; devJson: string }>> {
  const dataDir = mkdtempSync(join(tmpdir(), "tessera-browser-"));
  const devJson = join(dataDir, "dev.json");
  const life = ["--access-token-ttl", `${ttl}`, "--max-access-token-ttl", `${ttl}`];
  const free = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"];
  const child = spawn(process.execPath, ["bin/tessera.js", "serve", "--dev", "--data-dir", dataDir, ...free, ...life], {
    cwd: root,
    // No TESSERA_* of the caller may bend the service under test.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4_000)));
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    if (child.exitCode === null && child.signalCode === null) await ended;
    clearTimeout(killer);
    rmSync(dataDir, { recursive: true, force: true });
  };
  for (const end = Date.now() + startMs; !existsSync(devJson); await sleep(50)) {
    if (Date.now() < end && child.exitCode === null) continue;
    await stop();
    throw new Error(`the service did not start:\n${complaints}`);
  }
  return { dev: JSON.parse(readFileSync(devJson, "utf8")) as DevJson, devJson, stop };
}

/** Builds the client package and the page, as whoever installs them would, and serves the page at `url`. */
export async function startPage(devJson: string): Promise<Running<{ url: string }>> {
  execFileSync("npm", ["run", "--silent", "build", "-w", "@tessera/client"], { cwd: root, stdio: "inherit" });
  process.env["TESSERA_DEV_JSON"] = devJson;
  // The example's own Vite, which need not be the one that hoisting put into the root.
  const path = createRequire(join(example, "package.json")).resolve("vite");
  const vite = (await import(pathToFileURL(path).href)) as Pick<typeof Vite, "build" | "preview">;
  await vite.build({ root: example, logLevel: "warn" });
  const server = await vite.preview({ root: example, logLevel: "warn" });
  return { url: "http://127.0.0.1:5173/", stop: () => server.close() };
}
