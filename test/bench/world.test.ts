// The benchmark's world and its peer: each opens, and what a load process would send first is answered well.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startPeer } from "../../bench/peer/start.ts";
import { createRawCaller, type RawCaller } from "../../bench/support/caller.ts";
import { bodiesOf, type Call, sizesOf, targetOf, writeBodies } from "../../bench/world/bodies.ts";
import { openWorld, type World } from "../../bench/world.ts";
import {
  ExchangeResponseSchema,
  IntrospectBatchResponseSchema,
  IntrospectResponseSchema,
  TokenResponseSchema,
} from "../../src/gen/tessera/auth/v1/auth_pb.ts";

// Processes are started, and beside other tests that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "tessera-bench-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function readBodies(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

it("bodies stand in their file with their lengths before them, for its owner only", () => {
  const file = join(home, "bodies");
  writeBodies(file, [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(70_000, 7)]);
  expect(readFileSync(file).subarray(0, 11)).toEqual(Buffer.from("\0\0\0\x03one\0\0\0\0"));
  expect(readBodies(file)).toEqual([Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(70_000, 7)]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

describe("in a world over TLS", () => {
  const command = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));
  let world: World;
  let caller: RawCaller;
  beforeAll(async () => {
    world = await openWorld({ folder: join(home, "world"), tls: true, command, users: 3 });
    caller = createRawCaller(world);
  });
  afterAll(async () => {
    caller.close();
    await world.stop();
  });

  /** The file's first body really sent, and the number of bodies. */
  async function first(call: Call, count: number) {
    const { file } = await bodiesOf(world, call, count);
    const [body = Buffer.alloc(0), ...others] = readBodies(file);
    return { answer: await caller.send(targetOf(world, call).path, body), count: 1 + others.length };
  }

  it.each<Call>(["introspect-one", "introspect-seen", "introspect-first"])("%s: the token is active", async (call) => {
    const { answer, count } = await first(call, 4);
    const { active, permissions } = fromBinary(IntrospectResponseSchema, answer);
    expect({ active, count }).toEqual({ active: true, count: 4 });
    expect([...permissions].sort()).toEqual(["berths:read", "berths:write", "ships:read"]);
  });

  it("tokens that nobody asked about yet are all different", async () => {
    const { file } = await bodiesOf(world, "introspect-first", 8);
    expect(new Set(readBodies(file).map(String)).size).toBe(8);
  });

  it("a batch has a hundred tokens, all active", async () => {
    const { answer, count } = await first("introspect-batch", 2);
    const { results } = fromBinary(IntrospectBatchResponseSchema, answer);
    expect({ count, active: results.filter(({ active }) => active).length }).toEqual({ count: 2, active: 100 });
  });

  it("each user has a request for a token, authenticated by the header", async () => {
    const { answer, count } = await first("generate-token", world.users.length);
    expect(fromBinary(TokenResponseSchema, answer).accessToken).toMatch(/^eyJ/);
    expect(count).toBe(3);
  });

  it.each<Call>(["exchange", "refresh"])("%s: answers both tokens", async (call) => {
    const { answer } = await first(call, 2);
    const { token, refreshToken } = fromBinary(ExchangeResponseSchema, answer);
    expect(token).toMatch(/^eyJ/);
    expect(refreshToken).toMatch(/^rt_/);
  });

  it("sizes are those of the messages", async () => {
    const { request, answer } = await sizesOf(world, "introspect-one");
    expect(request).toBeGreaterThan(600);
    expect(answer).toBeGreaterThan(200);
  });

  it("what is read off from outside is there", async () => {
    expect(await world.metrics()).toContain("tessera_call_duration_seconds");
    expect(world.processorUs()).toBeGreaterThan(0);
    expect(world.memoryMiB()).toBeGreaterThan(10);
  });
});

it.each([false, true])("the peer answers both its calls (TLS: %s)", async (tls) => {
  const folder = join(home, `peer-${tls}`);
  mkdirSync(folder);
  const peer = await startPeer({ folder, tls });
  await peer.stop();
  const bodies = Object.values(peer.plans).map(({ bodies }) => readBodies(bodies.file).map(String));
  expect(bodies).toEqual([
    [expect.stringContaining("grant_type=client_credentials")],
    [expect.stringContaining("token=")],
  ]);
});
