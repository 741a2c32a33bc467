// HTTP/2 as bytes: a server of our own to speak to, and a client that says whatever a test wants it to say.
import { createConnection, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { sendData, sendFields, sendTrailers } from "../../src/transport/http2/answers.ts";
import { serveConnection } from "../../src/transport/http2/connection.ts";
import { encodeFields } from "../../src/transport/http2/hpack.ts";
import type { Connection, ConnectionOptions, Stream } from "../../src/transport/http2/state.ts";
import { listen } from "../../src/transport/listener.ts";

export type Seen = { type: number; flags: number; stream: number; payload: Buffer };

/** A server whose requests are served by `onRequest`, until the test ends. `connections` are all it had. */
export async function openServer(options: Partial<ConnectionOptions> = {}) {
  const connections: Connection[] = [];
  const streams: Stream[] = [];
  const defects: unknown[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const connection = serveConnection(socket, {
      onSettled: () => {},
      onAcknowledged: () => {},
      onClosed: () => {},
      onDefect: (thrown) => defects.push(thrown),
      firstStreams: 100,
      streamWindow: 65_535,
      ...options,
      onRequest(stream) {
        streams.push(stream);
        options.onRequest?.(stream);
      },
    });
    connections.push(connection);
  });
  const port = await listen(server, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port, connections, streams, defects };
}

export const ok = encodeFields([[":status", "200"]]);

/** Hears of a stream, and does nothing. */
export const unheard = { onData: () => {}, onEnd: () => {}, onClose: () => {} };

/** Leaves every request without an answer. */
export const holding = { onRequest: (stream: Stream) => void (stream.listener = unheard) };

/** A whole answer. */
export function reply(stream: Stream, body: Buffer, trailers = ok): void {
  sendFields(stream, ok);
  sendData(stream, body);
  sendTrailers(stream, trailers);
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A frame, of whatever it is told. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const uint32 = (...values: number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    }),
  );

export const settings = (...values: [id: number, value: number][]): Buffer =>
  frame(
    4,
    0,
    0,
    Buffer.concat(values.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)]))),
  );

export const goodFields: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "a"],
];

/** HEADERS that end their block, and their stream unless told otherwise. */
export const request = (stream: number, { fields = goodFields, end = true } = {}): Buffer =>
  frame(1, end ? 5 : 4, stream, encodeFields(fields));

/** A client that has begun, with the preface and settings unless told otherwise, and acknowledges nothing by itself. */
export async function openClient(port: number, first: Buffer = Buffer.concat([preface, settings()])) {
  const socket = createConnection(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const seen: Seen[] = [];
  let rest = Buffer.alloc(0);
  const waiting: (() => void)[] = [];
  const wake = () => {
    for (const look of waiting.splice(0)) look();
  };
  socket.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const stream = rest.readUInt32BE(5) & 0x7f_ff_ff_ff;
      seen.push({ type: rest.readUInt8(3), flags: rest.readUInt8(4), stream, payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
    wake();
  });
  socket.on("close", () => wake());
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(first);
  /** The first frame that fits, now or later; undefined if the connection closes without it. */
  const next = async (fits: (frame: Seen) => boolean): Promise<Seen | undefined> => {
    for (;;) {
      const found = seen.find(fits);
      if (found !== undefined || socket.closed) return found;
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };
  const send = (...frames: Buffer[]) => socket.write(Buffer.concat(frames));
  /** Once all that was sent has been read, and answered as far as it is answered at once; false if the connection ended. */
  const settle = async () => {
    const opaque = Buffer.from(`settle${String(seen.length % 100).padStart(2, "0")}`);
    const before = seen.length;
    send(frame(6, 0, 0, opaque));
    const answer = await next((one) => one.type === 6 && seen.indexOf(one) >= before && one.payload.equals(opaque));
    return answer !== undefined;
  };
  const goaway = async () =>
    (await next(({ type, payload }) => type === 7 && payload.readUInt32BE(4) !== 0))?.payload.readUInt32BE(4);
  const reset = async (stream: number) =>
    (await next((one) => one.type === 3 && one.stream === stream))?.payload.readUInt32BE(0);
  const closed = () => new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once("close", resolve)));
  return { socket, seen, next, send, settle, goaway, reset, closed };
}
