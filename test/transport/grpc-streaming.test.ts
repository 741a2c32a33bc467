// Calls of many messages: how they are cut out of the bytes that come, and how such a call ends.
import { connect, type IncomingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../src/failure.ts";
import { type Dialog, serveDialog } from "../../src/transport/grpc-streaming.ts";
import { largestRequest } from "../../src/transport/limits.ts";
import { framed } from "../support/raw-grpc.ts";
import { openDoors } from "../support/doors.ts";
import { frame, openClient, openServer, preface, request, settings } from "../support/raw-http2.ts";

/** Says each message back, and ends when its caller does. */
const echo: Dialog = ({ send, end }) => ({
  onMessage(message) {
    if (message.toString() === "no") throw new Failure("denied", "not that");
    send(message);
  },
  onEnd: end,
});

async function call(dialog: Dialog) {
  const { port } = await openServer({ onRequest: (stream) => serveDialog(stream, dialog) });
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/" });
  const parts: Buffer[] = [];
  let status = "none";
  const note = (fields: IncomingHttpHeaders) => {
    status = [fields["grpc-status"] ?? status].join();
  };
  stream.on("error", () => {}).on("data", (part: Buffer) => parts.push(part));
  stream.on("response", note).on("trailers", note);
  const ended = new Promise<string>((resolve) => stream.on("close", () => resolve(status)));
  return { stream, ended, answers: () => Buffer.concat(parts) };
}

const messages = ["", "one", "two".repeat(1000)].map((text) => Buffer.from(text));
const sent = Buffer.concat(messages.map((message) => framed(message)));

describe("messages", () => {
  it.each([1, 3, 700, sent.length])("that come in parts of %i bytes are heard one by one", async (size) => {
    const { stream, ended, answers } = await call(echo);
    for (let at = 0; at < sent.length; at += size) stream.write(sent.subarray(at, at + size));
    stream.end();
    expect(await ended).toBe("0");
    expect(answers().equals(sent)).toBe(true);
  });

  it("N7-05: that say they are too large, break off or are refused end the call with that", async () => {
    const ends: readonly [Buffer, string][] = [
      [framed(Buffer.alloc(5), { length: largestRequest + 1 }), "8"],
      [framed(Buffer.alloc(5), { length: 6 }), "3"],
      [framed(Buffer.from("no")), "7"],
      [Buffer.concat([framed(Buffer.from("yes")), framed(Buffer.from("no"))]), "7"],
    ];
    for (const [bytes, expected] of ends) {
      const { stream, ended } = await call(echo);
      stream.end(bytes);
      expect(await ended).toBe(expected);
    }
  });

  it("F16: may come in a great many parts", async () => {
    const heard: number[] = [];
    const { stream, ended } = await call(({ end }) => ({
      onMessage: ({ length }) => void heard.push(length),
      onEnd: end,
    }));
    const message = framed(Buffer.alloc(largestRequest));
    for (let at = 0; at < message.length; at += 10) stream.write(message.subarray(at, at + 10));
    stream.end();
    expect(await ended).toBe("0");
    expect(heard).toEqual([largestRequest]);
  });

  it("F16: whose answers nobody takes end the call", async () => {
    const { port, connections } = await openServer({ onRequest: (stream) => serveDialog(stream, echo) });
    const client = await openClient(port, Buffer.concat([preface, settings([4, 0])]));
    client.send(
      request(1, { end: false }),
      ...Array.from({ length: 500 }, () => frame(0, 0, 1, framed(Buffer.from("x")))),
    );
    await client.settle();
    expect([...(connections[0]?.streams ?? [])].map(({ localEnded, unsent }) => [localEnded, unsent?.length])).toEqual([
      [true, 101],
    ]);
  });
});

describe("F16: a watch of health", () => {
  const watch = {
    fields: [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/grpc.health.v1.Health/Watch"],
      ["content-type", "application/grpc"],
    ] as const,
  };
  const open = async (windows = settings()) => {
    const doors = await openDoors();
    onTestFinished(() => doors.close());
    return { doors, client: await openClient(doors.grpc.port, Buffer.concat([preface, windows])) };
  };
  const statusOf = async (client: Awaited<ReturnType<typeof openClient>>, stream: number) => {
    const last = await client.next((one) => one.stream === stream && one.type === 1 && (one.flags & 1) === 1);
    return /grpc-status.(\d+)/s.exec(last?.payload.toString() ?? "")?.[1];
  };

  it("takes one request, of a name's length, which is whole", async () => {
    const { client } = await open();
    const two = Buffer.concat([framed(Buffer.alloc(0)), framed(Buffer.alloc(0))]);
    const large = framed(Buffer.alloc(2000, 10));
    const bomb = framed(gzipSync(Buffer.alloc(200_000)), { flag: 1 });
    for (const [at, body] of [two, large, bomb, Buffer.alloc(0), Buffer.alloc(3)].entries()) {
      const stream = 2 * at + 1;
      const fields = [...watch.fields, ["grpc-encoding", "gzip"] as const];
      client.send(request(stream, { fields, end: false }), frame(0, 1, stream, body));
      expect(await statusOf(client, stream)).toBe(["3", "8", "8", "3", "3"][at]);
    }
  });

  it("ends at its caller's deadline", async () => {
    const { client } = await open();
    const fields = [...watch.fields, ["grpc-timeout", "50m"] as const];
    client.send(request(1, { fields, end: false }), frame(0, 1, 1, framed(Buffer.alloc(0))));
    expect(await statusOf(client, 1)).toBe("4");
  });

  it("that begins while the door closes is told so, and does not keep it open", async () => {
    const { doors, client } = await open();
    const begin = (stream: number) =>
      client.send(request(stream, { ...watch, end: false }), frame(0, 1, stream, framed(Buffer.alloc(0))));
    begin(1);
    await client.next(({ stream, type }) => stream === 1 && type === 0);
    const drained = doors.grpc.drain(20_000);
    const farewell = await client.next(({ type, flags }) => type === 6 && flags === 0);
    begin(3);
    expect(await statusOf(client, 3)).toBe("0");
    client.send(frame(6, 1, 0, farewell?.payload));
    await drained;
  });
});
