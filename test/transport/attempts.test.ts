// Guessing secrets: it ends soon, and only for who guesses.
import { describe, expect, it } from "vitest";
import { unavailable } from "../../src/failure.ts";
import { failuresPerPair, failuresPerSource } from "../../src/transport/limits.ts";
import { type Asking, client, world } from "../support/callers.ts";

describe("failing again and again", () => {
  const fail = async (target: ReturnType<typeof world>["ask"], offer: Asking, times: number) => {
    const kinds = new Set<string>();
    for (let turn = 0; turn < times; turn++) {
      await target(offer).catch(({ kind }: { kind: string }) => kinds.add(kind));
    }
    return [...kinds];
  };

  it("N6-08: is refused for a while after the last allowed failure, even with the right secret", async () => {
    const { ask } = world();
    expect(await fail(ask, client("app", "wrong"), failuresPerPair)).toEqual(["unauthenticated"]);
    await expect(ask(client())).rejects.toMatchObject({ kind: "exhausted", retryAfterMs: expect.any(Number) });
  });

  it("N6-08: with one failure fewer is let in, and then no stranger behind its address can lock it out", async () => {
    const { ask } = world();
    await fail(ask, client("app", "wrong"), failuresPerPair - 1);
    expect(await ask(client())).toBe("secret app");
    await fail(ask, client("app", "wrong"), failuresPerPair + 5);
    expect(await ask(client())).toBe("secret app");
  });

  it("N6-08: does not lock the application out from anywhere else", async () => {
    const { ask } = world();
    await fail(ask, client("app", "wrong"), failuresPerPair + 5);
    expect(await ask({ ...client(), source: "192.0.2.2" })).toBe("secret app");
    expect(await ask(client("other"))).toBe("secret other");
  });

  it("N6-08: with many ids exhausts the source, but not for who lately succeeded from it", async () => {
    const { ask } = world();
    await ask(client("other"));
    for (let turn = 0; turn < failuresPerSource; turn++) await fail(ask, client(`guess-${turn}`), 1);
    await expect(ask(client("one-more"))).rejects.toMatchObject({ kind: "exhausted" });
    await expect(ask(client())).rejects.toMatchObject({ kind: "exhausted" });
    expect(await ask(client("other"))).toBe("secret other");
  });

  it("N6-08: does not count what is down as a failure", async () => {
    const { ask } = world({ secrets: { verify: () => Promise.reject(unavailable("down")) } });
    expect(await fail(ask, client(), failuresPerPair + 1)).toEqual(["unavailable"]);
  });
});
