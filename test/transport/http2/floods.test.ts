// What an enemy sends: a great deal that costs it little. Each flood ends its own connection, or costs as little here.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { sendFields, sendTrailers } from "../../../src/transport/http2/answers.ts";
import { encodeFields } from "../../../src/transport/http2/hpack.ts";
import { keep, keeping } from "../../../src/transport/http2/keeping.ts";
import { mostFaults, mostIdleFrames } from "../../../src/transport/http2/measures.ts";
import type { Stream } from "../../../src/transport/http2/state.ts";
import {
  frame,
  holding,
  ok,
  openClient,
  openServer,
  preface,
  reply,
  request,
  settings,
  uint32,
  unheard,
} from "../../support/raw-http2.ts";

const calm = 11;
const cancel = uint32(8);
const times = (count: number, make: (turn: number) => Buffer) => Array.from({ length: count }, (_, turn) => make(turn));

/** Sends it all, and answers how the connection ended: by a reason, or not. */
async function flood(frames: Buffer[], options = {}) {
  const server = await openServer({ ...holding, ...options });
  const client = await openClient(server.port);
  client.send(...frames);
  const code = (await client.settle()) ? "it goes on" : await client.goaway();
  const other = await openClient(server.port);
  await other.settle();
  return { code, ...server };
}

describe("I-H2-01 F16: a flood", () => {
  it("of resets is stopped, and of fewer is not", async () => {
    const resets = (count: number) =>
      times(count, (turn) => Buffer.concat([request(2 * turn + 1), frame(3, 0, 2 * turn + 1, cancel)]));
    expect((await flood(resets(mostFaults + 200))).code).toBe(calm);
    expect((await flood(resets(mostFaults - 100))).code).toBe("it goes on");
  });

  it("of what makes a server reset is stopped", async () => {
    const wrong = (count: number) =>
      times(count, (turn) => Buffer.concat([request(2 * turn + 1), frame(8, 0, 2 * turn + 1, uint32(0))]));
    const { code, streams } = await flood(wrong(mostFaults + 200));
    expect(code).toBe(calm);
    expect(streams.length).toBeLessThanOrEqual(mostFaults + 100);
    expect((await flood(wrong(mostFaults - 100))).code).toBe("it goes on");
  });

  it("of resets of calls that were answered is none, for whoever has an answer may let go", async () => {
    const onRequest = (stream: Stream) => {
      stream.listener = unheard;
      sendFields(stream, ok);
      sendTrailers(stream, ok);
    };
    const resets = times(mostFaults + 200, (turn) =>
      Buffer.concat([request(2 * turn + 1, { end: false }), frame(3, 0, 2 * turn + 1, cancel)]),
    );
    expect((await flood(resets, { onRequest })).code).toBe("it goes on");
  });

  it.each([
    ["pings", frame(6, 0, 0, Buffer.alloc(8))],
    ["settings", settings([4, 65_535])],
    ["priorities", frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 16]))],
    ["windows", frame(8, 0, 0, uint32(1))],
    ["empty data", frame(0, 0, 1)],
    ["frames that nobody knows", frame(99, 0, 0)],
  ])("of %s is stopped, and of fewer is not", async (_name, one) => {
    const begin = request(1, { end: false });
    expect((await flood([begin, ...times(mostIdleFrames + 10, () => one)])).code).toBe(calm);
    expect((await flood([begin, ...times(mostIdleFrames - 200, () => one)])).code).toBe("it goes on");
  });

  it("of continuations is stopped by their bytes and by their number", async () => {
    expect((await flood([frame(1, 0, 1), ...times(9, () => frame(9, 0, 1))])).code).toBe(calm);
    const large = Buffer.alloc(16_000, 0x20);
    expect((await flood([frame(1, 0, 1, large), ...times(3, () => frame(9, 0, 1, large))])).code).toBe(calm);
  });

  it("of fields by reference is refused, and takes no memory", async () => {
    const before = process.memoryUsage().rss;
    const large = encodeFields([["x", "y".repeat(3500)]]);
    large[0] = 0x40; // into the table
    const bomb = (stream: number) => frame(1, 5, stream, Buffer.alloc(16_000, 0xbe));
    const bombs = times(200, (turn) => bomb(2 * turn + 3));
    const { code, streams } = await flood([frame(1, 5, 1, Buffer.concat([ok, large])), ...bombs]);
    expect(code).toBe("it goes on");
    expect(streams).toHaveLength(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe("F15 F16: a peer", () => {
  it("that never ends its fields is ended by time", async () => {
    const { port, connections } = await openServer(holding);
    const client = await openClient(port);
    client.send(frame(1, 0, 1));
    await vi.waitFor(() => expect(connections[0]?.block).toBeDefined());
    for (const connection of connections) keep(connection, keeping, performance.now() + 9_000);
    expect(connections[0]?.state).toBe("open");
    for (const connection of connections) keep(connection, keeping, performance.now() + 11_000);
    expect(await client.goaway()).toBe(calm);
  });

  it("that never opens its window loses the stream, and not the connection", async () => {
    const { port, connections } = await openServer({
      onRequest: (stream) => reply(stream, Buffer.alloc(10)),
    });
    const client = await openClient(port, Buffer.concat([preface, settings([4, 0])]));
    client.send(request(1));
    await client.settle();
    const long = { ...keeping, pingAfter: 1e9 };
    for (const connection of connections) keep(connection, long, performance.now() + 59_000);
    expect(connections[0]?.streams.size).toBe(1);
    for (const connection of connections) keep(connection, long, performance.now() + 61_000);
    expect(await client.reset(1)).toBe(8);
    expect(connections[0]?.streams.size).toBe(0);
    await client.settle();
  });

  it("that does not read what it asked for is not read either, until it does", async () => {
    const { port, connections } = await openServer({
      onRequest: (stream) => reply(stream, Buffer.alloc(1_000_000)),
    });
    const client = await openClient(
      port,
      Buffer.concat([preface, settings([4, 2 ** 31 - 1]), frame(8, 0, 0, uint32(2 ** 30))]),
    );
    await client.settle();
    client.socket.pause();
    for (let turn = 0; turn < 100; turn++) client.send(request(2 * turn + 1));
    await vi.waitFor(() => expect(connections[0]?.socket.isPaused()).toBe(true));
    const opened = connections[0]?.lastStream ?? 0;
    client.send(...times(50, (turn) => request(2 * turn + 201)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connections[0]?.lastStream).toBe(opened);
    client.socket.resume();
    expect(await client.next(({ stream, flags }) => stream === 299 && flags === 5)).toBeDefined();
  });
});

describe("I-H2-01: whatever is sent", () => {
  const some = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.integer({ min: 1, max: 9 }).map((turn) => request(2 * turn + 1, { end: turn % 2 === 0 })),
    },
    fc
      .tuple(fc.integer({ min: 0, max: 11 }), fc.constantFrom(0, 1, 4, 5, 8, 32, 255), fc.integer({ min: 0, max: 21 }))
      .chain(([type, flags, stream]) =>
        fc.uint8Array({ maxLength: 30 }).map((payload) => frame(type, flags, stream, payload)),
      ),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  );

  it("the connection goes on or is ended with a reason, and another one is served", async () => {
    const { port, connections, defects } = await openServer({
      onRequest: (stream) => void (stream.listener = { ...unheard, onEnd: () => reply(stream, Buffer.from("x")) }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(some, { maxLength: 30 }), fc.integer({ min: 1, max: 50 }), async (sent, cut) => {
        const client = await openClient(port);
        const all = Buffer.concat(sent);
        for (let at = 0; at < all.length; at += cut * 7) client.send(all.subarray(at, at + cut * 7));
        client.socket.end();
        await client.closed();
      }),
      { numRuns: 400 },
    );
    expect(connections.filter(({ state }) => state !== "closed")).toEqual([]);
    expect(defects).toEqual([]);
    const other = await openClient(port);
    await other.settle();
  });
});
