// How a connection ends: in peace, by time, or for what its peer did.
import { describe, expect, it, vi } from "vitest";
import { sendTrailers } from "../../../src/transport/http2/answers.ts";
import { leave } from "../../../src/transport/http2/closing.ts";
import { keep, keeping } from "../../../src/transport/http2/keeping.ts";
import { partingMs } from "../../../src/transport/http2/measures.ts";
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
} from "../../support/raw-http2.ts";

describe("a connection", () => {
  it("that leaves serves what has come before its peer has heard of it, takes nothing more, and closes", async () => {
    const { port, connections, streams } = await openServer(holding);
    const client = await openClient(port);
    client.send(request(1));
    await client.settle();
    for (const connection of connections) leave(connection);
    const farewell = await client.next(({ type, flags }) => type === 6 && flags === 0);
    client.send(request(3), frame(6, 1, 0, farewell?.payload), request(5));
    expect(await client.reset(5)).toBe(7);
    const goaways = client.seen.filter(({ type }) => type === 7).map(({ payload }) => payload.readUInt32BE(0));
    expect(goaways).toEqual([2 ** 31 - 1, 3]);
    for (const stream of streams) sendTrailers(stream, ok);
    await client.closed();
    expect(client.seen.filter(({ type }) => type === 1).map(({ stream }) => stream)).toEqual([1, 3]);
  });

  it("is ended by time: silent, idle, old, or left with answers to come", async () => {
    const { port, connections } = await openServer(holding);
    const [silent, idle, old, waiting] = [
      await openClient(port),
      await openClient(port),
      await openClient(port),
      await openClient(port),
    ];
    waiting.send(request(1));
    for (const client of [silent, idle, old, waiting]) await client.settle();
    const now = performance.now();
    const [first, second, third, fourth] = connections;
    if (!first || !second || !third || !fourth) throw new Error("no connection");
    const never = { pingAfter: 1e9, answerWithin: 1e9, idle: 1e9, age: 1e9, grace: 1e9 };
    // Not yet.
    for (const connection of connections)
      keep(connection, { ...never, idle: 60_000, age: 60_000, pingAfter: 60_000 }, now);
    expect(connections.map(({ state }) => state)).toEqual(["open", "open", "open", "open"]);
    keep(first, { ...never, pingAfter: 1, answerWithin: 1000 }, now + 100);
    keep(first, { ...never, pingAfter: 1, answerWithin: 1000 }, now + 1200);
    await silent.closed();
    keep(second, { ...never, idle: 1000 }, now + 1200);
    await idle.next(({ type }) => type === 7);
    keep(third, { ...never, age: 1000 }, now + 1300);
    await old.next(({ type }) => type === 7);
    keep(fourth, { ...never, age: 1000, grace: 500 }, now + 1300);
    expect(fourth.state).toBe("leaving");
    keep(fourth, { ...never, age: 1000, grace: 500 }, performance.now() + 2000);
    await waiting.closed();
  });

  it("that leaves sends its last answer whole to a peer that reads it late", async () => {
    const large = Buffer.alloc(30_000_000);
    const { port, connections } = await openServer({
      onRequest(stream) {
        reply(stream, large);
        leave(stream.connection);
      },
    });
    const windows = Buffer.concat([preface, settings([4, 2 ** 31 - 1]), frame(8, 0, 0, uint32(2 ** 30))]);
    const client = await openClient(port, windows);
    client.socket.pause();
    client.send(request(1), frame(6, 1, 0, Buffer.from("farewell")));
    await vi.waitFor(() => expect(connections[0]?.state).toBe("closed"));
    await new Promise((resolve) => setTimeout(resolve, partingMs + 300));
    client.socket.resume();
    await client.closed();
    const data = client.seen.filter(({ type }) => type === 0);
    expect(data.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(large.length);
  });

  it("whose answer to a ping comes in time stays", async () => {
    const { port, connections } = await openServer();
    const client = await openClient(port);
    await client.settle();
    const [connection] = connections;
    if (!connection) throw new Error("no connection");
    const now = performance.now();
    keep(connection, { ...keeping, pingAfter: 1 }, now + 100);
    const ping = await client.next(({ type, flags }) => type === 6 && flags === 0);
    client.send(frame(6, 1, 0, ping?.payload));
    await client.settle();
    keep(connection, keeping, now + 20_000);
    expect(await client.settle()).toBe(true);
  });

  const headers = request(1, { end: false });
  it.each([
    ["a preface of HTTP/1", Buffer.from("GET / HTTP/1.1\r\n\r\n"), 1, false],
    ["no settings at first", Buffer.concat([preface, frame(6, 0, 0, Buffer.alloc(8))]), 1, false],
    ["an acknowledgement at first", Buffer.concat([preface, frame(4, 1, 0)]), 1, false],
    ["a frame that is too large", frame(0, 0, 1, Buffer.alloc(16_385)), 6, true],
    ["data of no stream", frame(0, 0, 0, Buffer.from("x")), 1, true],
    ["data of a stream that never was", frame(0, 0, 7, Buffer.from("x")), 1, true],
    ["fields on a stream of a server", request(2), 1, true],
    ["fields on the connection", request(0), 1, true],
    ["fields on a stream that was closed", Buffer.concat([request(1), frame(3, 0, 1, uint32(8)), request(1)]), 5, true],
    ["padding beyond the frame", Buffer.concat([headers, frame(0, 8, 1, Buffer.from([9, 0]))]), 1, true],
    ["another frame within a block", Buffer.concat([frame(1, 0, 1), frame(6, 0, 0, Buffer.alloc(8))]), 1, true],
    ["a block of another stream within a block", Buffer.concat([frame(1, 0, 1), frame(9, 4, 3)]), 1, true],
    ["a continuation of nothing", frame(9, 4, 1), 1, true],
    ["a block that cannot be read", frame(1, 5, 1, Buffer.from([0x80])), 9, true],
    ["a push", frame(5, 4, 1, uint32(2)), 1, true],
    ["a reset of nothing", frame(3, 0, 9, uint32(8)), 1, true],
    ["a reset of another size", Buffer.concat([headers, frame(3, 0, 1)]), 6, true],
    ["settings of a stream", frame(4, 0, 1), 1, true],
    ["settings that break off", frame(4, 0, 0, Buffer.alloc(5)), 6, true],
    ["an acknowledgement that says more", frame(4, 1, 0, Buffer.alloc(6)), 6, true],
    ["a window too large", settings([4, 2 ** 31]), 3, true],
    ["too many settings", settings(...Array.from({ length: 65 }, () => [4, 1] as [number, number])), 11, true],
    ["a size of frames too small", settings([5, 100]), 1, true],
    ["a ping of another size", frame(6, 0, 0, Buffer.alloc(7)), 6, true],
    ["a window of nothing", frame(8, 0, 9, uint32(1)), 1, true],
    ["a window that overflows", Buffer.concat([frame(8, 0, 0, uint32(2 ** 31 - 1))]), 3, true],
    ["a window that does not grow", frame(8, 0, 0, uint32(0)), 1, true],
    ["a farewell that breaks off", frame(7, 0, 0, Buffer.alloc(4)), 6, true],
  ])("I-H2-01: is ended by %s, with the reason, and others go on", async (_name, bytes, code, begun) => {
    const { port } = await openServer(holding);
    const other = await openClient(port);
    const client = await openClient(port, begun ? undefined : bytes);
    if (begun) client.send(bytes);
    expect(await client.goaway()).toBe(code);
    await client.closed();
    await other.settle();
  });
});
