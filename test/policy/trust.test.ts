// Which connector a token goes to, its conditions, and opaque tokens. The claims of JWTs: upstream/claims.test.ts.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseConnector } from "../../src/policy/connector-choice.ts";
import {
  acceptedAlgorithms,
  type Claims,
  judgeClaims,
  judgeIntrospection,
  judgeUserinfo,
  type TrustRule,
} from "../../src/policy/trust.ts";
import { claimsAt, connectorFor } from "../support/upstream-issuer.ts";

const issuer = "https://idp.example";
const now = 1_700_000_000_000;

const rule = (overrides: Partial<TrustRule> = {}): TrustRule => connectorFor(issuer, overrides);
const claims = (overrides: Claims = {}): Claims => claimsAt(now, issuer, overrides);

/** "ok", or the reason. */
const judge = (overrides: Claims, asked: Partial<TrustRule> = {}): string => {
  const verdict = judgeClaims(rule(asked), {}, claims(overrides), now);
  return verdict.ok ? "ok" : verdict.reason;
};

describe("the connector a token goes to", () => {
  const a = rule({ id: "a" });
  const b = rule({ id: "b", audiences: ["other"] });
  const any = rule({ id: "any", audiences: [], allowAnyAudience: true });
  const opaque = rule({ id: "opaque", verification: "introspection" });
  const userinfo = rule({ id: "userinfo", verification: "userinfo" });
  const jwt = (from: string | undefined, ...audiences: string[]) =>
    ({ shape: "jwt", issuer: from, audiences }) as const;
  const choose = (...input: Parameters<typeof chooseConnector<TrustRule>>) => {
    const choice = chooseConnector(...input);
    return choice.ok ? choice.rule.id : "refused";
  };

  it("a JWT goes by its issuer, then by its audience, then to the one that takes any", () => {
    expect(choose([a], jwt(issuer), {})).toBe("a");
    expect(choose([a, b], jwt(issuer, "other"), {})).toBe("b");
    expect(choose([a, b], jwt(issuer, "third"), {})).toBe("refused");
    expect(choose([a, b, any], jwt(issuer, "third"), {})).toBe("any");
    expect(choose([a, any], jwt(issuer, "tessera"), {})).toBe("a");
  });

  it("a JWT that fits two connectors needs one to be named", () => {
    expect(choose([a, b], jwt(issuer, "tessera", "other"), {})).toBe("refused");
    expect(choose([a, b], jwt(issuer, "tessera", "other"), { connectorId: "b" })).toBe("b");
  });

  it.each([
    ["a slash at the end", `${issuer}/`],
    ["letter case", "https://IDP.example"],
    ["the default port", `${issuer}:443`],
    ["another scheme", "http://idp.example"],
    ["percent-encoding", "https://idp%2Eexample"],
    ["an IDN form", "https://xn--idp-1na.example"],
    ["a dot at the end", `${issuer}.`],
    ["a space", `${issuer} `],
    ["nothing", undefined],
  ])("N1-19: an issuer that differs by %s is unknown, named or not", (_name, from) => {
    expect(choose([a], jwt(from, "tessera"), {})).toBe("refused");
    expect(choose([a], jwt(from, "tessera"), { connectorId: "a" })).toBe("refused");
  });

  it("an opaque token goes to the one named, else to the default one, and nowhere else", () => {
    expect(
      choose([opaque, userinfo], { shape: "opaque" }, { connectorId: "userinfo", defaultConnectorId: "opaque" }),
    ).toBe("userinfo");
    expect(choose([opaque, userinfo], { shape: "opaque" }, { defaultConnectorId: "opaque" })).toBe("opaque");
    expect(choose([opaque], { shape: "opaque" }, {})).toBe("refused");
    expect(choose([a], { shape: "opaque" }, { defaultConnectorId: "a" })).toBe("refused");
    expect(choose([a], { shape: "opaque" }, { connectorId: "a" })).toBe("refused");
  });

  it("a JWT goes to an introspection connector only by name", () => {
    expect(choose([opaque], jwt(issuer, "tessera"), { connectorId: "opaque" })).toBe("opaque");
    expect(choose([opaque], jwt(issuer, "tessera"), { defaultConnectorId: "opaque" })).toBe("refused");
  });

  it("N3-15: a connector the application may not use is refused, named or default", () => {
    expect(choose([a], jwt(issuer, "tessera"), { connectorId: "b" })).toBe("refused");
    expect(choose([opaque], { shape: "opaque" }, { connectorId: "userinfo" })).toBe("refused");
    expect(choose([opaque], { shape: "opaque" }, { defaultConnectorId: "userinfo" })).toBe("refused");
    expect(choose([], jwt(issuer, "tessera"), {})).toBe("refused");
  });
});

describe("algorithms", () => {
  it("N1-03: a positive list, exact in case, without HMAC and none", () => {
    expect(acceptedAlgorithms(rule())).toEqual(["ES256", "RS256"]);
    expect(acceptedAlgorithms(rule({ algorithms: ["PS256", "HS256", "none", "es256"] }))).toEqual(["PS256"]);
    expect(acceptedAlgorithms(rule({ algorithms: ["HS256"] }))).toEqual([]);
  });
});

describe("conditions", () => {
  const met = (value: unknown, condition: { equals: string | number | boolean } | { glob: string }): boolean =>
    judge({ c: value }, { conditions: [{ claim: "c", ...condition }] }) === "ok";

  it.each([
    ["a", "a", true],
    ["A", "a", false],
    ["a ", "a", false],
    [1, "1", false],
    ["1", 1, false],
    [1, 1, true],
    [true, true, true],
    ["true", true, false],
    [1, true, false],
    [false, false, true],
    [undefined, false, false],
    [null, false, false],
    [["b", "a"], "a", true],
    [["b"], "a", false],
    [["1"], 1, false],
    [{ a: 1 }, "a", false],
    [2 ** 53, 2 ** 53, false],
  ])("N1-33: %j against exactly %j is %s", (value, equals, verdict) => {
    expect(met(value, { equals })).toBe(verdict);
  });

  it.each([
    ["repo:acme/app:ref:refs/heads/main", "repo:acme/*:ref:refs/heads/main", true],
    ["repo:acme/app:ref:refs/heads/main", "repo:acme/*", false],
    ["repo:acme/app", "repo:acme/*", true],
    ["repo:acme/", "repo:acme/*", true],
    ["repo:acme-evil/app", "repo:acme/*", false],
    ["repo:evil/acme/app", "repo:*/app", false],
    ["repo:evil/x:acme/app", "repo:*/app", false],
    ["xrepo:acme/app", "repo:acme/*", false],
    ["repo:acme/app2", "repo:acme/app", false],
    ["a-b-c", "a*c", true],
    ["a-b-c-d", "a*c", false],
    ["abcbc", "a*bc", true],
    ["ab", "a*b*b", false],
    ["abb", "a*b*b", true],
    ["axbxb", "a*b*b", true],
    ["aXa", "a?a", false],
    ["a.a", "a.a", true],
    ["aXa", "a.a", false],
    ["", "*", true],
    [1, "*", false],
    [["x", "repo:acme/app"], "repo:acme/*", true],
  ])("N1-33 I-ID-05: %j against the glob %s is %s", (value, glob, verdict) => {
    expect(met(value, { glob })).toBe(verdict);
  });

  it("N1-33: a star never crosses a delimiter, and without stars a glob is equality", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", ":") });
    fc.assert(
      fc.property(text, text, (prefix, rest) => {
        expect(met(prefix + rest, { glob: `${prefix}*` })).toBe(!/[/:]/.test(rest));
        expect(met(rest, { glob: prefix })).toBe(rest === prefix);
      }),
    );
  });

  it("N1-33: all conditions count, and a claim only inherited is none", () => {
    const conditions = [
      { claim: "a", equals: 1 },
      { claim: "b", equals: 2 },
    ];
    expect(judge({ a: 1, b: 2 }, { conditions })).toBe("ok");
    expect(judge({ a: 1 }, { conditions })).toBe("b");
    expect(judge({}, { conditions: [{ claim: "toString", glob: "*" }] })).toBe("toString");
  });
});

describe("opaque tokens", () => {
  const introspect = (overrides: Claims, asked: Partial<TrustRule> = {}) => {
    const verdict = judgeIntrospection(rule({ verification: "introspection", ...asked }), claims(overrides), now);
    return verdict.ok ? "ok" : verdict.reason;
  };

  it("an introspection answer need not name its issuer, but names no other", () => {
    expect(introspect({ iss: undefined })).toBe("ok");
    expect(introspect({ iss: `${issuer}/` })).toBe("iss");
  });

  it("an introspection answer is held to the same audience, client, time and subject", () => {
    expect(introspect({ aud: "other" })).toBe("aud");
    expect(introspect({ aud: undefined })).toBe("aud");
    expect(introspect({ client_id: "evil" }, { authorizedClients: ["web"] })).toBe("client");
    expect(introspect({ exp: undefined })).toBe("exp");
    expect(introspect({ sub: undefined })).toBe("sub");
    expect(introspect({ cnf: {} })).toBe("cnf");
    expect(introspect({}, { conditions: [{ claim: "group", equals: "staff" }] })).toBe("group");
  });

  it("userinfo needs a connector for any audience, and shows no client whatever it says", () => {
    const asked = { verification: "userinfo", audiences: [], allowAnyAudience: true, maxTokenLifetime: 600 } as const;
    const told = { sub: "alice", aud: "tessera", azp: "web", client_id: "web", exp: 1 };
    expect(judgeUserinfo(rule(asked), told, now)).toMatchObject({
      ok: true,
      clientId: undefined,
      expiresAt: now + 600_000,
    });
    expect(judgeUserinfo(rule({ ...asked, allowAnyAudience: false }), told, now).ok).toBe(false);
    expect(judgeUserinfo(rule({ ...asked, authorizedClients: ["web"] }), told, now).ok).toBe(false);
    expect(judgeUserinfo(rule(asked), { ...told, iss: "https://other.example" }, now).ok).toBe(false);
  });
});
