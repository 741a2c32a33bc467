// The service as it is shipped: built into a folder with nothing above it but the one package that stays outside.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { build } from "../../scripts/build.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";

// Processes are started, and beside other tests that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
let dist: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-build-"));
  dist = join(folder, "dist");
  await build(dist);
  // As an installation has it; Node follows the link, so what the package needs itself is found from the repository.
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules/better-sqlite3"), join(folder, "node_modules/better-sqlite3"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Running = { child: ChildProcess; grpc: string; http: string };

/** Starts the built command and answers where it serves, which its log says. */
async function serve(): Promise<Running> {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "kek"), `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const flags = { "data-dir": data, "kek-file": join(data, "kek"), issuer: "https://auth.test" };
  const ports = { "grpc-address": "127.0.0.1:0", "http-address": "127.0.0.1:0" };
  const words = Object.entries({ ...flags, ...ports }).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(dist, "tessera.js"), "serve", ...words], { cwd: folder });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (chunk: Buffer) => (printed += chunk));
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`it ended:\n${printed}`)));
  while (!printed.includes('"serving"')) await Promise.race([once(child.stdout, "data"), ended]);
  const [, grpc, http] = /"grpc":(\d+),"http":(\d+)/.exec(printed) ?? [];
  ended.catch(() => undefined);
  return { child, grpc: `127.0.0.1:${grpc}`, http: `http://127.0.0.1:${http}` };
}

/** Calls with a message as bytes and answers its answer, or the gRPC status. */
function call(address: string, path: string, request: Uint8Array = new Uint8Array()): Promise<Buffer | status> {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  return new Promise<Buffer | status>((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(request), (error, answer) =>
      resolve(error?.code ?? answer ?? status.UNKNOWN),
    );
  }).finally(() => client.close());
}

async function health(address: string): Promise<Status | undefined> {
  const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
  const answer = await call(address, "/grpc.health.v1.Health/Check", request);
  return typeof answer === "number" ? undefined : fromBinary(HealthCheckResponseSchema, answer).status;
}

describe("the build", () => {
  it("serves on both doors, writes through its thread, and ends with SIGTERM", async () => {
    const { child, grpc, http } = await serve();
    try {
      expect(await health(grpc)).toBe(Status.SERVING);
      // Its rules are compiled otherwise than in the source.
      expect(await call(grpc, "/tessera.admin.v1.BootstrapService/Bootstrap")).toBe(status.INVALID_ARGUMENT);
      const ready = await fetch(`${http}/readyz`);
      expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }]);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("holds every migration as it is in the source", () => {
    const migrations = (at: string) =>
      globSync("**/*.{sql,json}", { cwd: at })
        .sort()
        .map((name) => [name, readFileSync(join(at, name), "utf8")]);
    const source = migrations(join(root, "src/store/migrations/sqlite"));
    expect(source.length).toBeGreaterThan(0);
    expect(migrations(join(dist, "migrations/sqlite"))).toEqual(source);
  });

  it("asks for no package but the native one and those loaded on demand", () => {
    const asked = globSync("*.js", { cwd: dist }).flatMap((name) => {
      const text = readFileSync(join(dist, name), "utf8");
      const named = text.matchAll(/(?:\bfrom|\bimport|\b__require\(|\bimport\()\s*["'`](@?[\w-]+[\w./-]*)["'`]/g);
      return [...named].map(([, id = ""]) => id).filter((id) => !isBuiltin(id));
    });
    expect([...new Set(asked)].sort()).toEqual(["@grpc/reflection", "better-sqlite3"]);
  });

  it("is text that Node holds at one byte a sign, where its code is largest", () => {
    for (const name of ["main.js", "sqlite-file.js"])
      expect(readFileSync(join(dist, name), "utf8")).not.toMatch(/[\u0100-\uffff]/);
  });
});
