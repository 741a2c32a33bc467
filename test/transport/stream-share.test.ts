// Streams of a connection: as many as are configured, and fewer while many connections have too much to do.
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fewestStreams, shareOf, shareStreams } from "../../src/transport/stream-share.ts";

describe("the share of a connection", () => {
  it("F13: is what is configured while there are few, and falls by halves to a least", () => {
    expect([1, 20, 21, 31, 32, 62, 63, 125, 126, 250, 251, 10_000].map((count) => shareOf(count, 100))).toEqual([
      100,
      64,
      64,
      64,
      32,
      32,
      16,
      16,
      8,
      8,
      fewestStreams,
      fewestStreams,
    ]);
  });

  it("F13: leaves no more calls open together than are served in time, up to 250 connections", () => {
    for (let count = 1; count <= 250; count++) expect(count * shareOf(count, 100)).toBeLessThanOrEqual(2000);
  });

  it("is never more than what is configured", () => {
    for (const count of [1, 50, 5000]) expect(shareOf(count, 4)).toBe(4);
  });
});

/** A server whose connections share its streams; `busy` is how much there is said to be to do. */
async function setUp() {
  const now = { busy: 0 };
  const share = shareStreams(100, () => now.busy);
  const server = createServer({ settings: { maxConcurrentStreams: 100 } });
  server.on("session", share.open);
  server.on("stream", (stream: ServerHttp2Stream) => {
    if (stream.session !== undefined) share.use(stream.session);
    stream.respond({ ":status": 200 }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const sessions: ClientHttp2Session[] = [];
  onTestFinished(() => {
    share.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  const open = async (count: number) => {
    const more = Array.from({ length: count }, () => connect(`http://127.0.0.1:${port}`).on("error", () => {}));
    await Promise.all(more.map((session) => new Promise((resolve) => session.once("remoteSettings", resolve))));
    sessions.push(...more);
    return more;
  };
  /** One call on each. */
  const use = (used: readonly ClientHttp2Session[]) =>
    Promise.all(used.map((session) => new Promise((resolve) => session.request().once("close", resolve).resume())));
  const shares = () => new Set(sessions.map(({ remoteSettings }) => remoteSettings.maxConcurrentStreams));
  return { port, now, share, open, use, shares, sessions };
}

describe("connections", () => {
  it("F13: have less when many of them have too much to do, and more again afterwards", async () => {
    const { now, share, open, use, shares, sessions } = await setUp();
    await use(await open(43));
    share.look();
    expect(shares()).toEqual(new Set([100]));
    now.busy = 1001;
    await use(sessions);
    share.look();
    await vi.waitFor(() => expect(shares()).toEqual(new Set([32])));
    now.busy = 1000;
    for (const most of [64, 100]) {
      share.look();
      await vi.waitFor(() => expect(shares()).toEqual(new Set([most])));
    }
    expect(sessions.every(({ destroyed }) => !destroyed)).toBe(true);
  });

  it("F13: without calls take nothing from others, nor do those that come and end at once", async () => {
    const { now, share, open, use, shares } = await setUp();
    const [first] = await open(60);
    now.busy = 2000;
    await use(first === undefined ? [] : [first]);
    share.look();
    await pause(50);
    expect(shares()).toEqual(new Set([100]));
  });

  it("that come later hear of it too", async () => {
    const { now, share, open, use, shares } = await setUp();
    now.busy = 2000;
    await use(await open(63));
    share.look();
    await open(3);
    await vi.waitFor(() => expect(shares()).toEqual(new Set([16])));
  });

  it("F16: that acknowledge nothing stay open, however often the share changes", async () => {
    const { port, now, share, open, use } = await setUp();
    const silent = createConnection(port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void silent.destroy());
    silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // SETTINGS without any, and none for those that come.
    silent.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    silent.resume();
    const others = await open(40);
    for (let round = 0; round < 12; round++) {
      now.busy = 2000;
      await use(others);
      share.look();
      now.busy = 0;
      for (let turn = 0; turn < 4; turn++) share.look();
      await pause(5);
    }
    expect(silent.closed).toBe(false);
  });
});
