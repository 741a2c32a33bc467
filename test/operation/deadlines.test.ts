// Deadlines of callers: what has not begun in time is not begun at all, and what was left behind can be repeated.
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "@bufbuild/protobuf";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { type Door, doors, headersOf } from "../support/door.ts";
import { familyOf, invalidGrant, through } from "../support/histories.ts";
import { secondConnection, type SecondConnection } from "../support/trouble.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let second: SecondConnection;
beforeAll(async () => {
  world = await createWorld();
  second = secondConnection(world);
});
afterAll(async () => {
  second.close();
  await world.close();
});

const [grpc, trpc] = doors as [Door, Door];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const exceeded = 4;

type Method = keyof typeof AuthService.method;

/** Calls over gRPC as the backend, with so many milliseconds left, and answers the status number. */
function statusWithin(method: Method, request: JsonObject, left: number): Promise<number> {
  const client = new Client(world.grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", headersOf(world.red.as("backend"))["authorization"] ?? "");
  const path = `/${AuthService.typeName}/${AuthService.method[method].name}`;
  const asIs = (raw: Uint8Array) => Buffer.from(raw);
  return new Promise((resolve) => {
    const deadline = Date.now() + left;
    const answered = (error: ServiceError | null) => {
      client.close();
      resolve(error?.code ?? 0);
    };
    client.makeUnaryRequest(path, asIs, asIs, grpc.encode(method, request), metadata, { deadline }, answered);
  });
}

/** Calls over tRPC as the backend and leaves after so many milliseconds; true if the answer came before. */
function answeredWithin(method: Method, request: JsonObject, left: number): Promise<boolean> {
  const answer = fetch(`${world.http}/trpc/auth.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headersOf(world.red.as("backend")) },
    body: Buffer.from(trpc.encode(method, request)),
    signal: AbortSignal.timeout(left),
  });
  return answer.then(
    () => true,
    () => false,
  );
}

describe("N7-09 F14: a write that had to wait until its caller's deadline had passed", () => {
  const on = through(grpc, () => world);
  const calls: [Method, (refresh: string) => JsonObject][] = [
    ["exchange", () => ({ access_token: world.token(world.red, "ada") })],
    ["refresh", (refresh_token) => ({ refresh_token })],
    ["revoke", (token) => ({ token })],
  ];

  it.each(calls)("%s is not made, whether 1 ms was left or 150", async (method, requestOf) => {
    const { refresh, access } = await on.signIn(world.red);
    const before = [second.counts(), await familyOf(world, world.red, refresh)];
    for (const left of [-1000, 1, 150]) {
      const release = second.lock();
      expect(await statusWithin(method, requestOf(refresh), left)).toBe(exceeded);
      // A moment later still, the work that went on by itself is over.
      release();
      await pause(100);
      expect([second.counts(), await familyOf(world, world.red, refresh)]).toEqual(before);
    }
    expect(await on.isActive(access)).toBe(true);
    expect(await statusWithin(method, requestOf(refresh), 5000)).toBe(0);
    expect([second.counts(), await familyOf(world, world.red, refresh)]).not.toEqual(before);
  });
});

describe("N7-09 F14: an upstream that answers too late", () => {
  const slowly = (ms: number) => {
    world.upstream.faults.introspection = (_request, response) => {
      const body = { active: true, token_type: "Bearer", iss: world.upstream.issuer, sub: "ada-at-idp", aud: "red" };
      const exp = Math.floor(world.now() / 1000) + 600;
      setTimeout(
        () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ...body, exp })),
        ms,
      );
    };
  };

  it.each([
    ["gRPC", (left: number) => statusWithin("exchange", { access_token: "opaque-1" }, left).then((code) => code === 0)],
    ["tRPC", (left: number) => answeredWithin("exchange", { access_token: "opaque-1" }, left)],
  ])("leads to no grant over %s; in time it leads to one", async (_door, answered) => {
    const before = second.counts();
    slowly(300);
    expect(await answered(100)).toBe(false);
    await pause(400);
    expect(second.counts()).toEqual(before);
    slowly(0);
    expect(await answered(5000)).toBe(true);
    expect(second.counts()).toEqual({
      ...before,
      grant: (before["grant"] ?? 0) + 1,
      refresh_family: (before["refresh_family"] ?? 0) + 1,
    });
  });
});

describe("C4: a caller that leaves during a refresh", () => {
  const on = through(trpc, () => world);

  it("is not logged out: whether the rotation was made or not, its token gets one successor", async () => {
    const { refresh: first } = await on.signIn(world.red);
    const release = second.lock();
    expect(await answeredWithin("refresh", { refresh_token: first }, 100)).toBe(false);
    release();
    const { refresh: next } = await on.next(first);
    expect((await on.next(first)).refresh).toBe(next);
    expect(await familyOf(world, world.red, first)).toMatchObject({ generation: 1, revokeTime: null });
    await on.next(next);
    expect(await on.refresh(first)).toEqual(invalidGrant);
  });
});
