// What only the gRPC door has: deadlines, health and reflection.
import { execFile } from "node:child_process";
import { constants, connect } from "node:http2";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { basic, type DoorOptions, openDoors } from "../support/doors.ts";
import { goodBody, goodHeaders } from "../support/raw-grpc.ts";

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

const { exchange, revoke } = AuthService.method;
const codeOf = (promise: Promise<unknown>) => promise.then(() => 0).catch(({ code }: ServiceError) => code);

describe("a deadline", () => {
  it("N7-09 F14: that has passed, or passes before the work, starts no use-case", async () => {
    let started = 0;
    const slow = async (tenant: undefined) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return tenant;
    };
    const doors = await openDoor({
      useCases: {
        exchange: async () => {
          started += 1;
          return {};
        },
      },
      caller: { findClient: () => slow(undefined) },
    });
    const codes = [];
    for (const left of [-1000, 1, 20]) {
      codes.push(await codeOf(doors.call(exchange, { accessToken: "x" }, { deadline: Date.now() + left })));
    }
    expect(codes).toEqual([4, 4, 4]);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(started).toBe(0);
  });

  it("N7-08: is the server's own where the caller has none, and aborts the use-case", async () => {
    const reasons: unknown[] = [];
    const doors = await openDoor({
      useCases: {
        revoke: ({ cancel, deadline, now }) =>
          new Promise((_, reject) => {
            expect(deadline - now).toBe(400);
            const signal = cancel.signal();
            signal.addEventListener("abort", () => {
              reasons.push(signal.reason);
              reject(new Error("stopped"));
            });
          }),
      },
    });
    for (const method of doors.methods) method.deadlineMs = 400;
    expect(await codeOf(doors.call(revoke, { token: "x" }))).toBe(4);
    const response = await doors.post("/trpc/auth.revoke", { token: "x" });
    expect(response.status).toBe(504);
    expect(reasons).toMatchObject([{ kind: "late" }, { kind: "late" }]);
  });

  it("N7-08: is 5 seconds, and 10 where an upstream may be asked", async () => {
    const { methods } = await openDoor();
    const own = new Map(methods.map(({ desc, deadlineMs }) => [desc.localName, deadlineMs]));
    expect([own.get("exchange"), own.get("oidcToken"), own.get("refresh")]).toEqual([10_000, 10_000, 5000]);
  });

  it("F14: a caller that leaves aborts the use-case", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const doors = await openDoor({
      useCases: {
        revoke: ({ cancel }) => {
          cancel.signal().addEventListener("abort", () => resolve(cancel.reason()));
          start();
          return new Promise(() => {});
        },
      },
    });
    const session = connect(`http://127.0.0.1:${doors.grpc.port}`);
    const stream = session.request(goodHeaders);
    stream.on("error", () => {}).end(goodBody);
    await started;
    stream.close(constants.NGHTTP2_CANCEL);
    expect(await aborted).toMatchObject({ kind: "cancelled" });
    session.destroy();
  });
});

describe("the health service", () => {
  const path = "/grpc.health.v1.Health/";
  const encode = (service: string) =>
    Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
  const decode = (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status;

  it("serves the whole and each service, knows no other, and tells who watches when it goes", async () => {
    const doors = await openDoors();
    const client = new Client(`127.0.0.1:${doors.grpc.port}`, credentials.createInsecure());
    const check = (service: string) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(`${path}Check`, encode, decode, service, (error, status) =>
          error ? reject(error) : resolve(status),
        );
      });
    expect(await check("")).toBe(Status.SERVING);
    expect(await check("tessera.auth.v1.AuthService")).toBe(Status.SERVING);
    await expect(check("tessera.auth.v1.Other")).rejects.toMatchObject({ code: 5 });

    const seen: unknown[] = [];
    const watch = client.makeServerStreamRequest(`${path}Watch`, encode, decode, "");
    const ended = new Promise((resolve) => watch.once("end", resolve));
    watch.on("data", (status) => seen.push(status)).on("error", () => {});
    await expect.poll(() => seen).toEqual([Status.SERVING]);
    await doors.close();
    await ended;
    expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
    client.close();
  });
});

describe("reflection", () => {
  const run = promisify(execFile);
  const curlWith = ["curl", "--protocol", "grpc", "--http2-prior-knowledge"];
  const curl = (port: number, path: string, ...args: string[]) =>
    run("node_modules/.bin/buf", [...curlWith, ...args, `http://127.0.0.1:${port}${path}`]);

  it("N6-15: is off unless asked for, and then lets tools list and call the services", async () => {
    const off = await openDoor();
    await expect(curl(off.grpc.port, "", "--list-services")).rejects.toMatchObject({ code: expect.any(Number) });
    const on = await openDoor({ grpc: { reflection: true } });
    const { stdout } = await curl(on.grpc.port, "", "--list-services");
    expect(stdout.trim().split("\n")).toContain("tessera.auth.v1.AuthService");
    const header = `authorization: ${basic()}`;
    const answer = await curl(
      on.grpc.port,
      "/tessera.auth.v1.AuthService/Exchange",
      "-H",
      header,
      "-d",
      '{"access_token":"x"}',
    );
    expect(JSON.parse(answer.stdout)).toMatchObject({ token: "for x" });
  });
});
