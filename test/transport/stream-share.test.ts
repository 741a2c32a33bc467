// Streams of a connection: many while there are few connections, fewer while there are many.
import { type ClientHttp2Session, connect } from "node:http2";
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fewestStreams, shareOf } from "../../src/transport/stream-share.ts";
import { openDoors } from "../support/doors.ts";

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

describe("connections", () => {
  it("F13: hear what they may have when others come, and again when they leave", async () => {
    const doors = await openDoors();
    onTestFinished(() => doors.close());
    const sessions: ClientHttp2Session[] = [];
    const open = async (count: number) => {
      for (let at = 0; at < count; at++) {
        const session = connect(`http://127.0.0.1:${doors.grpc.port}`).on("error", () => {});
        sessions.push(session);
        await vi.waitFor(() => expect(session.remoteSettings.maxConcurrentStreams).toBeLessThanOrEqual(100));
      }
    };
    const shares = () => new Set(sessions.map(({ remoteSettings }) => remoteSettings.maxConcurrentStreams));
    onTestFinished(() => {
      for (const session of sessions) session.destroy();
    });
    await open(3);
    expect(shares()).toEqual(new Set([100]));
    await open(40);
    await vi.waitFor(() => expect(shares()).toEqual(new Set([32])));
    for (const session of sessions.splice(5)) session.destroy();
    await vi.waitFor(() => expect(shares()).toEqual(new Set([100])));
    expect(sessions.every(({ destroyed }) => !destroyed)).toBe(true);
  });

  it("F16: that acknowledge nothing stay open, however often the share changes", async () => {
    const doors = await openDoors();
    onTestFinished(() => doors.close());
    const silent = createConnection(doors.grpc.port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void silent.destroy());
    silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // SETTINGS without any, and none for those that come.
    silent.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    silent.resume();
    for (let round = 0; round < 12; round++) {
      const others = Array.from({ length: 24 }, () => connect(`http://127.0.0.1:${doors.grpc.port}`));
      await Promise.all(others.map((other) => new Promise((resolve) => other.once("remoteSettings", resolve))));
      await Promise.all(others.map((other) => new Promise<void>((resolve) => other.close(resolve))));
    }
    await pause(50);
    expect(silent.closed).toBe(false);
  });
});
