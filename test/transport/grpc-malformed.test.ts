// What no honest client sends. Each case once killed a server, or got past one.
import type { OutgoingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { AuthService, ExchangeRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { largestRequest } from "../../src/transport/limits.ts";
import { basic, type DoorOptions, openDoors } from "../support/doors.ts";
import { framed, goodBody, goodHeaders, raw } from "../support/raw-grpc.ts";

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

const { revoke } = AuthService.method;

describe("a malformed call", () => {
  const having = (headers: OutgoingHttpHeaders) => ({ ...goodHeaders, ...headers });
  const path = (value: string) => having({ ":path": value });
  const gzip = having({ "grpc-encoding": "gzip" });
  const tooLarge = Buffer.alloc(largestRequest + 1);
  const refused: readonly [string, OutgoingHttpHeaders | string[], Buffer?][] = [
    ["garbage said to be gzip", gzip, framed(Buffer.from("garbage"), { flag: 1 })],
    ["gzip that breaks off", gzip, framed(gzipSync(Buffer.alloc(1000)).subarray(0, 20), { flag: 1 })],
    ["a gzip bomb", gzip, framed(gzipSync(Buffer.alloc(50_000_000)), { flag: 1 })],
    ["garbage said to be deflate", having({ "grpc-encoding": "deflate" }), framed(Buffer.from("x"), { flag: 1 })],
    ["an unknown encoding", having({ "grpc-encoding": "br" }), framed(Buffer.from("x"), { flag: 1 })],
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
    ["another content type", having({ "content-type": "application/json" })],
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
    ["a timeout that is none", having({ "grpc-timeout": "soon" })],
    ["binary metadata", having({ "x-junk-bin": "!!!" })],
  ];

  it("I-GRPC-01 I-GRPC-02 I-GRPC-03 N7-04 N7-05 N7-06 N7-07: is refused, reaches no use-case, and the next call is served", async () => {
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
      expect(await raw(doors.grpc.port, having({ ":method": method }))).not.toMatchObject({ grpcStatus: "0" });
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
