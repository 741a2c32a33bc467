// Streams of a connection: few at first, more as it uses them, and fewer while many connections have too much to do.
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sendTrailers } from "../../src/transport/http2/answers.ts";
import { serveConnection } from "../../src/transport/http2/connection.ts";
import type { Stream } from "../../src/transport/http2/state.ts";
import { listen } from "../../src/transport/listener.ts";
import { fewestStreams, firstStreams, shareOf, shareStreams } from "../../src/transport/stream-share.ts";
import { ok, openClient, request } from "../support/raw-http2.ts";

describe("the share of a connection", () => {
  it("F13: is what is configured while there are few, and falls by halves to a least", () => {
    expect([1, 10, 15, 16, 31, 32, 62, 63, 125, 126, 250, 251, 10_000].map((count) => shareOf(count, 100))).toEqual([
      100,
      64,
      64,
      32,
      32,
      16,
      16,
      8,
      8,
      4,
      4,
      fewestStreams,
      fewestStreams,
    ]);
  });

  it("F13: leaves no more calls open together than are served in time, up to 500 connections", () => {
    for (let count = 1; count <= 500; count++) expect(count * shareOf(count, 100)).toBeLessThanOrEqual(1000);
  });

  it("is never more than what is configured", () => {
    for (const count of [1, 50, 5000]) expect(shareOf(count, 1)).toBe(1);
  });
});

/** A server whose connections share its streams; `busy` is how many calls are said to be under way. */
async function setUp({ most = 100 } = {}) {
  const now = { busy: 0 };
  const share = shareStreams(most, () => now.busy);
  const held = new Set<Stream>();
  const server = createServer((socket) => {
    const connection = serveConnection(socket, {
      onRequest(stream) {
        share.use(connection);
        held.add(stream);
      },
      onSettled: () => {},
      onAcknowledged: share.acknowledged,
      onClosed: share.close,
      onDefect: () => {},
      firstStreams: share.first(),
      streamWindow: 65_535,
    });
    share.open(connection);
  });
  const port = await listen(server, { host: "127.0.0.1", port: 0 });
  const sessions: ClientHttp2Session[] = [];
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const open = async (count: number) => {
    const more = Array.from({ length: count }, () => connect(`http://127.0.0.1:${port}`).on("error", () => {}));
    await Promise.all(more.map((session) => new Promise((resolve) => session.once("remoteSettings", resolve))));
    sessions.push(...more);
    return more;
  };
  let under = 0;
  /** So many calls more on each, once they have arrived; they stay until they are answered. */
  const call = async (used: readonly ClientHttp2Session[], count = 1) => {
    const streams = used.flatMap((session) => Array.from({ length: count }, () => session.request()));
    for (const stream of streams) stream.on("error", () => {}).resume();
    under += streams.length;
    await vi.waitFor(() => expect(held.size).toBe(under));
    return streams;
  };
  /** Answers all of them, and resolves when the server has heard of their end. */
  const respond = async () => {
    for (const stream of held) sendTrailers(stream, ok);
    await vi.waitFor(() => expect([...held].every((stream) => stream.closed)).toBe(true));
    held.clear();
    under = 0;
  };
  const answer = async (streams: readonly ClientHttp2Stream[]) => {
    const closed = streams.map((stream) => new Promise((resolve) => stream.once("close", resolve)));
    await respond();
    await Promise.all(closed);
  };
  const shares = () => new Set(sessions.map(({ remoteSettings }) => remoteSettings.maxConcurrentStreams));
  const become = (...expected: number[]) => vi.waitFor(() => expect(shares()).toEqual(new Set(expected)));
  return { port, now, share, held, open, call, respond, answer, become, sessions };
}

describe("a connection", () => {
  it("begins with few streams, and has twice as many as soon as it uses all of them, up to what is configured", async () => {
    const { open, call, become } = await setUp();
    const sessions = await open(1);
    await become(firstStreams);
    await call(sessions, firstStreams - 1);
    await pause(20);
    await become(firstStreams);
    await call(sessions);
    await become(32);
    await call(sessions, 16);
    await become(64);
    await call(sessions, 32);
    await become(100);
  });

  it("begins with what is configured where that is less", async () => {
    const { open, call, become } = await setUp({ most: 4 });
    await call(await open(3), 4);
    await pause(20);
    await become(4);
  });

  it("F13: gets no more while there is too much to do, however many it uses", async () => {
    const { now, open, call, become } = await setUp();
    now.busy = 501;
    await call(await open(1), firstStreams);
    await pause(20);
    await become(firstStreams);
  });

  it("loses by halves what it does not use, down to what it began with", async () => {
    const { share, open, call, answer, become } = await setUp();
    const sessions = await open(1);
    const calls = await call(sessions, 2 * firstStreams);
    await become(64);
    share.look();
    await pause(20);
    await become(64);
    await answer(calls);
    // This one still saw the calls.
    share.look();
    // Faster than it acknowledges.
    for (let look = 0; look < 3; look++) share.look();
    await become(firstStreams);
  });
});

describe("connections", () => {
  it("F13: begin with less where they are many", async () => {
    const { open, become } = await setUp();
    await open(130);
    await become(firstStreams, 8, 4);
  });

  it("F13: have less when many of them have too much to do, and step by step more again where they use it", async () => {
    const { now, share, open, call, answer, become, sessions } = await setUp();
    await open(40);
    const calls = await call(sessions, 16);
    await become(32);
    now.busy = 501;
    await answer(calls);
    await answer(await call(sessions, 1));
    share.look();
    await become(16);
    now.busy = 500;
    share.look();
    const more = await call(sessions, 16);
    await become(32);
    await answer(more);
    expect(sessions.every(({ destroyed }) => !destroyed)).toBe(true);
  });

  it("F13: without calls take nothing from others, nor do those that come and end at once", async () => {
    const { now, share, open, call, become } = await setUp();
    const [first] = await open(1);
    const one = first === undefined ? [] : [first];
    await call(one, 64);
    await become(100);
    await open(30);
    now.busy = 1000;
    await call(one, 1);
    share.look();
    await pause(50);
    await become(100, firstStreams);
  });

  it("F16: that acknowledge nothing stay open, however often their share changes", async () => {
    const { port, now, share, held, respond } = await setUp();
    const silent = await openClient(port);
    for (let round = 0; round < 12; round++) {
      now.busy = 0;
      const first = 2 * round * firstStreams + 1;
      for (let call = 0; call < firstStreams; call++) silent.send(request(first + 2 * call));
      await vi.waitFor(() => expect(held.size).toBe(firstStreams));
      await respond();
      for (let turn = 0; turn < 3; turn++) share.look();
    }
    expect(silent.socket.closed).toBe(false);
  });
});
