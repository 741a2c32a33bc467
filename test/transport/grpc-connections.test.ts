// Connections of the gRPC door: those that say nothing, those that say too much, and the last ones.
import { constants, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import type { ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { firstStreams } from "../../src/transport/stream-share.ts";
import { type DoorOptions, openDoors } from "../support/doors.ts";
import { goodHeaders } from "../support/raw-grpc.ts";

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
const codeOf = (promise: Promise<unknown>) => promise.then(() => 0).catch(({ code }: ServiceError) => code);

/** Resolves when the other end has closed the connection; rejects after `ms`. */
function closed(socket: Socket, ms = 3000): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("still open")), ms);
    socket.on("error", () => {});
    socket.resume().once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

describe("a connection", () => {
  const limits = { handshakeMs: 150, connections: 1000, connectionsPerSource: 1000 };
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  it("F15 I-GRPC-04: that stays silent, or never finishes its preface, is closed, and one that speaks stays", async () => {
    const doors = await openDoor({ grpc: { limits } });
    await doors.call(revoke, { token: "x" });
    const silent = Array.from({ length: 20 }, () => connect(doors.grpc.port, "127.0.0.1"));
    const half = connect(doors.grpc.port, "127.0.0.1", () => half.write(preface.slice(0, 10)));
    const noSettings = connect(doors.grpc.port, "127.0.0.1", () => noSettings.write(preface));
    const trickle = connect(doors.grpc.port, "127.0.0.1");
    const drip = setInterval(() => trickle.write(preface.charAt(0)), 20);
    trickle.once("close", () => clearInterval(drip));
    await Promise.all([...silent, half, noSettings, trickle].map((socket) => closed(socket)));
    // The same connection as the first call: it was not cut by the timer that cut the others.
    await doors.call(revoke, { token: "x" });
  });

  it("whose streams are all watches of health gets more of them", async () => {
    const doors = await openDoor();
    const session = connectHttp2(`http://127.0.0.1:${doors.grpc.port}`);
    const allowed = () => session.remoteSettings.maxConcurrentStreams;
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    expect(allowed()).toBe(firstStreams);
    for (let watch = 0; watch < firstStreams; watch++) {
      const stream = session.request({ ...goodHeaders, ":method": "POST", ":path": "/grpc.health.v1.Health/Watch" });
      stream.on("error", () => {}).resume();
      // A message of no bytes.
      stream.end(Buffer.alloc(5));
    }
    await expect.poll(allowed).toBe(2 * firstStreams);
    session.destroy();
  });

  it("F15: over the number for one source is closed at once, and a place that was left is free again", async () => {
    const doors = await openDoor({ grpc: { limits: { ...limits, handshakeMs: 5000, connectionsPerSource: 3 } } });
    const held = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(doors.grpc.port, "127.0.0.1", () => resolve(socket));
            socket.on("error", () => {});
          }),
      ),
    );
    await closed(connect(doors.grpc.port, "127.0.0.1"));
    expect(await codeOf(doors.call(revoke, { token: "x" }))).toBe(14);
    for (const socket of held) socket.destroy();
    await expect.poll(() => codeOf(doors.call(revoke, { token: "x" })), { timeout: 5000, interval: 100 }).toBe(0);
  });

  it("F16 I-H2-01: that floods with resets, pings or settings leaves the door serving others", async () => {
    const doors = await openDoor();
    const floods = [constants.NGHTTP2_CANCEL, constants.NGHTTP2_REFUSED_STREAM].map(async (code) => {
      const session = connectHttp2(`http://127.0.0.1:${doors.grpc.port}`);
      session.on("error", () => {});
      for (let turn = 0; turn < 500 && !session.destroyed; turn++) {
        const stream = session.request(goodHeaders);
        stream.on("error", () => {}).close(code);
        session.ping(() => {});
        if (turn % 50 === 0) await doors.call(revoke, { token: "x" });
      }
      session.destroy();
    });
    await Promise.all(floods);
    await doors.call(revoke, { token: "x" });
  });
});

describe("the end", () => {
  /** A use-case that waits, and a promise of the moment when so many calls of it run. */
  const waiting = (calls: number, finish: Promise<unknown>) => {
    const { promise: started, resolve } = Promise.withResolvers<void>();
    let running = 0;
    const useCase = async () => {
      running += 1;
      if (running === calls) resolve();
      await finish;
      return {};
    };
    return { started, useCases: { revoke: useCase } };
  };

  it("F25: finishes what is under way and takes nothing new", async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    const { started, useCases } = waiting(2, finish);
    const doors = await openDoor({ useCases });
    const running = Promise.all([
      codeOf(doors.call(revoke, { token: "x" })),
      doors.post("/trpc/auth.revoke", { token: "x" }).then(({ status }) => status),
    ]);
    await started;
    const drained = Promise.all([doors.grpc.drain(5000), doors.http.drain(5000)]);
    for (const { port } of [doors.grpc, doors.http]) await closed(connect(port, "127.0.0.1"));
    resolve();
    expect(await running).toEqual([0, 200]);
    await drained;
  });

  it("F25: cuts what has not ended when the grace is over", async () => {
    const { started, useCases } = waiting(2, new Promise(() => {}));
    const doors = await openDoor({ useCases });
    const running = [codeOf(doors.call(revoke, { token: "x" })), doors.post("/trpc/auth.revoke", { token: "x" })];
    const settled = Promise.allSettled(running);
    await started;
    await Promise.all([doors.grpc.drain(50), doors.http.drain(50)]);
    expect(await settled).toMatchObject([{ value: 14 }, { status: "rejected" }]);
  });
});
