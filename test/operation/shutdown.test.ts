// F25: the end of a process, by the real command under SIGTERM: who waits gets an answer, who comes is sent away, and
// what was answered is still true after the next start.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { runToEnd } from "../support/command.ts";
import { type Addresses, type Door, doors, type Outcome } from "../support/door.ts";
import { declare } from "../support/fixture.ts";
import { tokensOf } from "../support/histories.ts";
import { callTrpc, devToken, type Service, startService } from "../support/service.ts";
import { claimsAt, startIssuer, type UpstreamIssuer } from "../support/upstream-issuer.ts";
import type { Credential } from "../support/world.ts";

let service: Service;
let upstream: UpstreamIssuer;
/** Requests for introspection that wait for their answer at the upstream issuer. */
let waiting: ServerResponse[];
beforeEach(async () => {
  waiting = [];
  upstream = await startIssuer();
  upstream.faults.introspection = (_request, response) => void waiting.push(response);
});
afterEach(async () => {
  await service.stop();
  service.clean();
  await upstream.close();
});

const addressesOf = ({ dev }: Service): Addresses => ({ grpc: dev.grpc, http: dev.http });
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Named, because the port is another one after each start. */
const issuer = ["--issuer", "http://127.0.0.1:8080"];

/** Starts a service with the tests' tenant, whose backend can exchange opaque tokens of the upstream issuer. */
async function start(flags: readonly string[] = []): Promise<Credential> {
  service = await startService({ flags: [...issuer, ...flags] });
  const file = join(service.dataDir, "red.json");
  writeFileSync(file, JSON.stringify(declare("red", upstream.issuer)));
  const { out } = await runToEnd(["apply", "--dev", "--data-dir", service.dataDir, file]);
  const [, id = ""] = /created application backend \((\w+)\)/.exec(out) ?? [];
  const [, secret = ""] = /backend \/ first \(\w+\)\s+secret, shown this once: (\S+)/.exec(out) ?? [];
  return { basic: [id, secret] };
}

function letAnswer(response: ServerResponse): void {
  const claims = claimsAt(Date.now(), upstream.issuer, { sub: "ada-at-idp", aud: "red" });
  const body = JSON.stringify({ active: true, token_type: "Bearer", ...claims });
  response.writeHead(200, { "content-type": "application/json" }).end(body);
}

/** Watches the health service: every status that it tells. */
function watchHealth(address: string) {
  const client = new Client(address, credentials.createInsecure());
  const request = create(HealthCheckRequestSchema);
  const told: Status[] = [];
  const ended = new Promise<void>((resolve) => {
    const stream = client.makeServerStreamRequest(
      "/grpc.health.v1.Health/Watch",
      (message: typeof request) => Buffer.from(toBinary(HealthCheckRequestSchema, message)),
      (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status,
      request,
    );
    stream.on("data", (status: Status) => told.push(status));
    stream.on("error", () => resolve());
    stream.on("end", resolve);
  });
  return { told, ended: ended.then(() => client.close()) };
}

const isRefused = (address: string): Promise<boolean> => {
  const [host = "", port = ""] = address.split(":");
  const socket = connect(Number(port), host);
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket.destroy() && false));
    socket.once("error", () => resolve(true));
  });
};

const exchanges = (count: number, as: Credential): Promise<Outcome>[] =>
  Array.from({ length: count }, (_, i) => {
    const door = doors[i % doors.length] as Door;
    return door.call(addressesOf(service), "exchange", { access_token: `opaque-${i}` }, as);
  });

describe("SIGTERM", { timeout: 60_000 }, () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "F25: %s: every call under way is answered, health says so first, new connections are refused, exit code 0",
    async (signal) => {
      const as = await start();
      const { grpc, http } = addressesOf(service);
      const health = watchHealth(grpc);
      const calls = exchanges(16, as);
      await until(() => waiting.length === 16 && health.told.length === 1);
      const exited = once(service.child, "exit");
      service.child.kill(signal);
      await health.ended;
      expect(health.told).toEqual([Status.SERVING, Status.NOT_SERVING]);
      for (const address of [grpc, new URL(http).host]) expect(await isRefused(address)).toBe(true);
      expect(service.child.exitCode).toBe(null);
      for (const response of waiting) letAnswer(response);
      const outcomes = await Promise.all(calls);
      expect(outcomes.filter((outcome) => !outcome.ok)).toEqual([]);
      expect(await exited).toEqual([0, null]);

      // What was handed out at the last moment is worth as much as any other token.
      const { dataDir } = service;
      service = await startService({ dataDir, flags: issuer });
      for (const outcome of outcomes) {
        const { access, refresh } = tokensOf(outcome.ok ? outcome.answer : {});
        const [door] = doors as [Door];
        expect(await door.call(addressesOf(service), "introspect", { token: access }, as)).toMatchObject({
          answer: { active: true },
        });
        expect(await door.call(addressesOf(service), "refresh", { refresh_token: refresh }, as)).toMatchObject({
          ok: true,
        });
      }
    },
  );

  it("F25: what is not finished after the time of grace is cut, and the exit code is 0 all the same", async () => {
    const as = await start(["--shutdown-grace", "1"]);
    const calls = exchanges(4, as).map((call) => call.catch(() => "cut off" as const));
    await until(() => waiting.length === 4);
    expect(await service.stop()).toBe(0);
    for (const outcome of await Promise.all(calls)) expect(outcome === "cut off" || !outcome.ok).toBe(true);
  });

  it("F25: a second signal ends the process at once", async () => {
    const as = await start();
    const calls = exchanges(2, as).map((call) => call.catch(() => "cut off" as const));
    await until(() => waiting.length === 2);
    const health = watchHealth(service.dev.grpc);
    await until(() => health.told.length === 1);
    const exited = once(service.child, "exit");
    service.child.kill("SIGTERM");
    await health.ended;
    service.child.kill("SIGTERM");
    expect(await exited).toEqual([1, null]);
    await Promise.all(calls);
  });
});

describe("C3 C4 F25: under load", { timeout: 60_000 }, () => {
  it("no answered rotation is lost and nobody is logged out", async () => {
    await start();
    const { dev, dataDir } = service;
    const as: Credential = { basic: [dev.client_id, dev.client_secret] };
    const upstreamToken = await devToken(dev);
    const firsts = await Promise.all(
      Array.from({ length: 16 }, () => callTrpc(dev, "auth.exchange", { access_token: upstreamToken })),
    );
    const ledger = firsts.map((answer) => String(answer["refresh_token"]));
    let rotations = 0;
    const failures: Outcome[] = [];
    /** Rotates until the service is gone, and notes each answer before the next call. */
    const client = async (i: number) => {
      const door = doors[i % doors.length] as Door;
      for (;;) {
        const request = { refresh_token: ledger[i] ?? "" };
        const outcome = await door.call(addressesOf(service), "refresh", request, as).catch(() => undefined);
        if (outcome?.ok !== true) return void (outcome && failures.push(outcome));
        ledger[i] = tokensOf(outcome.answer).refresh;
        rotations += 1;
      }
    };
    const clients = ledger.map((_, i) => client(i));
    await until(() => rotations > 200);
    expect(await service.stop()).toBe(0);
    await Promise.all(clients);
    // Whoever came too late was told to come again, and heard nothing of its token.
    for (const failure of failures) expect(failure).toMatchObject({ kind: "unavailable" });

    service = await startService({ dataDir });
    for (const [i, refresh_token] of ledger.entries()) {
      const door = doors[i % doors.length] as Door;
      expect(await door.call(addressesOf(service), "refresh", { refresh_token }, as)).toMatchObject({ ok: true });
    }
  });
});
