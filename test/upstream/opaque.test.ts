// Opaque tokens: who is asked about them, with which credentials, and what becomes of each answer.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectorDefects } from "../../src/policy/connector-defects.ts";
import type { TrustedConnector } from "../../src/tokens/issuers.ts";
import {
  answerStatus,
  claimsAt,
  connectorFor,
  newKey,
  reset,
  send,
  signToken,
  startIssuer,
  startUpstream,
} from "../support/upstream-issuer.ts";

const now = 1_700_000_000_000;
const seconds = now / 1000;
const introspecting = { verification: "introspection" } as const;
const named = { connectorId: "connector-1" };

let upstream: Awaited<ReturnType<typeof startUpstream>>;
const key = newKey();
beforeEach(async () => {
  upstream = await startUpstream([key], now);
});
afterEach(() => upstream.idp.close());

const active = (overrides: object = {}) => ({
  active: true,
  token_type: "Bearer",
  scope: "openid profile",
  client_id: "web",
  ...upstream.claims({ iss: undefined }),
  ...overrides,
});

/** Lets the issuer know a token; userinfo knows it too if `userinfo` is given. */
const know = (introspection: object, userinfo?: object): string => {
  upstream.idp.opaque.set("opaque-1", { introspection, ...(userinfo && { userinfo }) });
  return "opaque-1";
};

const introspect = (overrides: object = {}, connector: Partial<TrustedConnector> = {}) =>
  upstream.outcome(know(active(overrides), { sub: "alice" }), { ...introspecting, ...connector }, named);

describe("introspection", () => {
  it("a known token becomes a subject, its profile from userinfo", async () => {
    const token = know(active({ azp: undefined }), {
      sub: "alice",
      email: "a@example.com",
      email_verified: true,
      name: "Alice",
    });
    const subject = await upstream.verify(token, introspecting, { defaultConnectorId: "connector-1" });
    expect(subject).toMatchObject({
      subject: "alice",
      issuer: upstream.idp.issuer,
      clientId: "web",
      expiresAt: now + 3_600_000,
    });
    expect(subject.profile).toEqual({ name: "Alice", email: "a@example.com", emailVerified: true });
  });

  it("our credentials go along in Basic, form-encoded, and the token in the body", async () => {
    const connector = { ...introspecting, clientId: "a:b c", clientSecret: () => "ü%/+ " };
    await upstream.verify(know(active(), { sub: "alice" }), connector, named);
    const [scheme, value = ""] = upstream.idp.asked.authorization.split(" ");
    expect(scheme).toBe("Basic");
    expect(Buffer.from(value, "base64").toString()).toBe("a%3Ab+c:%C3%BC%25%2F%2B+");
    expect(Object.fromEntries(upstream.idp.asked.form)).toEqual({ token: "opaque-1", token_type_hint: "access_token" });
  });

  it("without openid among its scopes userinfo is not asked, and the profile is introspection's", async () => {
    const { profile } = await upstream.verify(know(active({ scope: "read", username: "al" })), introspecting, named);
    expect(profile).toEqual({ username: "al", emailVerified: false });
    expect(upstream.idp.counts.userinfo).toBe(0);
  });

  it("a configured endpoint needs no discovery document", async () => {
    upstream.idp.faults.discovery = answerStatus(404);
    const endpoint = { introspectionEndpoint: `${upstream.idp.issuer}/introspect` };
    expect(await introspect({}, endpoint)).toBe("ok");
    expect(await introspect({}, { ...endpoint, userinfoEndpoint: `${upstream.idp.issuer}/me` })).toBe("ok");
    expect({ ...upstream.idp.counts }).toMatchObject({ discovery: 0, introspection: 2, userinfo: 1 });
  });

  it.each<[string, object]>([
    ["not active", { active: false }],
    ["of another issuer", { iss: "https://other.example" }],
    ["N1-21: for another audience", { aud: "other" }],
    ["N1-21: for no audience", { aud: undefined }],
    ["expired", { exp: seconds - 30, iat: seconds - 600 }],
    ["without end", { exp: undefined }],
    ["N1-30: without subject", { sub: undefined }],
    ["N3-18: bound to a key", { cnf: { jkt: "x" } }],
    ["N3-18: a DPoP token", { token_type: "DPoP" }],
    ["N1-24: a refresh token by its use", { token_use: "refresh_token" }],
    ["N1-24: a refresh token by its mark", { typ: "Refresh" }],
    ["N1-24: of no type that userinfo does not know", { token_type: undefined, scope: "offline_access" }],
  ])("a token that is %s is refused", async (_name, overrides) => {
    expect(await introspect(overrides)).toBe("badToken");
  });

  it("N1-22: the client is held to the list", async () => {
    expect(await introspect({}, { authorizedClients: ["web"] })).toBe("ok");
    expect(await introspect({}, { authorizedClients: ["other"] })).toBe("badToken");
  });

  it("userinfo of another subject, or that knows no such token, is a refusal; 403 is no profile", async () => {
    expect(await upstream.outcome(know(active(), { sub: "bob" }), introspecting, named)).toBe("badToken");
    expect(await upstream.outcome(know(active()), introspecting, named)).toBe("badToken");
    upstream.idp.faults.userinfo = answerStatus(403);
    expect(await introspect()).toBe("ok");
  });

  it("N1-26: an opaque token carries no nonce", async () => {
    expect(await upstream.outcome(know(active(), { sub: "alice" }), introspecting, { ...named, nonce: "n" })).toBe(
      "badToken",
    );
    expect(upstream.idp.counts.introspection).toBe(0);
  });
});

describe("trouble upstream is unavailable", () => {
  it.each([
    ["401, which is about our credentials", answerStatus(401)],
    ["404", answerStatus(404)],
    ["429", answerStatus(429)],
    ["500", answerStatus(500)],
    ["a reset", reset],
    ["HTML", send("<html>", "text/html")],
    ["a signed answer", send("a.b.c", "application/token-introspection+jwt")],
    ["an answer without active", send("{}")],
    ["an active that is no boolean", send('{"active":"true"}')],
    ["a list", send("[]")],
  ])("introspection: %s", async (_name, fault) => {
    upstream.idp.faults.introspection = fault;
    expect(await introspect()).toBe("unavailable");
  });

  it.each([answerStatus(400), answerStatus(404), answerStatus(500), reset, send("[]")])(
    "userinfo, case %#",
    async (fault) => {
      upstream.idp.faults.userinfo = fault;
      expect(await introspect()).toBe("unavailable");
    },
  );

  it("no discovery document, no endpoint in it, no credentials", async () => {
    expect(await introspect({}, { clientSecret: () => "" })).toBe("unavailable");
    expect(await introspect({}, { clientId: "" })).toBe("unavailable");
    upstream.restart();
    upstream.idp.answers.discovery = { issuer: upstream.idp.issuer };
    expect(await introspect()).toBe("unavailable");
    upstream.restart();
    upstream.idp.faults.discovery = answerStatus(500);
    expect(await introspect()).toBe("unavailable");
    expect(upstream.idp.counts.introspection).toBe(0);
  });
});

describe("userinfo alone", () => {
  const connector = {
    verification: "userinfo",
    audiences: [],
    allowAnyAudience: true,
    conditions: [{ claim: "tenant", equals: "acme" }],
    maxTokenLifetime: 600,
  } satisfies Partial<TrustedConnector>;
  const told = { sub: "alice", tenant: "acme", name: "Alice" };

  it("a token that opens it becomes a subject that lives no longer than the connector allows", async () => {
    const subject = await upstream.verify(know({}, told), connector, named);
    expect(subject).toMatchObject({
      subject: "alice",
      clientId: undefined,
      expiresAt: now + 600_000,
      profile: { name: "Alice" },
    });
    expect(connectorDefects(connectorFor(upstream.idp.issuer, connector)).refusals).toEqual([]);
  });

  it("the subject is the claim that the connector names, in figures where it is a number", async () => {
    const old = { ...connector, subjectClaim: "id" };
    const { sub: _sub, ...nameless } = told;
    for (const [id, subject] of [
      [42, "42"],
      ["forty-two", "forty-two"],
    ])
      expect(await upstream.verify(know({}, { ...told, id }), old, named)).toMatchObject({ subject });
    for (const id of [undefined, null, 4.2, 2 ** 53, true, [42], ""])
      expect(await upstream.outcome(know({}, { ...told, id }), old, named)).toBe("badToken");
    expect(await upstream.outcome(know({}, { ...nameless, id: 42 }), connector, named)).toBe("badToken");
  });

  it("a definite no is a refusal, anything else unavailable", async () => {
    expect(await upstream.outcome("unknown", connector, named)).toBe("badToken");
    expect(await upstream.outcome(know({}, { ...told, tenant: "other" }), connector, named)).toBe("badToken");
    expect(await upstream.outcome(know({}, { ...told, sub: "" }), connector, named)).toBe("badToken");
    expect(await upstream.outcome(know({}, told), { ...connector, allowAnyAudience: false }, named)).toBe("badToken");
    upstream.idp.faults.userinfo = answerStatus(403);
    expect(await upstream.outcome("opaque-1", connector, named)).toBe("badToken");
    upstream.idp.faults.userinfo = answerStatus(500);
    expect(await upstream.outcome("opaque-1", connector, named)).toBe("unavailable");
  });
});

describe("where an opaque token goes", () => {
  it("to one issuer and to no other, even when that one says no", async () => {
    const other = await startIssuer();
    const connectors = [
      connectorFor(upstream.idp.issuer, { ...introspecting, id: "a" }),
      connectorFor(other.issuer, { ...introspecting, id: "b" }),
    ];
    expect(await upstream.outcome("unknown", {}, { connectors, defaultConnectorId: "a" })).toBe("badToken");
    expect(await upstream.outcome("unknown", {}, { connectors })).toBe("badToken");
    expect([upstream.idp.counts.introspection, other.counts.introspection]).toEqual([1, 0]);
    await other.close();
  });

  it("a JWT goes to introspection only where that connector is named", async () => {
    const jwt = signToken(key, claimsAt(now, upstream.idp.issuer));
    upstream.idp.opaque.set(jwt, { introspection: active({ scope: "" }) });
    expect(await upstream.outcome(jwt, introspecting, { defaultConnectorId: "connector-1" })).toBe("badToken");
    expect(upstream.idp.counts.introspection).toBe(0);
    expect(await upstream.outcome(jwt, introspecting, named)).toBe("ok");
  });

  it("N1-29: 16,384 bytes are asked about, one more is not", async () => {
    expect(await upstream.outcome("a".repeat(16_384), introspecting, named)).toBe("badToken");
    expect(await upstream.outcome("a".repeat(16_385), introspecting, named)).toBe("badToken");
    expect(upstream.idp.counts.introspection).toBe(1);
  });

  it.each(["a b", "a\r\nx-evil: 1", "a\0", "é", "", "a=b", '{"a":1}', "a,b"])(
    "%j is no bearer token and is shown to nobody",
    async (token) => {
      expect(await upstream.outcome(token, introspecting, named)).toBe("badToken");
      expect(upstream.idp.counts).toMatchObject({ discovery: 0, introspection: 0 });
    },
  );
});
