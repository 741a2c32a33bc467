import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import Sqlite from "better-sqlite3";
import { expect, it, onTestFinished, vi } from "vitest";
import { measurePrimitives } from "../../bench/floor/primitives.ts";
import { startFloor } from "../../bench/floor/start.ts";

// Processes are started, and beside other tests that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const asIs = (bytes: Buffer): Buffer => bytes;

it("the floor does the work of each call and answers its size", { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tessera-floor-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const calls = [
    { path: "/floor/Introspect", answerBytes: 900, does: ["verify", "hmac"] },
    { path: "/floor/Exchange", answerBytes: 1500, does: ["verify", "hmac", "sign", "row", "row"] },
    { path: "/floor/Refresh", answerBytes: 0, does: ["sign", "row-update"] },
  ] as const;
  const floor = await startFloor({ folder, calls });
  onTestFinished(() => floor.stop());
  const before = floor.processorUs();
  const client = new Client(floor.address, credentials.createInsecure());
  const answered = (path: string) =>
    new Promise<number>((resolve, reject) => {
      client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(800), (error, answer) =>
        error ? reject(error) : resolve(answer?.length ?? 0),
      );
    });
  for (const { path, answerBytes } of calls)
    expect(await Promise.all([answered(path), answered(path), answered(path)])).toEqual(Array(3).fill(answerBytes));
  client.close();
  expect(floor.processorUs()).toBeGreaterThan(before);
  const [file = ""] = globSync("*/floor.db", { cwd: folder });
  const database = new Sqlite(join(folder, file), { readonly: true });
  const count = (query: string) => database.prepare(query).pluck().get();
  expect(count('SELECT count(*) FROM "grant"')).toBe(6);
  expect(count("SELECT sum(generation - 1) FROM refresh_family")).toBe(3);
  database.close();
});

it("every primitive has a figure", async () => {
  const figures = await measurePrimitives({ seconds: 0.005 });
  expect(Object.keys(figures)).toHaveLength(16);
  expect(Object.entries(figures).filter(([, figure]) => !(figure > 0))).toEqual([]);
});
