// An upstream issuer that is down or slow: an outage for those who need it, and nothing at all for everybody else.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { doors } from "../support/door.ts";
import { declaredItem, outage, through } from "../support/histories.ts";
import {
  answerStatus,
  claimsAt,
  type Fault,
  hang,
  newKey,
  reset,
  send,
  signToken,
  startIssuer,
  type UpstreamIssuer,
} from "../support/upstream-issuer.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let neighbour: UpstreamIssuer;
beforeAll(async () => {
  world = await createWorld();
  neighbour = await startIssuer([newKey("ES256", "neighbour-key")]);
  await world.red.apply((declared) => {
    const connector = { name: "next door", verification: "VERIFICATION_JWKS", issuer: neighbour.issuer };
    declared["connectors"]?.push({ ...connector, audiences: ["red"], algorithms: ["ES256"] });
    declared["userIdentities"]?.push({ userId: "ben", connectorId: "next door", subject: "ben-next-door" });
    const backend = declaredItem(declared["applications"], "backend");
    (backend["connectorIds"] as string[]).push("next door");
  });
});
afterEach(() => {
  world.upstream.faults = {};
  neighbour.faults = {};
});
afterAll(async () => {
  await neighbour.close();
  await world.close();
});

const faults: [string, Fault][] = [
  ["resets the connection", reset],
  ["answers 500", answerStatus(500)],
  ["answers 503 with Retry-After", answerStatus(503, { "retry-after": "5" })],
  ["answers what is no JSON", send("<html>", "text/html")],
  ["cuts its answer off", send('{"active":')],
];

const opaque = { access_token: "opaque-1" };
const know = () => {
  const claims = claimsAt(world.now(), world.upstream.issuer, { sub: "ada-at-idp", aud: "red", token_type: "Bearer" });
  world.upstream.opaque.set("opaque-1", { introspection: { active: true, ...claims } });
};

/** Ben's token of the issuer next door. */
const bens = () => {
  const claims = claimsAt(world.now(), neighbour.issuer, { sub: "ben-next-door", aud: "red" });
  return { access_token: signToken(neighbour.keys[0] ?? newKey(), claims) };
};

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);

  it.each(faults)("F09: an issuer that %s is an outage of Exchange, and over with it", async (_how, fault) => {
    know();
    world.upstream.faults.introspection = fault;
    expect(await on.call("exchange", opaque)).toEqual(outage);
    world.upstream.faults = {};
    expect(await on.call("exchange", opaque)).toMatchObject({ ok: true, answer: { user: { username: "ada" } } });
  });

  it("F09: tokens of before are introspected, refreshed and revoked while every issuer is down", async () => {
    const { access, refresh } = await on.signIn(world.red);
    for (const issuer of [world.upstream, neighbour])
      issuer.faults = { discovery: reset, jwks: reset, introspection: reset, userinfo: reset, elsewhere: reset };
    expect(await on.isActive(access)).toBe(true);
    const next = await on.next(refresh);
    expect(await on.revoke(next.refresh)).toEqual({ ok: true, answer: {} });
    expect(await on.isActive(next.access)).toBe(false);
  });

  it("F09: an issuer that hangs holds up nobody but those who wait for it", async () => {
    know();
    world.upstream.faults.introspection = hang;
    const { access, refresh } = await on.signIn(world.red);
    let isWaiting = true;
    const waiting = on.call("exchange", opaque).finally(() => {
      isWaiting = false;
    });
    expect(await on.call("exchange", bens())).toMatchObject({ ok: true, answer: { user: { username: "ben" } } });
    expect(await on.isActive(access)).toBe(true);
    await on.next(refresh);
    expect(isWaiting).toBe(true);
    expect(await waiting).toEqual(outage);
  });
});

describe("keys that were fetched", () => {
  it("F09: go on verifying for 24 hours of an issuer's outage, and no longer", async () => {
    const [first] = doors.map((door) => through(door, () => world));
    const exchange = () => first?.call("exchange", bens());
    expect(await exchange()).toMatchObject({ ok: true });
    neighbour.faults = { discovery: reset, jwks: reset };
    world.advance(23 * 3_600_000);
    expect(await exchange()).toMatchObject({ ok: true });
    world.advance(3_600_000);
    expect(await exchange()).toEqual(outage);
    neighbour.faults = {};
    world.advance(600_000);
    expect(await exchange()).toMatchObject({ ok: true });
  });

  it("F09: of one issuer are not asked for again because of another's outage", async () => {
    const [, last] = doors.map((door) => through(door, () => world));
    expect(await last?.call("exchange", bens())).toMatchObject({ ok: true });
    const { jwks } = neighbour.counts;
    world.upstream.faults = { jwks: reset, introspection: reset };
    expect(await last?.call("exchange", opaque)).toEqual(outage);
    expect(await last?.call("exchange", bens())).toMatchObject({ ok: true });
    expect(neighbour.counts.jwks).toBe(jwks);
  });
});
