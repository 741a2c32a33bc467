// Bodies that come slowly, in pieces, or never; and what a call says of itself.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { requestServer } from "../../src/transport/grpc-request.ts";
import { unary } from "../../src/transport/grpc-unary.ts";
import { type DoorOptions, openDoors } from "../support/doors.ts";
import { framed, goodBody, goodHeaders, raw } from "../support/raw-grpc.ts";
import { openServer } from "../support/raw-http2.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: DoorOptions = {}) {
  const doors = await openDoors(options);
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${doors.grpc.port}`);
  session.on("error", () => {});
  closing.push(
    () => session.destroy(),
    () => doors.close(),
  );
  const open = (headers: OutgoingHttpHeaders = {}) => {
    const stream = session.request({ ...goodHeaders, ...headers });
    stream.on("error", () => {});
    return { stream, status: statusOf(stream) };
  };
  return { port: doors.grpc.port, open };
}

/** The gRPC status, or the HTTP status where there is none. */
function statusOf(stream: ClientHttp2Stream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let http = "none";
  stream.on("response", (fields) => {
    http = `HTTP ${fields[":status"]}`;
    if (fields["grpc-status"] !== undefined) resolve(String(fields["grpc-status"]));
  });
  stream.on("trailers", (fields) => resolve(String(fields["grpc-status"])));
  stream.on("close", () => resolve(http));
  stream.resume();
  return promise;
}

describe("a body", () => {
  it("that never ends is given up at the caller's own deadline", async () => {
    const { open } = await setUp();
    const { stream, status } = open({ "grpc-timeout": "50m" });
    stream.write(goodBody.subarray(0, 3));
    expect(await status).toBe("4");
  });

  it("that comes late has only what is left of the caller's time", async () => {
    const { open } = await setUp();
    const { stream, status } = open({ "grpc-timeout": "0n" });
    stream.end(goodBody);
    expect(await status).toBe("4");
  });

  it("may come byte by byte", async () => {
    const { open } = await setUp();
    const { stream, status } = open();
    for (const byte of goodBody) stream.write(Buffer.from([byte]));
    stream.end();
    expect(await status).toBe("0");
  });

  it("N7-05: that says it is too large is refused before it comes, and its stream is closed", async () => {
    const { open } = await setUp();
    const { stream, status } = open();
    const closed = new Promise((resolve) => stream.on("close", resolve));
    stream.write(framed(Buffer.alloc(10), { length: 262_145 }));
    expect(await status).toBe("8");
    await closed;
  });
});

describe("a call", () => {
  it.each([
    ["application/grpc", "0"],
    ["application/grpc+proto", "0"],
    ["application/grpc;charset=utf-8", "0"],
    ["application/grpc-web", "none"],
    ["application/grpc-web+proto", "none"],
    ["application/grpcx", "none"],
  ])("of the content type %s is answered with grpc-status %s", async (type, grpcStatus) => {
    const { port } = await setUp();
    const answered = await raw(port, { ...goodHeaders, "content-type": type });
    expect(answered.grpcStatus).toBe(grpcStatus);
    if (grpcStatus === "none") expect(answered.status).toBe("415");
  });

  it.each([
    ["gzip", 1, gzipSync(goodBody.subarray(5)), "0"],
    ["gzip", 2, gzipSync(goodBody.subarray(5)), "3"],
    ["identity", 1, goodBody.subarray(5), "3"],
    [undefined, 1, goodBody.subarray(5), "3"],
    ["identity", 0, goodBody.subarray(5), "0"],
    ["br", 1, goodBody.subarray(5), "12"],
  ])("with the encoding %s and the flag %i is answered with its status", async (encoding, flag, message, expected) => {
    const { port } = await setUp();
    const headers = { ...goodHeaders, ...(encoding !== undefined && { "grpc-encoding": encoding }) };
    expect((await raw(port, headers, framed(message, { flag }))).grpcStatus).toBe(expected);
  });

  it.each(["soon", "1", "123456789S", "-1S", "1 S", ""])(
    "with the timeout %j is refused as malformed",
    async (timeout) => {
      const { port } = await setUp();
      expect((await raw(port, { ...goodHeaders, "grpc-timeout": timeout })).grpcStatus).toBe("13");
    },
  );
});

describe("the bytes of all requests that are under way", () => {
  it("N7-05: are limited together, and free again when a call has ended", async () => {
    const serve = requestServer<undefined>({ mostHeld: 1000 });
    const handler = unary<undefined>({
      answer: async ({ message }) => framed(message()),
    });
    const { port } = await openServer({ onRequest: (stream) => serve(stream, { handler, from: undefined }) });
    const session = connect(`http://127.0.0.1:${port}`);
    closing.push(() => session.destroy());
    const open = () => {
      const stream = session.request({ ":method": "POST", ":path": "/" });
      stream.on("error", () => {});
      return { stream, status: statusOf(stream) };
    };
    const message = framed(Buffer.alloc(595));
    const first = open();
    first.stream.write(message.subarray(0, 500));
    const second = open();
    second.stream.end(message);
    expect(await second.status).toBe("8");
    first.stream.end(message.subarray(500));
    expect(await first.status).toBe("0");
    for (let turn = 0; turn < 5; turn++) {
      const next = open();
      next.stream.end(message);
      expect(await next.status).toBe("0");
    }
  });
});

describe("where there is too much to do", () => {
  const turnedAway = () => {
    const run = () => Promise.reject(new Error("it was run"));
    return { grpc: { dispatch: Object.assign(run, { turnsAway: () => true, underWay: () => 0 }) } };
  };

  it("F13: a call is refused at once, unread, with the time to wait, and its stream ends", async () => {
    const { open } = await setUp(turnedAway());
    for (let turn = 0; turn < 3; turn++) {
      const { stream, status } = open();
      const headers = new Promise<IncomingHttpHeaders>((resolve) => stream.once("response", resolve));
      stream.end(goodBody);
      expect(await status).toBe("8");
      expect((await headers)["grpc-status-details-bin"]).toMatch(/^[\w+/]{20,}/);
      await vi.waitFor(() => expect([stream.closed, stream.rstCode]).toEqual([true, 0]));
    }
  });

  it("F13: one whose body is still to come is refused as well", async () => {
    const { open } = await setUp(turnedAway());
    const { stream, status } = open();
    stream.write(goodBody.subarray(0, 3));
    expect(await status).toBe("8");
  });
});
