// Opaque upstream tokens through the doors: one connector is asked, and no other ever sees the token.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  badToken,
  declaredEntry,
  declareMore,
  everywhere,
  seen,
  unavailable,
  whileDeclared,
} from "../support/tokens.ts";
import {
  answerStatus,
  claimsAt,
  type Fault,
  reset,
  send,
  startIssuer,
  type UpstreamIssuer,
} from "../support/upstream-issuer.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
/** A second issuer of opaque tokens that the application may use. */
let second: UpstreamIssuer;
beforeAll(async () => {
  world = await createWorld();
  second = await startIssuer();
  const { red } = world;
  const endpoints = { introspectionEndpoint: `${second.issuer}/introspect`, userinfoEndpoint: `${second.issuer}/me` };
  const credentials = { clientId: "tessera", clientSecret: "second-secret" };
  const connector = { name: "second", verification: "VERIFICATION_INTROSPECTION", issuer: second.issuer };
  await declareMore(red, "connectors", { ...connector, audiences: ["red"], ...endpoints, ...credentials });
  await declareMore(red, "userIdentities", { userId: "ben", connectorId: "second", subject: "ada-at-idp" });
  const { connectorIds } = declaredEntry(red, "applications", "backend");
  await red.apply(() => void (connectorIds as string[]).push("second"));
});
afterAll(async () => {
  await second.close();
  await world.close();
});
beforeEach(() => {
  for (const { opaque, counts } of [world.upstream, second]) {
    opaque.clear();
    for (const endpoint of Object.keys(counts)) counts[endpoint as keyof typeof counts] = 0;
  }
});

const ask = (more: JsonObject = {}, application = "backend") =>
  everywhere(world, "exchange", { access_token: "opaque-1", ...more }, world.red.as(application));
const idOf = (connector: string) => world.red.ids.get(`connector ${connector}`) ?? "";
/** Lets an issuer know the token. */
const know = (issuer: UpstreamIssuer, introspection: object = {}, userinfo: object | null = {}) => {
  const claims = claimsAt(world.now(), issuer.issuer, { sub: "ada-at-idp", aud: "red", client_id: "red" });
  issuer.opaque.set("opaque-1", {
    introspection: { active: true, token_type: "Bearer", scope: "openid", ...claims, ...introspection },
    ...(userinfo && { userinfo: { sub: "ada-at-idp", ...userinfo } }),
  });
};
const asked = ({ counts }: UpstreamIssuer) => [counts.introspection, counts.userinfo];
const isAda = { ok: true, answer: { user: { username: "ada", logto_id: "ada-at-idp" } } };

describe("an opaque token", () => {
  it("goes to the application's default connector and to no other", async () => {
    for (const issuer of [world.upstream, second]) know(issuer);
    expect(await ask()).toMatchObject(isAda);
    expect([asked(world.upstream), asked(second)]).toEqual([
      [2, 2],
      [0, 0],
    ]);
  });

  it("goes to the connector that is named and to no other", async () => {
    for (const issuer of [world.upstream, second]) know(issuer);
    expect(await ask({ connector_id: idOf("second") })).toMatchObject({
      ok: true,
      answer: { user: { username: "ben" } },
    });
    expect([asked(world.upstream), asked(second)]).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });

  it("is not tried at another after a refusal", async () => {
    know(second);
    expect(await ask()).toEqual(badToken);
    expect([asked(world.upstream), asked(second)]).toEqual([
      [2, 0],
      [0, 0],
    ]);
  });

  it.each<[string, () => string]>([
    ["of keys", () => idOf("idp")],
    ["of another tenant", () => world.blue.ids.get("connector opaque") ?? ""],
    ["that does not exist", () => "0".repeat(21)],
    ["known by its name only", () => "opaque"],
  ])("N6-11 N3-15: for a connector %s is refused, and nobody is asked", async (_which, id) => {
    for (const issuer of [world.upstream, second]) know(issuer);
    expect(await ask({ connector_id: id() })).toEqual(badToken);
    expect([asked(world.upstream), asked(second)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("N3-15: of an application without connectors is refused, and nobody is asked", async () => {
    know(world.upstream);
    expect(await ask({}, "other")).toEqual(badToken);
    expect(await ask({ connector_id: idOf("opaque") }, "other")).toEqual(badToken);
    expect(asked(world.upstream)).toEqual([0, 0]);
  });

  it("of an application without a default is refused unless it names its connector", async () => {
    know(world.upstream);
    await whileDeclared(world.red, ["applications", "backend", { defaultConnectorId: "" }], async () => {
      expect(await ask()).toEqual(badToken);
      expect(asked(world.upstream)).toEqual([0, 0]);
      expect(await ask({ connector_id: idOf("opaque") })).toMatchObject(isAda);
    });
  });

  it("N3-16: of a disabled connector is refused, and nobody is asked", async () => {
    know(world.upstream);
    await whileDeclared(world.red, ["connectors", "opaque", { disabled: true }], async () =>
      expect(await ask()).toEqual(badToken),
    );
    expect(asked(world.upstream)).toEqual([0, 0]);
    expect(await ask()).toMatchObject(isAda);
  });

  it("that has the form of a JWT does not go to an introspection endpoint by itself", async () => {
    expect(await ask({ access_token: "a.b.c" })).toEqual(badToken);
    expect(asked(world.upstream)).toEqual([0, 0]);
  });

  it("a JWT for a named introspection connector goes there, and its own words count for nothing", async () => {
    const token = world.token(world.red, "ben");
    world.upstream.opaque.set(token, { introspection: { active: false } });
    expect(await ask({ access_token: token, connector_id: idOf("opaque") })).toEqual(badToken);
    expect(await ask({ access_token: token })).toMatchObject({ ok: true, answer: { user: { username: "ben" } } });
  });
});

describe("the issuer's answer", () => {
  const past = () => Math.floor(world.now() / 1000) - 600;
  it.each<[string, boolean, () => object]>([
    ["active", true, () => ({})],
    ["not active", false, () => ({ active: false })],
    ["of another issuer", false, () => ({ iss: "https://idp.example.test" })],
    ["for another audience", false, () => ({ aud: "blue" })],
    ["for no audience", false, () => ({ aud: undefined })],
    ["expired", false, () => ({ iat: past() - 60, exp: past() })],
    ["without end", false, () => ({ exp: undefined })],
    ["a refresh token", false, () => ({ token_type: "refresh_token" })],
    ["bound to a key", false, () => ({ cnf: { jkt: "x" } })],
    ["of an unknown subject", false, () => ({ sub: "stranger" })],
  ])("%s", async (_what, accepted, introspection) => {
    know(world.upstream, introspection());
    const outcome = await ask();
    if (!accepted) return expect(outcome).toEqual(badToken);
    expect(outcome).toMatchObject(isAda);
  });

  it("N3-05: refuses with the same bytes, whatever is wrong", async () => {
    const answers = [];
    for (const wrong of [{ active: false }, { aud: "x" }, { sub: "stranger" }]) {
      know(world.upstream, wrong);
      answers.push(await seen(world, "exchange", { access_token: "opaque-1" }, world.red.as("backend")));
    }
    answers.push(await seen(world, "exchange", { access_token: "unknown" }, world.red.as("backend")));
    expect(new Set(answers.map(String)).size).toBe(1);
  });

  it("of userinfo is about the same subject, or all is refused", async () => {
    know(world.upstream, {}, { sub: "ben-at-idp" });
    expect(await ask()).toEqual(badToken);
  });

  it("N3-05: is believed for tokens of the clients that the connector names, and for no other's", async () => {
    await whileDeclared(world.red, ["connectors", "opaque", { authorizedClients: ["portal"] }], async () => {
      know(world.upstream, { client_id: "third-party" });
      expect(await ask()).toEqual(badToken);
      know(world.upstream, { client_id: "portal" });
      expect(await ask()).toMatchObject(isAda);
    });
  });
});

describe("an issuer in trouble", () => {
  const words = "upstream words";
  it.each<[string, "introspection" | "userinfo", Fault]>([
    ["introspection answers 500", "introspection", answerStatus(500)],
    ["introspection does not know us", "introspection", answerStatus(401)],
    ["introspection cuts the connection", "introspection", reset],
    ["introspection sends a page", "introspection", send(`<html>${words}</html>`, "text/html")],
    ["introspection answers another question", "introspection", send('{"error":"upstream words"}')],
    ["the profile cannot be had", "userinfo", answerStatus(500)],
  ])("F09: %s: is 'unavailable', never half an answer, and its words go nowhere", async (_what, endpoint, fault) => {
    know(world.upstream);
    world.upstream.faults = { [endpoint]: fault };
    expect(await ask()).toEqual(unavailable);
    const answers = await seen(world, "exchange", { access_token: "opaque-1" }, world.red.as("backend"));
    world.upstream.faults = {};
    expect(answers.join()).not.toContain(words);
    expect(world.log()).not.toContain(words);
    expect(await ask()).toMatchObject(isAda);
  });

  it("N8-03: neither the token nor our secret there is in the log", () => {
    for (const canary of ["opaque-1", "upstream-client-secret", "second-secret"])
      expect(world.log()).not.toContain(canary);
  });
});
