// What only the HTTP door has: methods, content types, batches, origins and challenges.
import { once } from "node:events";
import { request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { largestRequest } from "../../src/transport/limits.ts";
import { createAuthority } from "../support/certificates.ts";
import { application, basic, type DoorOptions, openDoors } from "../support/doors.ts";

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

/** Counts the calls that reach the use-case. */
const counting = () => {
  const seen = { calls: 0 };
  const revoke = async () => {
    seen.calls += 1;
    return {};
  };
  return { seen, useCases: { revoke } };
};

const page = application({ id: "page", publicClient: true, type: 2, origins: ["https://app.example"] });

describe("a request that is no call", () => {
  it("I-TRPC-01: never reaches tRPC: GET, HEAD, a query, a form, another type, an encoding", async () => {
    const { seen, useCases } = counting();
    const { url, post } = await openDoor({ useCases });
    const authorization = basic();
    const input = encodeURIComponent('{"token":"x"}');
    const get = (path: string, method = "GET") => fetch(`${url}${path}`, { method, headers: { authorization } });
    const typed = (type: string, more: Record<string, string> = {}) =>
      post("/trpc/auth.revoke", { token: "x" }, { headers: { "content-type": type, ...more } });
    const statuses = [
      await get(`/trpc/auth.introspect?input=${input}`),
      await get("/trpc/auth.introspect", "HEAD"),
      await get("/trpc/auth.revoke", "PUT"),
      await post(`/trpc/auth.revoke?input=${input}`, {}),
      await post("/trpc/auth.revoke?access_token=good-token", { token: "x" }, { authorization: "" }),
      await post("/trpc/auth.revoke?batch=1&x=1", { 0: { token: "x" } }),
      await typed("text/plain"),
      await typed("multipart/form-data; boundary=x"),
      await typed("application/x-www-form-urlencoded"),
      await typed("application/jsonx"),
      await typed("application/json", { "content-encoding": "gzip" }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([405, 405, 405, 400, 400, 400, 415, 415, 415, 415, 415]);
    expect(seen.calls).toBe(0);
  });

  it("is told so in the form of tRPC, without an echo", async () => {
    const { post } = await openDoor();
    const odd = await post("/trpc/auth.s3cr3t", {});
    expect(odd.status).toBe(404);
    const broken = await post("/trpc/auth.revoke", '{"token":"s3cr3t"');
    expect(broken.status).toBe(400);
    const texts = (await odd.text()) + (await broken.text());
    expect(texts).not.toMatch(/s3cr3t|stack|"path"/);
    expect(await (await post("/trpc/auth.revoke?x", {})).json()).toMatchObject({
      error: { code: -32600, data: { code: "BAD_REQUEST", httpStatus: 400, reason: "INVALID_REQUEST" } },
    });
  });

  it("N7-05: of more than 262,144 bytes is refused, with a declared length or without, and of exactly so many read", async () => {
    const { seen, useCases } = counting();
    const { post, http } = await openDoor({ useCases });
    const sized = (size: number) => `{"token":"x"}${" ".repeat(size - 13)}`;
    expect((await post("/trpc/auth.revoke", sized(largestRequest))).status).toBe(200);
    expect((await post("/trpc/auth.revoke", sized(largestRequest + 1))).status).toBe(413);
    const chunked = await new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
      const sent = request({ port: http.port, host: "127.0.0.1", method: "POST", path: "/trpc/auth.revoke", headers });
      sent.on("response", ({ statusCode }) => resolve(statusCode)).on("error", reject);
      sent.end(sized(largestRequest + 1));
    });
    expect(chunked).toBe(413);
    expect(seen.calls).toBe(1);
  });

  it("has a target of at most 2,048 characters", async () => {
    const { url } = await openDoor();
    const longest = "/".padEnd(2048, "x");
    expect((await fetch(`${url}${longest}`)).status).toBe(404);
    expect((await fetch(`${url}${longest}x`)).status).toBe(414);
  });
});

describe("a call", () => {
  it("N7-04: goes to a procedure by its exact name, and to nothing that an object inherits", async () => {
    const { post } = await openDoor();
    for (const name of ["__proto__", "constructor", "auth", "auth.__proto__", "auth.Revoke", "auth/revoke", ""]) {
      expect((await post(`/trpc/${name}`, { token: "x" })).status).toBe(404);
    }
  });

  it("F14: that its caller gives up aborts the use-case", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
    const leaving = new AbortController();
    const { url } = await openDoor({
      useCases: {
        revoke: ({ cancel }) => {
          cancel.signal().addEventListener("abort", () => resolve(cancel.reason()));
          leaving.abort();
          return new Promise(() => {});
        },
      },
    });
    const headers = { authorization: basic(), "content-type": "application/json" };
    const sent = { method: "POST", headers, body: '{"token":"x"}', signal: leaving.signal };
    await expect(fetch(`${url}/trpc/auth.revoke`, sent)).rejects.toMatchObject({ name: "AbortError" });
    expect(await aborted).toMatchObject({ kind: "cancelled" });
  });
});

describe("a batch", () => {
  const batch = (size: number) => ({
    path: `/trpc/${Array.from({ length: size }, () => "auth.revoke").join(",")}?batch=1`,
    body: Object.fromEntries(Array.from({ length: size }, (_, index) => [index, { token: "x" }])),
  });

  it("N7-13: has at most 10 calls", async () => {
    const { seen, useCases } = counting();
    const { post } = await openDoor({ useCases });
    const ten = batch(10);
    const eleven = batch(11);
    expect((await post(ten.path, ten.body)).status).toBe(200);
    expect((await post(eleven.path, eleven.body)).status).toBe(400);
    expect((await post(eleven.path.replaceAll(",", "%2C"), eleven.body)).status).toBe(400);
    expect(seen.calls).toBe(10);
  });

  it("I-TRPC-02: of 10,000 commas is refused before any call is looked for", async () => {
    const { post, metrics } = await openDoor();
    expect((await post(`/trpc/${",".repeat(10_000)}?batch=1`, {})).status).toBe(414);
    expect((await post(`/trpc/${",".repeat(2000)}?batch=1`, {})).status).toBe(400);
    expect(await metrics.registry.metrics()).not.toContain("tessera_call_duration_seconds_count");
  });

  it("N7-13: counts each of its calls against the limits", async () => {
    const { post } = await openDoor({ limits: { perSource: 4 } });
    const { path, body } = batch(6);
    const response = await post(path, body);
    const answers: unknown = await response.json();
    expect(response.status).toBe(207);
    const refused = JSON.stringify(answers).match(/RATE_LIMITED/g);
    expect(refused).toHaveLength(2);
  });

  it("answers each call on its own", async () => {
    const { post } = await openDoor();
    const mixed = { 0: { token: "live" }, 1: { token: "" } };
    const response = await post("/trpc/auth.introspect,auth.introspect?batch=1", mixed);
    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject([
      { result: { data: { active: true } } },
      { error: { data: { violations: [{ field: "token" }] } } },
    ]);
  });
});

describe("connections", () => {
  const limits = { connections: 1000, connectionsPerSource: 3 };
  const ask = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  /** The status of an answer on a connection that stays open, or that it was closed without one. */
  const statusOn = (socket: Socket) =>
    new Promise<string>((resolve) => {
      socket.on("error", () => {}).once("close", () => resolve("closed"));
      socket.once("data", (chunk) => resolve(chunk.toString().slice(9, 12)));
      socket.write(ask);
    });

  it("F15: of one source are as many as allowed; one more is closed, and a place that was left is free again", async () => {
    const { http } = await openDoor({ http: { limits } });
    const connectOne = () => connect(http.port, "127.0.0.1");
    const [first, ...others] = [connectOne(), connectOne(), connectOne()] as const;
    expect(await Promise.all([first, ...others].map(statusOn))).toEqual(["200", "200", "200"]);
    expect(await statusOn(connectOne())).toBe("closed");
    expect(await Promise.all(others.map(statusOn))).toEqual(["200", "200"]);
    first.destroy();
    await expect.poll(() => statusOn(connectOne()), { timeout: 5000 }).toBe("200");
  });

  it("F15: are counted before the handshake where they speak TLS", async () => {
    const authority = createAuthority();
    const { http } = await openDoor({
      http: { limits },
      createServer: async (handler) => {
        const server = createTlsServer(authority.issue({ name: "door", ips: ["127.0.0.1"] }), handler);
        return { server, close: () => new Promise((resolve) => server.close(() => resolve())) };
      },
    });
    const connectOne = () => connectTls({ port: http.port, host: "127.0.0.1", ca: authority.cert });
    const silent = connect(http.port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void silent.destroy());
    await once(silent, "connect");
    const [first, second] = [connectOne(), connectOne()];
    expect(await Promise.all([first, second].map(statusOn))).toEqual(["200", "200"]);
    expect(await statusOn(connectOne())).toBe("closed");
    silent.destroy();
    first.destroy();
    await expect.poll(() => statusOn(connectOne()), { timeout: 5000 }).toBe("200");
    await expect.poll(() => statusOn(connectOne()), { timeout: 5000 }).toBe("200");
  });
});

describe("an answer", () => {
  it("N5-10 N7-11: with a token is JSON in UTF-8, for no cache, and names no referrer", async () => {
    const { post } = await openDoor();
    const { headers } = await post("/trpc/auth.exchange", { access_token: "x" });
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  });

  it("N6-01 N7-10: of 401 challenges by the scheme that was used, and names an error only where one was", async () => {
    const { post } = await openDoor();
    const challenge = async (authorization: string) => {
      const { status, headers } = await post("/trpc/auth.introspect", { token: "x" }, { authorization });
      return [status, headers.get("www-authenticate")];
    };
    expect(await challenge("")).toEqual([401, 'Bearer realm="tessera"']);
    expect(await challenge(basic("app", "wrong"))).toEqual([401, 'Basic realm="tessera", charset="UTF-8"']);
    expect(await challenge("Bearer bad")).toEqual([401, 'Bearer realm="tessera", error="invalid_token"']);
  });

  it("N7-07: to two Authorization headers is a refusal, though Node shows one", async () => {
    const { http } = await openDoor();
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(http.port, "127.0.0.1", () => {
        const lines = [
          "POST /trpc/auth.revoke HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Connection: close",
        ];
        const twice = [`Authorization: ${basic()}`, `Authorization: ${basic()}`, "Content-Length: 13"];
        socket.write(`${[...lines, ...twice].join("\r\n")}\r\n\r\n{"token":"x"}`);
      });
      let text = "";
      socket.on("data", (chunk) => (text += chunk.toString())).on("end", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  });

  it("to a path that is none is 404, and to a method that is none 405", async () => {
    const { url } = await openDoor();
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    const { status, headers } = await fetch(`${url}/healthz`, { method: "POST" });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("a page in a browser", () => {
  const origin = "https://app.example";
  const preflight = (url: string, from: string) =>
    fetch(`${url}/trpc/auth.refresh`, {
      method: "OPTIONS",
      headers: { origin: from, "access-control-request-method": "POST" },
    });

  it("N7-12: is let through the preflight from a registered origin, and no other origin is ever reflected", async () => {
    const { url } = await openDoor({ clients: [application(), page] });
    const known = await preflight(url, origin);
    expect(known.status).toBe(204);
    expect(Object.fromEntries(known.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-headers": expect.stringContaining("authorization"),
      vary: "Origin",
    });
    expect(known.headers.has("access-control-allow-credentials")).toBe(false);
    for (const from of ["https://evil.example", "null", `${origin}.evil`]) {
      const { headers } = await preflight(url, from);
      expect(headers.has("access-control-allow-origin")).toBe(false);
      expect(headers.get("vary")).toBe("Origin");
    }
  });

  it("N7-12: may call as its own application only", async () => {
    const elsewhere = application({ id: "elsewhere", publicClient: true, type: 2, origins: ["https://other.example"] });
    const { post } = await openDoor({ clients: [page, elsewhere] });
    const call = (id: string) =>
      post("/trpc/auth.exchange", { access_token: "x" }, { authorization: basic(id, ""), headers: { origin } });
    const own = await call("page");
    expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    expect((await call("elsewhere")).status).toBe(401);
  });
});
