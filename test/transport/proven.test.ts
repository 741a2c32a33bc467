// A right secret that is known again: how often it is looked at, and all that makes it be looked at anew.
import { describe, expect, it } from "vitest";
import { createChanges } from "../../src/store/changes.ts";
import { failuresPerPair } from "../../src/transport/limits.ts";
import { type Asking, client, disabled, generate, world } from "../support/callers.ts";
import { application, basic, secret } from "../support/doors.ts";

const minute = 60_000;

function setUp({ until = Number.POSITIVE_INFINITY } = {}) {
  const changes = createChanges();
  const found = { app: application() };
  const { ask, checked } = world({
    changes,
    findClient: async (id) => (id === "app" ? found.app : undefined),
    secrets: { verify: async ({ presented }) => (presented === secret ? { kind: "ok", until } : { kind: "wrong" }) },
  });
  const times = async (...offers: Asking[]) => {
    const before = checked.length;
    for (const offer of offers) await ask(offer).catch(() => {});
    return checked.length - before;
  };
  return { ask, times, changes, found };
}

describe("a right secret", () => {
  it("is looked at once a minute, whatever is called with it", async () => {
    const { times } = setUp();
    expect(await times(client(), client(), { ...client(), method: "refresh" })).toBe(1);
    expect(await times({ ...client(), now: minute - 1 })).toBe(0);
    expect(await times({ ...client(), now: minute }, { ...client(), now: minute })).toBe(1);
    expect(await times(generate(), generate())).toBe(1);
  });

  it("N6-07: is not known beyond its own end", async () => {
    const { times } = setUp({ until: 10 });
    expect(await times(client(), { ...client(), now: 9 })).toBe(1);
    expect(await times({ ...client(), now: 10 })).toBe(1);
  });

  it("N3-16: is looked at anew once something of its tenant changed, and not for another's", async () => {
    const { ask, times, changes, found } = setUp();
    expect(await times(client())).toBe(1);
    changes.note(["t2"]);
    expect(await times(client())).toBe(0);
    found.app = { ...disabled("application"), application: application({ disabled: true }).application };
    changes.note(["t1"]);
    await expect(ask(client())).rejects.toMatchObject({ kind: "unauthenticated" });
  });

  it("N3-16: that was changed while it was looked at is not kept", async () => {
    const changes = createChanges();
    const { ask, checked } = world({
      changes,
      secrets: {
        verify: async () => {
          changes.note(["t1"]);
          return { kind: "ok", until: Number.POSITIVE_INFINITY };
        },
      },
    });
    for (let turn = 0; turn < 3; turn++) await ask(client());
    expect(checked).toHaveLength(3);
  });

  it("N6-08: is known only from where it came from: elsewhere failures are counted first", async () => {
    const { ask, times } = setUp();
    const elsewhere = { source: "192.0.2.9" };
    expect(await times(client(), { ...client(), ...elsewhere })).toBe(2);
    const guesser = { source: "192.0.2.66" };
    for (let turn = 0; turn < failuresPerPair; turn++) await times({ ...client("app", "wrong"), ...guesser });
    await expect(ask({ ...client(), ...guesser })).rejects.toMatchObject({ kind: "exhausted" });
  });

  it("N6-02 N7-03: opens nothing in other company: another credential, a certificate, plaintext", async () => {
    const { ask } = setUp();
    await ask(client());
    const both = { authorization: [basic(), basic()] };
    for (const offer of [both, { ...client(), ...generate() }])
      await expect(ask(offer)).rejects.toMatchObject({ kind: "invalid" });
    const others = [{ certificateUris: ["spiffe://mesh/other"] }, { secure: false }];
    for (const offer of others)
      await expect(ask({ ...client(), ...offer })).rejects.toMatchObject({ kind: "unauthenticated" });
  });

  it("is refused to a page of a foreign origin, also when it is known", async () => {
    const { ask } = setUp();
    await ask(client());
    await expect(ask({ ...client(), origin: "https://evil.example" })).rejects.toMatchObject({ kind: "denied" });
  });
});

describe("what is no right secret", () => {
  it("N7-05: is not even looked for among the known ones where it is longer than any of them", async () => {
    const { times } = setUp();
    const padded = { authorization: [`Basic ${" ".repeat(2000)}${basic().slice("Basic ".length)}`] };
    expect(await times(padded, padded)).toBe(2);
  });

  it("is looked at each time", async () => {
    const { times } = setUp();
    expect(await times(client("app", "wrong"), client("app", "wrong"))).toBe(2);
    expect(await times(generate({ tenantId: "t2" }), generate({ tenantId: "t2" }))).toBe(2);
  });
});
