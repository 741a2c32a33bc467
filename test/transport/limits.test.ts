// Budgets: both sides of each, and whose they are.
import { describe, expect, it } from "vitest";
import { createLimits, networkOf, plainAddress } from "../../src/transport/limits.ts";
import { application } from "../support/doors.ts";

const calling = (proof: "secret" | "public") =>
  ({ kind: "client", client: application(), proof, permissions: new Set<string>() }) as const;

const exhausted: unknown = expect.objectContaining({ kind: "exhausted", reason: "RATE_LIMITED" });

describe("a budget of calls", () => {
  it("F13: lets a source have what it may a second, and no more, and leaves others theirs", () => {
    const limits = createLimits({ perSource: 3, perClient: 100 });
    for (let call = 0; call < 3; call++) limits.source("192.0.2.1");
    expect(() => limits.source("192.0.2.1")).toThrow(exhausted);
    limits.source("192.0.2.2");
  });

  it("F13: is an application's, from wherever it calls, and nobody's for who is anonymous", () => {
    const limits = createLimits({ perSource: 100, perClient: 2 });
    const caller = calling("secret");
    limits.caller(caller, "192.0.2.1", 1);
    limits.caller(caller, "192.0.2.1", 1);
    expect(() => limits.caller(caller, "192.0.2.1", 1)).toThrow(exhausted);
    limits.caller({ ...caller, client: application({ id: "other" }) }, "192.0.2.1", 1);
    limits.caller({ kind: "anonymous" }, "192.0.2.1", 1);
  });

  it("D10: of a public application is each source's own, for anybody can name it", () => {
    const limits = createLimits({ perSource: 100, perClient: 2 });
    const caller = calling("public");
    limits.caller(caller, "192.0.2.1", 2);
    expect(() => limits.caller(caller, "192.0.2.1", 1)).toThrow(exhausted);
    limits.caller(caller, "192.0.2.2", 2);
  });

  it("N7-13: a batch costs as much as its items one by one, and the largest still fits a whole budget", () => {
    const limits = createLimits({ perSource: 100, perClient: 10 });
    const caller = calling("secret");
    limits.caller(caller, "192.0.2.1", 9);
    expect(() => limits.caller(caller, "192.0.2.1", 2)).toThrow(exhausted);
    limits.caller({ ...caller, client: application({ id: "other" }) }, "192.0.2.1", 100);
  });
});

describe("a source", () => {
  it("is an IPv4 address however a socket writes it, and the /64 of an IPv6 address", () => {
    expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(plainAddress("2001:db8::ffff:1")).toBe("2001:db8::ffff:1");
    expect(networkOf("192.0.2.1")).toBe("192.0.2.1");
    expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
    expect(networkOf("2001:db8:1:2::9")).toBe("2001:db8:1:2");
    expect(networkOf("2001:db8::9")).toBe("2001:db8:0:0");
    expect(networkOf("::1")).toBe("0:0:0:0");
    expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0");
  });
});
