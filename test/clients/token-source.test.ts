// The token source: early renewal, single flight, what it does while the service fails, and how it ends.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  createTokenSource,
  TesseraError,
  type TokenAnswer,
  type TokenSourceOptions,
  type Tokens,
} from "../../clients/typescript/src/index.ts";
import { manualClock } from "./manual-clock.ts";

const life = 900_000;

/** A source whose calls answer what `script` says, in order; `calls` are the refresh tokens that were presented. */
function sourceOf(script: (TokenAnswer | TesseraError | Promise<TokenAnswer>)[], options: TokenSourceOptions = {}) {
  const clock = manualClock();
  const calls: string[] = [];
  const refresh = async (refreshToken: string) => {
    calls.push(refreshToken);
    const next = script.shift();
    if (next === undefined) throw new Error("one call too many");
    if (next instanceof TesseraError) throw next;
    return next;
  };
  const issuedAt = clock.now();
  const initial: Tokens = { accessToken: "a0", refreshToken: "r0", issuedAt, expiresAt: issuedAt + life };
  return { clock, calls, source: createTokenSource({ initial, refresh, clock, random: () => 0, ...options }) };
}

const answer = (n: number): TokenAnswer => ({ token: `a${n}`, refresh_token: `r${n}`, expires_in: life / 1000 });
const unavailable = (retryAfterMs?: number) => new TesseraError("DEPENDENCY_UNAVAILABLE", "down", { retryAfterMs });
const invalidGrant = () => new TesseraError("INVALID_GRANT", "the token was refused");
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "fulfilled",
    (error: TesseraError) => error.reason,
  );

describe("renewal", () => {
  it("is not begun before a fifth of the life is left", async () => {
    const { clock, calls, source } = sourceOf([]);
    await clock.advance(life * 0.8 - 1);
    expect(await source.token()).toBe("a0");
    expect(calls).toEqual([]);
  });

  it("is begun at a fifth, while the old token is still handed out", async () => {
    const { clock, calls, source } = sourceOf([answer(1)]);
    await clock.advance(life * 0.8);
    expect(await source.token()).toBe("a0");
    expect(calls).toEqual(["r0"]);
    await setImmediate();
    expect(await source.token()).toBe("a1");
  });

  it("is begun a little earlier by chance", async () => {
    const { clock, calls, source } = sourceOf([answer(1)], { random: () => 1 });
    await clock.advance(life * 0.78);
    await source.token();
    expect(calls).toEqual(["r0"]);
  });

  it("leaves a token that lives for a minute alone for half of that", async () => {
    const { clock, calls, source } = sourceOf([{ ...answer(1), expires_in: 60 }, answer(2)]);
    await source.refresh();
    await clock.advance(29_999);
    await source.token();
    expect(calls).toEqual(["r0"]);
    await clock.advance(1);
    await source.token();
    expect(calls).toEqual(["r0", "r1"]);
  });

  it("is one call however many ask, and the next one presents the successor", async () => {
    const { clock, calls, source } = sourceOf([answer(1), answer(2)]);
    await clock.advance(life);
    const asked = await Promise.all([source.token(), source.token(), source.token()]);
    expect(asked).toEqual(["a1", "a1", "a1"]);
    await source.refresh();
    expect(calls).toEqual(["r0", "r1"]);
  });

  it("counts the life from the sending of the call, not from its answer", async () => {
    const slow = Promise.withResolvers<TokenAnswer>();
    const { clock, source } = sourceOf([slow.promise]);
    const sentAt = clock.now();
    const renewed = source.refresh();
    await clock.advance(5_000);
    slow.resolve(answer(1));
    expect(await renewed).toMatchObject({ accessToken: "a1", expiresAt: sentAt + life });
  });

  it("exchanges again where no refresh token came, as after GenerateToken", async () => {
    let count = 0;
    const exchange = async () => ({ access_token: `m${(count += 1)}`, expires_in: 900 });
    const clock = manualClock();
    const source = createTokenSource({ exchange, clock });
    expect(await source.token()).toBe("m1");
    await clock.advance(life);
    expect(await source.token()).toBe("m2");
  });

  it("is told to those who subscribed, until they stop", async () => {
    const { source } = sourceOf([answer(1), answer(2)]);
    const heard: (string | undefined)[] = [];
    const stop = source.subscribe((tokens) => heard.push(tokens?.accessToken));
    await source.refresh();
    stop();
    await source.refresh();
    expect(heard).toEqual(["a1"]);
  });
});

describe("a service that fails for a while", () => {
  it("is asked again with the same refresh token, after growing pauses", async () => {
    const { clock, calls, source } = sourceOf([unavailable(), unavailable(), answer(1)]);
    await clock.advance(life);
    const asked = source.token();
    await setImmediate();
    expect(clock.waits()).toEqual([250]);
    await clock.advance(250);
    expect(clock.waits()).toEqual([500]);
    await clock.advance(500);
    expect(await asked).toBe("a1");
    expect(calls).toEqual(["r0", "r0", "r0"]);
  });

  it("is left alone for as long as it asks, and not waited for beyond five seconds", async () => {
    const { clock, source } = sourceOf([unavailable(5_000), unavailable(5_001)]);
    const asked = reasonOf(source.refresh());
    await setImmediate();
    expect(clock.waits()).toEqual([5_000]);
    await clock.advance(5_000);
    expect(await asked).toBe("DEPENDENCY_UNAVAILABLE");
  });

  it("does not stop the old token from being handed out while it lives", async () => {
    const { clock, calls, source } = sourceOf([unavailable(60_000), answer(1)]);
    await clock.advance(life * 0.9);
    await source.token();
    await setImmediate();
    expect(await source.token()).toBe("a0");
    expect(calls).toHaveLength(1);
    await clock.advance(60_000);
    await source.token();
    expect(calls).toHaveLength(2);
  });

  it("is reported once the token has expired, without another call before its time", async () => {
    const { clock, calls, source } = sourceOf([unavailable(6_000), answer(1)]);
    await clock.advance(life);
    expect(await reasonOf(source.token())).toBe("DEPENDENCY_UNAVAILABLE");
    await clock.advance(5_999);
    expect(await reasonOf(source.token())).toBe("DEPENDENCY_UNAVAILABLE");
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(await source.token()).toBe("a1");
  });

  it("is asked four times at most", async () => {
    const { clock, calls, source } = sourceOf([1, 2, 3, 4, 5].map(() => unavailable()));
    const asked = reasonOf(source.refresh());
    for (const pause of [0, 250, 500, 1_000]) await clock.advance(pause);
    expect(await asked).toBe("DEPENDENCY_UNAVAILABLE");
    expect(calls).toHaveLength(4);
  });

  it("is not asked again when trying again cannot help", async () => {
    const { calls, source } = sourceOf([new TesseraError("INVALID_CLIENT", "no"), answer(1)]);
    expect(await reasonOf(source.refresh())).toBe("INVALID_CLIENT");
    expect(calls).toHaveLength(1);
  });

  it("is not believed when its answer holds no token or no life", async () => {
    for (const empty of [{}, { token: "a1" }, { expires_in: 900 }]) {
      const { source } = sourceOf([empty]);
      expect(await reasonOf(source.refresh())).toBe("INTERNAL");
      expect(source.peek()?.accessToken).toBe("a0");
    }
  });
});

describe("the end of a session", () => {
  it("is SIGNED_OUT for all who wait and all who come later, when the refresh token is refused", async () => {
    const { clock, calls, source } = sourceOf([invalidGrant()]);
    const heard: unknown[] = [];
    source.subscribe((tokens) => heard.push(tokens));
    await clock.advance(life);
    expect(await Promise.all([reasonOf(source.token()), reasonOf(source.token())])).toEqual([
      "SIGNED_OUT",
      "SIGNED_OUT",
    ]);
    expect(await reasonOf(source.token())).toBe("SIGNED_OUT");
    expect(calls).toHaveLength(1);
    expect(heard).toEqual([undefined]);
    expect(source.peek()).toBeUndefined();
  });

  it("takes a token that is still alive with it, for the service has revoked it", async () => {
    const { clock, source } = sourceOf([invalidGrant()]);
    await clock.advance(life * 0.9);
    await source.token();
    await setImmediate();
    expect(await reasonOf(source.token())).toBe("SIGNED_OUT");
  });

  it("comes with the token's own when there is nothing to renew it with", async () => {
    const { refreshToken: _, ...initial } = { ...sourceOf([]).source.peek() } as Tokens;
    const { clock, source } = sourceOf([], { initial });
    await clock.advance(life - 1);
    expect(await source.token()).toBe("a0");
    await clock.advance(1);
    expect(await reasonOf(source.token())).toBe("SIGNED_OUT");
  });

  it("comes with close, which answers what was held", async () => {
    const { source } = sourceOf([]);
    expect(source.close()?.refreshToken).toBe("r0");
    expect(await reasonOf(source.token())).toBe("SIGNED_OUT");
    expect(await reasonOf(source.refresh())).toBe("SIGNED_OUT");
  });

  it("stops a renewal that waits to try again, and drops an answer that comes too late", async () => {
    const waiting = sourceOf([unavailable(), answer(1)]);
    const first = reasonOf(waiting.source.refresh());
    await setImmediate();
    waiting.source.close();
    expect(await first).toBe("SIGNED_OUT");
    expect(waiting.clock.waits()).toEqual([]);

    const slow = Promise.withResolvers<TokenAnswer>();
    const late = sourceOf([slow.promise]);
    const second = reasonOf(late.source.refresh());
    late.source.close();
    slow.resolve(answer(1));
    expect(await second).toBe("SIGNED_OUT");
    expect(late.source.peek()).toBeUndefined();
  });
});
