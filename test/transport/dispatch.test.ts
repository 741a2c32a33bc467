// The steps of a call, in their order, without a door.
import { create, type Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { serve } from "../../src/call.ts";
import { createCancel } from "../../src/cancel.ts";
import { Failure } from "../../src/failure.ts";
import { AuthService, RevokeRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { mostUnderWay } from "../../src/transport/dispatch.ts";
import { resolveMethods } from "../../src/transport/method.ts";
import { basic, createParts, type DoorOptions } from "../support/doors.ts";

const good = create(RevokeRequestSchema, { token: "x" });
const bad = create(RevokeRequestSchema, { token: "" });

function setup(options: DoorOptions = {}) {
  const ran: string[] = [];
  const parts = createParts({
    useCases: {
      revoke: async ({ requestId }) => {
        ran.push(requestId);
        return {};
      },
    },
    ...options,
  });
  const [method] = parts.methods.filter(({ desc }) => desc.localName === "revoke");
  if (!method) throw new Error("no such method");
  const send = (
    read: () => Message | Promise<Message>,
    authorization: string[] = [basic()],
    timeoutMs?: number,
    cancel = createCancel(),
  ) =>
    parts.dispatch({
      method,
      offered: { authorization, certificateUris: [], origin: undefined, source: "192.0.2.1", secure: true },
      timeoutMs,
      cancel,
      read,
      write: () => "answered",
    });
  return { ...parts, method, ran, send };
}

describe("a call", () => {
  it("runs once, under an id of its own", async () => {
    const { send, ran } = setup();
    expect(await send(() => good)).toBe("answered");
    await send(() => good);
    expect(new Set(ran).size).toBe(2);
    expect(ran[0]).toMatch(/^[0-9a-z]{21}$/);
  });

  it("of a flooding source is not even decoded", async () => {
    const { send } = setup({ limits: { perSource: 1 } });
    let decoded = 0;
    const read = () => {
      decoded += 1;
      return good;
    };
    await send(read);
    await expect(send(read)).rejects.toMatchObject({ kind: "exhausted" });
    expect(decoded).toBe(1);
  });

  it("of a stranger learns nothing about the rules of the request", async () => {
    const { send } = setup();
    await expect(send(() => bad, [])).rejects.toMatchObject({ kind: "unauthenticated", violations: [] });
    await expect(send(() => bad)).rejects.toMatchObject({ kind: "invalid", violations: [{ field: "token" }] });
  });

  it("of an application over its budget is refused before its request is validated", async () => {
    const { send } = setup({ limits: { perClient: 1 } });
    await send(() => good);
    await expect(send(() => bad)).rejects.toMatchObject({ kind: "exhausted" });
  });

  it("F13: beyond the most that may be under way is refused undecoded, and taken again once one has ended", async () => {
    const released = Promise.withResolvers<void>();
    const revoke = () => released.promise.then(() => ({}));
    const { send, dispatch, metrics, method } = setup({
      useCases: { revoke },
      limits: { perSource: 1e6, perClient: 1e6 },
    });
    const waiting = Array.from({ length: mostUnderWay }, () => send(() => good));
    const undecoded = () => {
      throw new Error("decoded");
    };
    await expect(send(undecoded)).rejects.toMatchObject({ kind: "exhausted", retryAfterMs: 250 });
    expect([dispatch.underWay(), dispatch.turnsAway(method)]).toEqual([mostUnderWay, true]);
    const counted = (await metrics.failures.get()).values.map(({ labels, value }) => [labels.kind, value]);
    expect(counted).toEqual([["exhausted", 2]]);
    released.resolve();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["answered"]));
    expect(await send(() => good)).toBe("answered");
    expect([dispatch.underWay(), dispatch.turnsAway(method)]).toEqual([0, false]);
  });

  it("F13: of a flooding source waits for no turn, and so takes none from others", async () => {
    const { send } = setup({ limits: { perSource: 40 } });
    const flood = Array.from({ length: 2000 }, () => send(() => good));
    let refused = 0;
    for (const call of flood) void call.catch(() => (refused += 1));
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(refused).toBe(1960);
    await Promise.allSettled(flood);
  });

  it("N7-09: whose time is over while it waits for its turn is told so at once", async () => {
    const { send, ran } = setup({ limits: { perSource: 1e6, perClient: 1e6 } });
    const before = Array.from({ length: 400 }, () => send(() => good));
    const last = send(() => good, [basic()], 1);
    const until = Date.now() + 20;
    while (Date.now() < until);
    await expect(last).rejects.toMatchObject({ kind: "late" });
    expect(ran.length).toBeLessThan(400);
    await Promise.all(before);
  });

  it("N7-09: with no time left runs nothing and decodes nothing", async () => {
    const { send, ran } = setup();
    const read = () => {
      throw new Error("decoded");
    };
    for (const left of [0, -1]) await expect(send(read, [basic()], left)).rejects.toMatchObject({ kind: "late" });
    expect(ran).toEqual([]);
  });

  it("N7-09: whose caller has left ends at once and once, whatever becomes of its work", async () => {
    const works = [Promise.withResolvers<object>(), Promise.withResolvers<object>()];
    const begun = works.values();
    const revoke = () => begun.next().value?.promise ?? Promise.reject(new Error("called too often"));
    const { send, dispatch, metrics } = setup({ useCases: { revoke } });
    const cancels = works.map(() => createCancel());
    const left = cancels.map((cancel) => send(() => good, [basic()], undefined, cancel));
    await new Promise((resolve) => setImmediate(resolve));
    for (const cancel of cancels) cancel.abort(new Failure("cancelled", "the caller has left"));
    for (const call of left) await expect(call).rejects.toMatchObject({ kind: "cancelled" });
    expect(dispatch.underWay()).toBe(0);
    works[0]?.resolve({});
    works[1]?.reject(new Error("broken off"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(dispatch.underWay()).toBe(0);
    const counted = (await metrics.failures.get()).values.map(({ labels, value }) => [labels.kind, value]);
    expect(counted).toEqual([["cancelled", 2]]);
  });

  it("F08: that outlived its deadline in a frozen process is not run", async () => {
    const { send, ran } = setup();
    const freeze = () => {
      const until = Date.now() + 40;
      while (Date.now() < until);
      return good;
    };
    await expect(send(freeze, [basic()], 20)).rejects.toMatchObject({ kind: "late" });
    expect(ran).toEqual([]);
  });
});

describe("whatever is thrown", () => {
  it("becomes a Failure, is counted once, and logged with its cause by the severity of its kind", async () => {
    const secretive = new Failure("unavailable", "a dependency is unavailable", {
      cause: new Error("connect ECONNREFUSED"),
    });
    const thrown: unknown[] = [new TypeError("oops"), secretive, "text"];
    const { send, metrics, lines } = setup({ useCases: { revoke: () => Promise.reject(thrown.shift()) } });
    for (const kind of ["internal", "unavailable", "internal"]) {
      await expect(send(() => good)).rejects.toMatchObject({ kind });
    }
    const counted = (await metrics.failures.get()).values.map(({ labels, value }) => [labels.kind, value]);
    expect(counted).toEqual([
      ["internal", 2],
      ["unavailable", 1],
    ]);
    const logged: unknown[] = lines.map((line) => JSON.parse(line));
    expect(logged).toMatchObject([
      {
        level: 50,
        method: "tessera.auth.v1.AuthService/Revoke",
        err: { cause: { type: "TypeError", message: "oops" } },
      },
      { level: 40, err: { kind: "unavailable", cause: { message: "connect ECONNREFUSED" } } },
      { level: 50, err: { cause: { message: "text" } } },
    ]);
  });

  it("costs its call and nothing else where the log cannot describe it", async () => {
    const endless = new Error("oops");
    endless.cause = endless;
    const { send, lines } = setup({ useCases: { revoke: () => Promise.reject(endless) } });
    await expect(send(() => good)).rejects.toMatchObject({ kind: "internal" });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 50, msg: "a failure could not be described" },
    ]);
  });

  it("N8-03: leaves no credential and no token of the request in the log", async () => {
    const canary = `eyJhbGciOiJFUzI1NiJ9.${"c".repeat(40)}.${"d".repeat(40)}`;
    const { send, lines } = setup({ useCases: { revoke: (_call, { token }) => Promise.reject(new Error(token)) } });
    const message = create(RevokeRequestSchema, { token: canary });
    await expect(send(() => message)).rejects.toMatchObject({ kind: "internal" });
    await expect(send(() => message, [basic("app", "canary-secret")])).rejects.toMatchObject({
      kind: "unauthenticated",
    });
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toMatch(/cccc|canary|Y2FuYXJ5/);
  });
});

describe("the table of methods", () => {
  it("holds what the contract says of each", () => {
    const { method } = setup();
    expect(method).toMatchObject({
      name: "tessera.auth.v1.AuthService/Revoke",
      procedure: ["auth", "revoke"],
      audit: "token.revoked",
      destructive: true,
      query: false,
      sparse: false,
      deadlineMs: 5000,
    });
  });

  it("is not made of a service without one of its use-cases, nor of the same service twice", () => {
    expect(() => resolveMethods([{ desc: AuthService, useCases: {} }])).toThrow("has no use-case");
    const useCases = Object.fromEntries(AuthService.methods.map(({ localName }) => [localName, async () => ({})]));
    const served = { desc: AuthService, useCases };
    expect(() => resolveMethods([served, served])).toThrow("two methods are called auth.exchange");
    // @ts-expect-error: the compiler asks for every use-case
    expect(() => resolveMethods([serve(AuthService, {})])).toThrow("has no use-case");
  });
});
