import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2, type ServerHttp2Stream } from "node:http2";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, type Server as Listener } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { asIs, rawDefinition } from "../../bench/floor/serve.ts";
import { runPlan } from "../../bench/load/run-plan.ts";
import { hasH2load, runH2load, runLoad } from "../../bench/support/run-load.ts";
import type { LoadPlan } from "../../bench/support/load-plan.ts";
import { ExchangeResponseSchema, RefreshRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { createAuthority } from "../support/certificates.ts";

// Processes are started, and beside other tests that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

type Handler = (message: Buffer) => Buffer | status | Promise<Buffer>;

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "tessera-load-test-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

const definition = rawDefinition("/test/Call");

/** Its address. A handler answers a message or a status. */
async function serve(handler: Handler, credentials = ServerCredentials.createInsecure()): Promise<string> {
  const server = new Server();
  server.addService(definition, {
    call: ({ request }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      const finish = (answer: Buffer | status) =>
        typeof answer === "number" ? done({ code: answer, details: "as asked" }) : done(null, answer);
      void Promise.resolve(handler(request)).then(finish);
    },
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", credentials, (_error, port) => resolve(port));
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${await promise}`;
}

async function listening(server: Listener): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function bodiesFile(...messages: (string | Uint8Array)[]): string {
  const file = join(folder(), "bodies");
  const parts = messages.map((message) => {
    const body = Buffer.from(message);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  });
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

type Changes = Partial<Omit<LoadPlan, "target">> & { caFile?: string; protocol?: "grpc" | "http1" };

const planFor = (address: string, { protocol = "grpc", caFile, ...changes }: Changes = {}): LoadPlan => ({
  target: { protocol, address, path: "/test/Call", headers: {}, ...(caFile !== undefined && { caFile }) },
  bodies: { file: bodiesFile("x") },
  connections: 1,
  streams: 1,
  pace: { kind: "closed" },
  seconds: 0.15,
  warmup: 0,
  ...changes,
});

const sum = (outcomes: Readonly<Record<string, number>>): number =>
  Object.values(outcomes).reduce((all, calls) => all + calls, 0);

describe("the load process", () => {
  it("counts every answer by the name of its status", async () => {
    const address = await serve((message) => (message.toString() === "OK" ? message : Number(message.toString())));
    const asked = ["OK", `${status.RESOURCE_EXHAUSTED}`, "OK", `${status.NOT_FOUND}`];
    const result = await runPlan(planFor(address, { bodies: { file: bodiesFile(...asked) } }));
    const { OK = 0, NOT_FOUND = 0, RESOURCE_EXHAUSTED = 0, ...others } = result.outcomes;
    expect(others).toEqual({});
    // The bodies are sent in turn, so the counts can differ by the calls of one turn.
    expect(OK).toBeGreaterThan(0);
    expect(Math.abs(OK - NOT_FOUND - RESOURCE_EXHAUSTED)).toBeLessThanOrEqual(1);
    expect(Math.abs(NOT_FOUND - RESOURCE_EXHAUSTED)).toBeLessThanOrEqual(1);
    expect(result.perSecond).toBeCloseTo(OK / result.seconds);
    expect(result.refused?.max).toBeGreaterThan(0);
  });

  it("says how a door of HTTP answered that is none of gRPC", async () => {
    const server = createHttp2((_request, response) => void response.writeHead(503).end());
    const { outcomes } = await runPlan(planFor(await listening(server)));
    expect(Object.keys(outcomes)).toEqual(["HTTP 503"]);
  });

  it("has no latencies where nothing was good", async () => {
    const address = await serve(() => status.UNAUTHENTICATED);
    const { outcomes, due, refused, perSecond } = await runLoad(planFor(address));
    expect(Object.keys(outcomes)).toEqual(["UNAUTHENTICATED"]);
    expect([due.p50, perSecond, refused]).toEqual([Number.NaN, 0, undefined]);
  });

  it("speaks TLS with a server of the given authority only", async () => {
    const authority = createAuthority();
    const { cert, key } = authority.issue({ name: "server", dns: ["localhost"] });
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const address = await serve((message) => message, ServerCredentials.createSsl(null, [pair]));
    const [caFile, foreign] = [join(folder(), "ca"), join(folder(), "foreign")];
    writeFileSync(caFile, authority.cert);
    writeFileSync(foreign, createAuthority().cert);
    expect(Object.keys((await runPlan(planFor(address, { caFile }))).outcomes)).toEqual(["OK"]);
    await expect(runPlan(planFor(address, { caFile: foreign }))).rejects.toThrow("certificate");
  });

  it("keeps each slot of each connection busy at a closed pace", async () => {
    let [now, most] = [0, 0];
    const address = await serve(async (message) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return message;
    });
    await runPlan(planFor(address, { connections: 3, streams: 4 }));
    expect(most).toBe(12);
  });

  it("sends at an open pace what is due, and no more", async () => {
    let received = 0;
    const address = await serve((message) => {
      received += 1;
      return message;
    });
    const perSecond = 400;
    const plan = planFor(address, { streams: 8, pace: { kind: "open", perSecond }, seconds: 0.25 });
    const { outcomes, unsent, seconds } = await runPlan(plan);
    expect(received).toBeGreaterThan(unsent);
    expect(received + unsent).toBeGreaterThanOrEqual(99);
    expect(received + unsent).toBeLessThanOrEqual(seconds * perSecond + 5);
    expect(sum(outcomes)).toBeLessThanOrEqual(received);
  });

  it("counts the wait for a free slot into `due`, not into `sent`, and what was never sent", async () => {
    const address = await serve((message) => new Promise<Buffer>((resolve) => setTimeout(resolve, 20, message)));
    const result = await runPlan(planFor(address, { pace: { kind: "open", perSecond: 1000 } }));
    expect(result.unsent).toBeGreaterThan(0);
    expect(result.due.max).toBeGreaterThan(result.sent.max);
  });

  it("keeps to the streams that the server allows: a call counts as sent once there is room for it", async () => {
    let [now, most] = [0, 0];
    const server = createHttp2({ settings: { maxConcurrentStreams: 2 } });
    server.on("stream", (stream: ServerHttp2Stream) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now -= 1;
        stream.respond({ ":status": 200, "grpc-status": "0" }, { endStream: true });
      }, 20);
    });
    const plan = planFor(await listening(server), { streams: 20, pace: { kind: "open", perSecond: 1000 } });
    const { outcomes, due, sent } = await runPlan(plan);
    expect(Object.keys(outcomes)).toEqual(["OK"]);
    expect(most).toBe(2);
    // Twenty at once wait for nine pairs before them.
    expect(due.p50).toBeGreaterThan(2 * sent.p50);
  });

  it("follows each slot's own chain of refresh tokens, and repeats what failed", async () => {
    const seen = new Map<string, number[]>();
    const address = await serve((message) => {
      const { refreshToken } = fromBinary(RefreshRequestSchema, message);
      const [chain = "", at = ""] = refreshToken.split(":");
      const steps = seen.get(chain) ?? [];
      seen.set(chain, [...steps, Number(at)]);
      if (steps.length === 2) return status.UNAVAILABLE;
      const next = { refreshToken: `${chain}:${Number(at) + 1}` };
      return Buffer.from(toBinary(ExchangeResponseSchema, create(ExchangeResponseSchema, next)));
    });
    const first = ["a", "b", "c", "d"].map((chain) =>
      toBinary(RefreshRequestSchema, create(RefreshRequestSchema, { refreshToken: `${chain}:0` })),
    );
    const bodies = { file: bodiesFile(...first), follows: "refresh" } as const;
    const { outcomes } = await runPlan(planFor(address, { bodies, connections: 2, streams: 2 }));
    expect([...seen.keys()].toSorted()).toEqual(["a", "b", "c", "d"]);
    for (const steps of seen.values()) expect(steps).toEqual(steps.map((_, at) => (at < 3 ? at : at - 1)));
    expect(outcomes["UNAVAILABLE"]).toBe(4);
    await expect(runPlan(planFor(address, { bodies, streams: 5 }))).rejects.toThrow("5 slots need a chain each");
  });

  it("opens a session again after the server closed it, and counts what was lost with it", async () => {
    let [calls, sessions] = [0, 0];
    const server = createHttp2();
    server.on("session", () => void (sessions += 1));
    server.on("stream", (stream: ServerHttp2Stream) => {
      calls += 1;
      if (calls === 3) return stream.session?.destroy();
      stream.respond({ ":status": 200, "grpc-status": "0" }, { endStream: true });
    });
    const { outcomes } = await runPlan(planFor(await listening(server)));
    expect(Object.keys(outcomes).toSorted()).toEqual(["OK", "lost"]);
    expect([outcomes["lost"], sessions]).toEqual([1, 2]);
    expect(outcomes["OK"]).toBeGreaterThan(2);
  });

  it("ends in order when the server has gone for good", async () => {
    const server = createHttp2().on("stream", (stream) => {
      server.close();
      stream.session?.destroy();
    });
    const { outcomes, perSecond } = await runPlan(planFor(await listening(server)));
    expect(outcomes["lost"]).toBeGreaterThan(1);
    expect(perSecond).toBe(0);
  });

  it("sends HTTP/1.1 on connections that stay open", async () => {
    let connections = 0;
    const statuses = [200, 401];
    const server = createHttp1((request, response) => {
      request.resume().on("end", () => {
        const answer = statuses.shift() ?? 200;
        response.writeHead(answer).end("{}");
      });
    }).on("connection", () => void (connections += 1));
    const address = await listening(server);
    const { outcomes } = await runPlan(planFor(address, { protocol: "http1", connections: 2, streams: 50 }));
    expect(outcomes["OK"]).toBeGreaterThan(1);
    expect(outcomes["HTTP 401"]).toBe(1);
    expect(connections).toBe(2);
  });

  it("fails where nobody listens, and for a file that is cut", async () => {
    await expect(runPlan(planFor("127.0.0.1:1"))).rejects.toThrow("ECONNREFUSED");
    const file = join(folder(), "cut");
    writeFileSync(file, Buffer.from([0, 0, 0, 9, 1]));
    await expect(runPlan(planFor(await serve(asIs), { bodies: { file } }))).rejects.toThrow("ends within a body");
  });
});

describe.runIf(hasH2load())("h2load", () => {
  it("runs the same plan", async () => {
    let received = 0;
    const address = await serve((message) => {
      received += 1;
      expect(message.toString()).toBe("x");
      return message;
    });
    const result = await runH2load(planFor(address, { warmup: 0.05 }));
    expect(Object.keys(result?.outcomes ?? {})).toEqual(["HTTP 2xx"]);
    expect(sum(result?.outcomes ?? {})).toBeLessThanOrEqual(received);
    expect(result?.due.p50).toBeGreaterThan(0);
  });

  it("refuses what it cannot do", async () => {
    const open = planFor("127.0.0.1:1", { pace: { kind: "open", perSecond: 1 } });
    const several = planFor("127.0.0.1:1", { bodies: { file: bodiesFile("x", "y") } });
    await expect(runH2load(open)).rejects.toThrow("a closed pace");
    await expect(runH2load(several)).rejects.toThrow("sends one body");
  });
});
