// Requests and answers by the rules of RFC 9113: what is taken, what is refused, and what waits for a window.
import { connect } from "node:http2";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sendTrailers } from "../../../src/transport/http2/answers.ts";
import { encodeFields } from "../../../src/transport/http2/hpack.ts";
import { keep, keeping } from "../../../src/transport/http2/keeping.ts";
import type { Stream } from "../../../src/transport/http2/state.ts";
import {
  frame,
  goodFields,
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

const end = encodeFields([["end", "yes"]]);
const body = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));

/** Answers each request, once it is whole, with these bytes. */
const answering =
  (bytes: Buffer = body) =>
  (stream: Stream) =>
    void (stream.listener = { ...unheard, onEnd: () => reply(stream, bytes, end) });

/** All data that came on a stream. */
const dataOf = (seen: { type: number; stream: number; payload: Buffer }[], stream = 1) =>
  Buffer.concat(seen.filter((one) => one.type === 0 && one.stream === stream).map(({ payload }) => payload));

describe("an answer", () => {
  it("larger than every window arrives whole and in order, with its trailers, as the windows open", async () => {
    const { port } = await openServer({ onRequest: answering() });
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1000 } });
    onTestFinished(() => session.destroy());
    const answers = Array.from({ length: 5 }, async () => {
      const stream = session.request({ ":path": "/" });
      const parts: Buffer[] = [];
      let trailers: unknown;
      stream.on("data", (part: Buffer) => parts.push(part)).on("trailers", (fields) => (trailers = fields["end"]));
      await new Promise((resolve) => stream.on("close", resolve));
      return { isWhole: Buffer.concat(parts).equals(body), trailers };
    });
    for (const answer of await Promise.all(answers)) expect(answer).toEqual({ isWhole: true, trailers: "yes" });
  });

  it("waits for the window of its stream, and for that of the connection", async () => {
    const { port } = await openServer({ onRequest: answering() });
    const client = await openClient(port, Buffer.concat([preface, settings([4, 10])]));
    client.send(request(1));
    await client.settle();
    expect(dataOf(client.seen)).toHaveLength(10);
    client.send(frame(8, 0, 1, uint32(190_000)));
    await client.settle();
    // The connection began with 65,535.
    expect(dataOf(client.seen)).toHaveLength(65_535);
    client.send(frame(8, 0, 0, uint32(200_000)));
    await client.settle();
    expect(dataOf(client.seen)).toHaveLength(190_010);
    // A setting moves the windows of streams that are open.
    client.send(settings([4, 10_000]));
    await client.settle();
    expect(dataOf(client.seen).equals(body)).toBe(true);
    expect(client.seen.findLast(({ stream }) => stream === 1)).toMatchObject({ type: 1, flags: 5 });
  });

  it("is held back by a window that a setting has made negative, until it is positive again", async () => {
    const { port } = await openServer({ onRequest: answering() });
    const client = await openClient(port, Buffer.concat([preface, settings([4, 1000])]));
    client.send(request(1));
    await client.settle();
    client.send(settings([4, 0]), frame(8, 0, 1, uint32(1000)));
    await client.settle();
    expect(dataOf(client.seen)).toHaveLength(1000);
    client.send(frame(8, 0, 1, uint32(1)));
    await client.settle();
    expect(dataOf(client.seen)).toHaveLength(1001);
  });

  it("with more fields than a frame holds is continued", async () => {
    const large = encodeFields([
      [":status", "200"],
      ["x", "y".repeat(40_000)],
    ]);
    const { port } = await openServer({ onRequest: (stream) => sendTrailers(stream, large) });
    const client = await openClient(port);
    client.send(request(1));
    await client.settle();
    const frames = client.seen.filter(({ stream }) => stream === 1);
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 1],
      [9, 0],
      [9, 4],
    ]);
  });

  it("given before the request is whole ends the stream without a fault, after a while", async () => {
    const { port, connections } = await openServer({ onRequest: (stream) => sendTrailers(stream, ok) });
    const client = await openClient(port);
    client.send(request(1, { end: false }), frame(0, 0, 1, Buffer.alloc(100)));
    await client.settle();
    expect(client.seen.at(-2)).toMatchObject({ type: 1, flags: 5, stream: 1 });
    const [connection] = connections;
    if (connection === undefined) throw new Error("no connection");
    keep(connection, keeping, performance.now() + 1_500);
    expect(await client.reset(1)).toBe(0);
    // What was under way is passed over.
    client.send(frame(0, 0, 1, Buffer.alloc(100)), frame(1, 5, 1, end), request(3));
    expect(await client.next(({ stream }) => stream === 3)).toMatchObject({ type: 1 });
    expect(client.seen.filter(({ type }) => type === 3)).toHaveLength(1);
  });

  it("given early takes no more of the request than its window, which opens no more", async () => {
    const { port } = await openServer({ streamWindow: 1000, onRequest: (stream) => sendTrailers(stream, ok) });
    const client = await openClient(port);
    client.send(request(1, { end: false }), frame(0, 0, 1, Buffer.alloc(1000)));
    await client.settle();
    expect(client.seen.filter(({ type, stream }) => type === 8 && stream === 1)).toEqual([]);
    client.send(frame(0, 0, 1, Buffer.alloc(1)));
    expect(await client.reset(1)).toBe(3);
  });
});

describe("a request", () => {
  it("larger than the window of its stream comes whole, because that opens again", async () => {
    let length = 0;
    const { port } = await openServer({
      onRequest(stream) {
        const onData = (_: Stream, part: Buffer) => void (length += part.length);
        stream.listener = { ...unheard, onData, onEnd: () => sendTrailers(stream, ok) };
      },
    });
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    // More than the connection's window of a MiB, too.
    const stream = session.request({ ":path": "/", ":method": "POST" });
    stream.end(Buffer.alloc(3_000_000));
    await new Promise((resolve) => stream.on("close", resolve).resume());
    expect(length).toBe(3_000_000);
  });

  it("may have padding, a priority, continued fields and trailers", async () => {
    const parts: Buffer[] = [];
    const { port, streams } = await openServer({
      onRequest(stream) {
        const onData = (_: Stream, part: Buffer) => void parts.push(Buffer.from(part));
        stream.listener = { ...unheard, onData, onEnd: () => sendTrailers(stream, ok) };
      },
    });
    const client = await openClient(port);
    const block = encodeFields([...goodFields, ["x", "y"]]);
    const padded = Buffer.concat([
      Buffer.from([3]),
      uint32(0),
      Buffer.from([16]),
      block.subarray(0, 7),
      Buffer.alloc(3),
    ]);
    client.send(
      frame(1, 8 | 32, 1, padded),
      frame(9, 0, 1, block.subarray(7, 20)),
      frame(9, 4, 1, block.subarray(20)),
      frame(0, 8, 1, Buffer.from([2, 104, 105, 0, 0])),
      frame(1, 5, 1, encodeFields([["trailer", "t"]])),
    );
    expect(await client.next(({ stream }) => stream === 1)).toMatchObject({ type: 1, flags: 5 });
    expect(Buffer.concat(parts).toString()).toBe("hi");
    expect(streams[0]?.fields.map(({ name, value }) => [name, value])).toEqual([...goodFields, ["x", "y"]]);
  });

  const having = (...more: [string, string][]) => [...goodFields, ...more];
  const without = (name: string) => goodFields.filter(([one]) => one !== name);
  it.each([
    ["without a method", without(":method")],
    ["without a scheme", without(":scheme")],
    ["without a path", without(":path")],
    ["with two paths", having([":path", "/other"])],
    ["with an empty path", [...without(":path"), [":path", ""] as const]],
    ["with a pseudo-field of an answer", having([":status", "200"])],
    ["with a pseudo-field nobody knows", having([":other", "x"])],
    ["with a pseudo-field after others", [["a", "b"] as const, ...goodFields]],
    ["with a name in capitals", having(["Authorization", "x"])],
    ["with an empty name", having(["", "x"])],
    ["with a blank in a name", having(["a b", "x"])],
    ["with a line in a value", having(["a", "b\r\nc: d"])],
    ["with a zero in a value", having(["a", "b\0"])],
    ["with a blank before a value", having(["a", " b"])],
    ["with connection", having(["connection", "close"])],
    ["with transfer-encoding", having(["transfer-encoding", "chunked"])],
    ["with te of more than trailers", having(["te", "gzip"])],
    ["with a length it does not have", having(["content-length", "5"])],
    ["with a length that is none", having(["content-length", "-1"])],
  ])("N7-07: %s is reset, and the connection serves the next", async (_name, fields) => {
    const { port, streams } = await openServer({ onRequest: answering(Buffer.from("x")) });
    const client = await openClient(port);
    client.send(request(1, { fields }), request(3));
    expect(await client.reset(1)).toBe(1);
    expect(await client.next(({ stream }) => stream === 3)).toMatchObject({ type: 1, flags: 4 });
    expect(streams.every(({ id, closed }) => id === 3 || closed)).toBe(true);
  });

  it("with more fields than are read is answered 431, and the connection serves the next", async () => {
    const { port } = await openServer({ onRequest: answering(Buffer.from("x")) });
    const client = await openClient(port);
    client.send(request(1, { fields: having(["x", "y".repeat(16_300)]) }), request(3));
    const refused = await client.next(({ stream }) => stream === 1);
    expect(refused?.payload.toString()).toContain("431");
    expect(await client.next(({ stream }) => stream === 3)).toMatchObject({ type: 1, flags: 4 });
  });

  it("beyond the streams that are allowed is refused as not processed", async () => {
    const { port, streams } = await openServer({
      firstStreams: 2,
      ...holding,
    });
    const client = await openClient(port);
    client.send(request(1), request(3), request(5));
    expect(await client.reset(5)).toBe(7);
    expect(streams.map(({ id }) => id)).toEqual([1, 3]);
  });

  it("whose caller resets it is let go, once", async () => {
    const left: number[] = [];
    const { port } = await openServer({
      onRequest: (stream) => void (stream.listener = { ...unheard, onClose: ({ id }) => void left.push(id) }),
    });
    const client = await openClient(port);
    client.send(request(1), request(3), frame(3, 0, 1, uint32(8)), frame(3, 0, 1, uint32(8)));
    await client.settle();
    expect(left).toEqual([1]);
    client.socket.destroy();
    await vi.waitFor(() => expect(left).toEqual([1, 3]));
  });
});
