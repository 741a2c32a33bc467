// What only the gRPC door has: frames, metadata, deadlines, health, reflection, idle sockets and its end.
import { execFile } from "node:child_process";
import { type ClientSessionOptions, connect as connectHttp2, constants, type OutgoingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { AuthService, ExchangeRequestSchema, RevokeRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { largestRequest } from "../../src/transport/limits.ts";
import { basic, type DoorOptions, openDoors } from "../support/doors.ts";

type Doors = Awaited<ReturnType<typeof openDoors>>;
const open: Doors[] = [];
const openDoor = async (options: DoorOptions = {}) => {
  const doors = await openDoors(options);
  open.push(doors);
  return doors;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((doors) => doors.close()));
});

const { exchange, revoke } = AuthService.method;
const codeOf = (promise: Promise<unknown>) => promise.then(() => 0).catch(({ code }: ServiceError) => code);

/** A length-prefixed gRPC message. */
function framed(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

const goodBody = framed(toBinary(RevokeRequestSchema, create(RevokeRequestSchema, { token: "x" })));
const goodHeaders = {
  ":method": "POST",
  ":path": "/tessera.auth.v1.AuthService/Revoke",
  "content-type": "application/grpc",
  te: "trailers",
  authorization: basic(),
};

type Answered = { status: string; grpcStatus: string };

// Not in the types yet: lets a client send a field twice.
const lenient: ClientSessionOptions & { strictSingleValueFields: boolean } = { strictSingleValueFields: false };

/** One HTTP/2 request on a connection of its own, as raw as Node allows. */
function raw(port: number, headers: OutgoingHttpHeaders | string[], body: Buffer = goodBody): Promise<Answered> {
  const session = connectHttp2(`http://127.0.0.1:${port}`, lenient);
  session.on("error", () => {});
  return new Promise<Answered>((resolve) => {
    const stream = session.request(headers as OutgoingHttpHeaders);
    const answer = { status: "none", grpcStatus: "none" };
    const note = (fields: OutgoingHttpHeaders) => {
      if (fields[":status"] !== undefined) answer.status = String(fields[":status"]);
      if (fields["grpc-status"] !== undefined) answer.grpcStatus = String(fields["grpc-status"]);
    };
    stream
      .on("response", note)
      .on("trailers", note)
      .on("error", () => {});
    stream.on("close", () => resolve(answer)).resume();
    stream.end(body);
    session.on("close", () => resolve(answer));
  }).finally(() => session.destroy());
}

describe("a malformed call", () => {
  const with_ = (headers: OutgoingHttpHeaders) => ({ ...goodHeaders, ...headers });
  const path = (value: string) => with_({ ":path": value });
  const gzip = with_({ "grpc-encoding": "gzip" });
  const tooLarge = Buffer.alloc(largestRequest + 1);
  const refused: readonly [string, OutgoingHttpHeaders | string[], Buffer?][] = [
    ["garbage said to be gzip", gzip, framed(Buffer.from("garbage"), { flag: 1 })],
    ["gzip that breaks off", gzip, framed(gzipSync(Buffer.alloc(1000)).subarray(0, 20), { flag: 1 })],
    ["a gzip bomb", gzip, framed(gzipSync(Buffer.alloc(50_000_000)), { flag: 1 })],
    ["garbage said to be deflate", with_({ "grpc-encoding": "deflate" }), framed(Buffer.from("x"), { flag: 1 })],
    ["an unknown encoding", with_({ "grpc-encoding": "br" }), framed(Buffer.from("x"), { flag: 1 })],
    ["a huge declared length", goodHeaders, framed(Buffer.alloc(10), { length: 0xffffffff })],
    ["a message over the limit", goodHeaders, framed(tooLarge)],
    ["a frame that breaks off", goodHeaders, framed(Buffer.alloc(3), { length: 100 })],
    ["half a frame head", goodHeaders, Buffer.from([0, 0, 0])],
    ["no message", goodHeaders, Buffer.alloc(0)],
    ["two messages", goodHeaders, Buffer.concat([goodBody, goodBody])],
    ["a message that is no Protobuf", goodHeaders, framed(Buffer.from([0xff, 0xff, 0xff]))],
    ["a field cut short", goodHeaders, framed(Buffer.from([0x0a, 0x7f, 0x01]))],
    ["text that is no UTF-8", goodHeaders, framed(Buffer.from([0x0a, 0x02, 0xc3, 0x28]))],
    ["a group that never ends", goodHeaders, framed(Buffer.alloc(5000, 0x0b))],
    ["JSON", goodHeaders, Buffer.from('{"token":"x"}')],
    ["another content type", with_({ "content-type": "application/json" })],
    ["no content type", Object.fromEntries(Object.entries(goodHeaders).filter(([name]) => name !== "content-type"))],
    ["a path without a slash", path("tessera.auth.v1.AuthService/Revoke")],
    ["a path with two", path("//tessera.auth.v1.AuthService/Revoke")],
    ["an encoded path", path("/tessera.auth.v1.AuthService%2FRevoke")],
    ["an encoded letter", path("/tessera.auth.v1.AuthService/%52evoke")],
    ["another case", path("/tessera.auth.v1.AuthService/revoke")],
    ["a path with a query", path("/tessera.auth.v1.AuthService/Revoke?x")],
    ["a trailing slash", path("/tessera.auth.v1.AuthService/Revoke/")],
    ["a method of no service", path("/tessera.auth.v1.AuthService/Mint")],
    ["a name from a prototype", path("/__proto__/constructor")],
    ["a timeout that is none", with_({ "grpc-timeout": "soon" })],
    ["binary metadata", with_({ "x-junk-bin": "!!!" })],
  ];

  it("I-GRPC-01 N7-04 N7-05 N7-06 N7-07: is refused, reaches no use-case, and the next call is served", async () => {
    let served = 0;
    const count = async () => {
      served += 1;
      return {};
    };
    const doors = await openDoor({ useCases: { revoke: count } });
    const before = process.memoryUsage().rss;
    const accepted: string[] = [];
    for (const [name, headers, body] of refused) {
      const { grpcStatus } = await raw(doors.grpc.port, headers, body);
      if (grpcStatus === "0") accepted.push(name);
      await doors.call(revoke, { token: "x" });
    }
    expect(accepted).toEqual([]);
    expect(served).toBe(refused.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it("N7-04: of another HTTP method than POST reaches no use-case", async () => {
    const doors = await openDoor();
    for (const method of ["GET", "PUT", "OPTIONS", "post"]) {
      expect(await raw(doors.grpc.port, with_({ ":method": method }))).not.toMatchObject({ grpcStatus: "0" });
    }
  });

  it("N7-07: two authorization fields are refused, even of the same good credential", async () => {
    const doors = await openDoor();
    const fields = Object.entries(goodHeaders).flat();
    expect(await raw(doors.grpc.port, fields)).toMatchObject({ grpcStatus: "0" });
    expect(await raw(doors.grpc.port, [...fields, "authorization", basic()])).toMatchObject({ grpcStatus: "3" });
  });

  it("N7-05: a message of exactly 262,144 bytes is read, and one more byte is not", async () => {
    const doors = await openDoor();
    const exactly = (size: number) => {
      // The tag, a length of three bytes, and the text.
      const message = toBinary(ExchangeRequestSchema, create(ExchangeRequestSchema, { scope: "x".repeat(size - 4) }));
      expect(message.length).toBe(size);
      return raw(
        doors.grpc.port,
        { ...goodHeaders, ":path": "/tessera.auth.v1.AuthService/Exchange" },
        framed(message),
      );
    };
    // The first is too long a scope, which is for validation to say.
    expect(await exactly(largestRequest)).toMatchObject({ grpcStatus: "3" });
    expect(await exactly(largestRequest + 1)).toMatchObject({ grpcStatus: "8" });
  });
});

describe("a deadline", () => {
  it("N7-09 F14: that has passed, or passes before the work, starts no use-case", async () => {
    let started = 0;
    const slow = async (tenant: undefined) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return tenant;
    };
    const doors = await openDoor({
      useCases: {
        exchange: async () => {
          started += 1;
          return {};
        },
      },
      caller: { findClient: () => slow(undefined) },
    });
    const codes = [];
    for (const left of [-1000, 1, 20]) {
      codes.push(await codeOf(doors.call(exchange, { accessToken: "x" }, { deadline: Date.now() + left })));
    }
    expect(codes).toEqual([4, 4, 4]);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(started).toBe(0);
  });

  it("N7-08: is the server's own where the caller has none, and aborts the use-case", async () => {
    const reasons: unknown[] = [];
    const doors = await openDoor({
      useCases: {
        revoke: ({ signal, deadline, now }) =>
          new Promise((_, reject) => {
            expect(deadline - now).toBe(50);
            signal.addEventListener("abort", () => {
              reasons.push(signal.reason);
              reject(new Error("stopped"));
            });
          }),
      },
    });
    for (const method of doors.methods) method.deadlineMs = 50;
    expect(await codeOf(doors.call(revoke, { token: "x" }))).toBe(4);
    const response = await doors.post("/trpc/auth.revoke", { token: "x" });
    expect(response.status).toBe(504);
    expect(reasons).toMatchObject([{ kind: "late" }, { kind: "late" }]);
  });

  it("N7-08: is 5 seconds, and 10 where an upstream may be asked", async () => {
    const { methods } = await openDoor();
    const own = new Map(methods.map(({ desc, deadlineMs }) => [desc.localName, deadlineMs]));
    expect([own.get("exchange"), own.get("oidcToken"), own.get("refresh")]).toEqual([10_000, 10_000, 5000]);
  });

  it("F14: a caller that leaves aborts the use-case", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const doors = await openDoor({
      useCases: {
        revoke: ({ signal }) => {
          signal.addEventListener("abort", () => resolve(signal.reason));
          start();
          return new Promise(() => {});
        },
      },
    });
    const session = connectHttp2(`http://127.0.0.1:${doors.grpc.port}`);
    const stream = session.request(goodHeaders);
    stream.on("error", () => {}).end(goodBody);
    await started;
    stream.close(constants.NGHTTP2_CANCEL);
    expect(await aborted).toMatchObject({ kind: "cancelled" });
    session.destroy();
  });
});

/** Resolves when the other end has closed the connection; rejects after `ms`. */
function closed(socket: Socket, ms = 3000): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("still open")), ms);
    socket.on("error", () => {});
    socket.resume().once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

describe("a connection", () => {
  const limits = { handshakeMs: 150, connections: 1000, connectionsPerSource: 1000 };
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  it("F15: that stays silent, or never finishes its preface, is closed, and one that speaks stays", async () => {
    const doors = await openDoor({ grpc: { limits } });
    await doors.call(revoke, { token: "x" });
    const silent = Array.from({ length: 20 }, () => connect(doors.grpc.port, "127.0.0.1"));
    const half = connect(doors.grpc.port, "127.0.0.1", () => half.write(preface.slice(0, 10)));
    const noSettings = connect(doors.grpc.port, "127.0.0.1", () => noSettings.write(preface));
    const trickle = connect(doors.grpc.port, "127.0.0.1");
    const drip = setInterval(() => trickle.write(preface.charAt(0)), 20);
    trickle.once("close", () => clearInterval(drip));
    await Promise.all([...silent, half, noSettings, trickle].map((socket) => closed(socket)));
    // The same connection as the first call: it was not cut by the timer that cut the others.
    await doors.call(revoke, { token: "x" });
  });

  it("F15: over the number for one source is closed at once, and a place that was left is free again", async () => {
    const doors = await openDoor({ grpc: { limits: { ...limits, handshakeMs: 5000, connectionsPerSource: 3 } } });
    const held = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(doors.grpc.port, "127.0.0.1", () => resolve(socket));
            socket.on("error", () => {});
          }),
      ),
    );
    await closed(connect(doors.grpc.port, "127.0.0.1"));
    expect(await codeOf(doors.call(revoke, { token: "x" }))).toBe(14);
    for (const socket of held) socket.destroy();
    await expect.poll(() => codeOf(doors.call(revoke, { token: "x" })), { timeout: 5000, interval: 100 }).toBe(0);
  });

  it("F16 I-H2-01: that floods with resets, pings or settings leaves the door serving others", async () => {
    const doors = await openDoor();
    const floods = [constants.NGHTTP2_CANCEL, constants.NGHTTP2_REFUSED_STREAM].map(async (code) => {
      const session = connectHttp2(`http://127.0.0.1:${doors.grpc.port}`);
      session.on("error", () => {});
      for (let turn = 0; turn < 500 && !session.destroyed; turn++) {
        const stream = session.request(goodHeaders);
        stream.on("error", () => {}).close(code);
        session.ping(() => {});
        if (turn % 50 === 0) await doors.call(revoke, { token: "x" });
      }
      session.destroy();
    });
    await Promise.all(floods);
    await doors.call(revoke, { token: "x" });
  });
});

describe("the health service", () => {
  const path = "/grpc.health.v1.Health/";
  const encode = (service: string) =>
    Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
  const decode = (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status;

  it("serves the whole and each service, knows no other, and tells who watches when it goes", async () => {
    const doors = await openDoors();
    const client = new Client(`127.0.0.1:${doors.grpc.port}`, credentials.createInsecure());
    const check = (service: string) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(`${path}Check`, encode, decode, service, (error, status) =>
          error ? reject(error) : resolve(status),
        );
      });
    expect(await check("")).toBe(Status.SERVING);
    expect(await check("tessera.auth.v1.AuthService")).toBe(Status.SERVING);
    await expect(check("tessera.auth.v1.Other")).rejects.toMatchObject({ code: 5 });

    const seen: unknown[] = [];
    const watch = client.makeServerStreamRequest(`${path}Watch`, encode, decode, "");
    const ended = new Promise((resolve) => watch.once("end", resolve));
    watch.on("data", (status) => seen.push(status)).on("error", () => {});
    await expect.poll(() => seen).toEqual([Status.SERVING]);
    await doors.close();
    await ended;
    expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
    client.close();
  });
});

describe("the end", () => {
  /** A use-case that waits, and a promise of the moment when so many calls of it run. */
  const waiting = (calls: number, finish: Promise<unknown>) => {
    const { promise: started, resolve } = Promise.withResolvers<void>();
    let running = 0;
    const useCase = async () => {
      running += 1;
      if (running === calls) resolve();
      await finish;
      return {};
    };
    return { started, useCases: { revoke: useCase } };
  };

  it("F25: finishes what is under way and takes nothing new", async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    const { started, useCases } = waiting(2, finish);
    const doors = await openDoor({ useCases });
    const running = Promise.all([
      codeOf(doors.call(revoke, { token: "x" })),
      doors.post("/trpc/auth.revoke", { token: "x" }).then(({ status }) => status),
    ]);
    await started;
    const drained = Promise.all([doors.grpc.drain(5000), doors.http.drain(5000)]);
    for (const { port } of [doors.grpc, doors.http]) await closed(connect(port, "127.0.0.1"));
    resolve();
    expect(await running).toEqual([0, 200]);
    await drained;
  });

  it("F25: cuts what has not ended when the grace is over", async () => {
    const { started, useCases } = waiting(2, new Promise(() => {}));
    const doors = await openDoor({ useCases });
    const running = [codeOf(doors.call(revoke, { token: "x" })), doors.post("/trpc/auth.revoke", { token: "x" })];
    const settled = Promise.allSettled(running);
    await started;
    await Promise.all([doors.grpc.drain(50), doors.http.drain(50)]);
    expect(await settled).toMatchObject([{ value: 14 }, { status: "rejected" }]);
  });
});

describe("reflection", () => {
  const curl = (port: number, ...args: string[]) =>
    promisify(execFile)("node_modules/.bin/buf", [
      ...["curl", "--protocol", "grpc", "--http2-prior-knowledge", ...args.slice(1)],
      `http://127.0.0.1:${port}${args[0]}`,
    ]);

  it("N6-15: is off unless asked for, and then lets tools list and call the services", async () => {
    const off = await openDoor();
    await expect(curl(off.grpc.port, "", "--list-services")).rejects.toMatchObject({ code: expect.any(Number) });
    const on = await openDoor({ grpc: { reflection: true } });
    const { stdout } = await curl(on.grpc.port, "", "--list-services");
    expect(stdout.trim().split("\n")).toContain("tessera.auth.v1.AuthService");
    const header = `authorization: ${basic()}`;
    const answer = await curl(
      on.grpc.port,
      "/tessera.auth.v1.AuthService/Exchange",
      "-H",
      header,
      "-d",
      '{"access_token":"x"}',
    );
    expect(JSON.parse(answer.stdout)).toMatchObject({ token: "for x" });
  });
});
