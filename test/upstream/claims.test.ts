// What the claims of a verified JWT have to be: audience, client, time, kind and subject, at both sides of each limit.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claims, judgeClaims, type TrustRule } from "../../src/policy/trust.ts";
import { claimsAt, connectorFor } from "../support/upstream-issuer.ts";

const issuer = "https://idp.example";
const now = 1_700_000_000_000;
const seconds = now / 1000;

const rule = (overrides: Partial<TrustRule> = {}): TrustRule => connectorFor(issuer, overrides);
const claims = (overrides: Claims = {}): Claims => claimsAt(now, issuer, overrides);

/** "ok", or the reason. */
const judge = (overrides: Claims, asked: Partial<TrustRule> = {}, header: Claims = {}, nonce?: string): string => {
  const verdict = judgeClaims(rule(asked), header, claims(overrides), now, { nonce });
  return verdict.ok ? "ok" : verdict.reason;
};

describe("audience and client", () => {
  it.each([
    ["the string", "tessera", "ok"],
    ["a list of it", ["tessera"], "ok"],
    ["another", "other", "aud"],
    ["a part of it", "tesser", "aud"],
    ["more than it", "tessera2", "aud"],
    ["other letters", "Tessera", "aud"],
    ["a list of another", ["other"], "aud"],
    ["an empty list", [], "aud"],
    ["an empty string", "", "aud"],
    ["missing", undefined, "aud"],
    ["null", null, "aud"],
    ["a number", 1, "aud"],
    ["an object", { tessera: true }, "aud"],
    ["a list with a number", ["tessera", 1], "aud"],
    ["a list in a list", [["tessera"]], "aud"],
    ["several, of no known client", ["tessera", "other"], "client"],
  ])("N1-21 I-AUD-04: aud that is %s", (_name, aud, verdict) => {
    expect(judge({ aud })).toBe(verdict);
  });

  it("I-AUD-04: a string and a list of that string always get one verdict", () => {
    const word = fc.oneof(fc.constantFrom("tessera", "other", ""), fc.string());
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 3 }), fc.boolean(), (aud, audiences, allowAnyAudience) => {
        const asked = { audiences, allowAnyAudience };
        expect(judge({ aud }, asked)).toBe(judge({ aud: [aud] }, asked));
      }),
    );
  });

  it("I-AUD-01 I-AUD-02 I-AUD-03: a rule without audiences accepts none", () => {
    expect(judge({}, { audiences: [] })).toBe("aud");
    expect(judge({ aud: undefined }, { audiences: [] })).toBe("aud");
  });

  it("any audience, where that is allowed, but still a well-formed one", () => {
    const asked = { audiences: [], allowAnyAudience: true };
    expect(judge({ aud: "x" }, asked)).toBe("ok");
    expect(judge({ aud: ["x", "y"] }, asked)).toBe("ok");
    expect(judge({ aud: undefined }, asked)).toBe("ok");
    expect(judge({ aud: [1] }, asked)).toBe("aud");
  });

  it.each([
    ["the client by azp", { azp: "web" }, "ok"],
    ["the client by client_id", { client_id: "web" }, "ok"],
    ["both alike", { azp: "web", client_id: "web" }, "ok"],
    ["no client", {}, "client"],
    ["another client", { azp: "evil" }, "client"],
    ["two that differ", { azp: "web", client_id: "evil" }, "client"],
    ["two that differ, the other way", { azp: "evil", client_id: "web" }, "client"],
    ["a list of clients", { azp: ["web"] }, "client"],
    ["null", { azp: null, client_id: "web" }, "client"],
  ])("N1-22: with authorized clients, %s", (_name, overrides, verdict) => {
    expect(judge(overrides, { authorizedClients: ["web"] })).toBe(verdict);
  });

  it("N1-22: a token for several audiences names its client, and that one is allowed", () => {
    const aud = ["tessera", "other"];
    expect(judge({ aud, azp: "web" }, { authorizedClients: ["web"] })).toBe("ok");
    expect(judge({ aud }, { authorizedClients: ["web"] })).toBe("client");
    expect(judge({ aud, azp: "tessera" })).toBe("ok");
    expect(judge({ aud, azp: "other" })).toBe("client");
  });
});

describe("time", () => {
  it.each([
    ["missing", undefined],
    ["a string", `${seconds + 60}`],
    ["negative", -1],
    ["NaN", Number.NaN],
    ["infinite", Infinity],
    ["null", null],
    ["a list", [seconds + 60]],
    ["past by the leeway", seconds - 30],
  ])("N1-17: exp that is %s is refused", (_name, exp) => {
    expect(judge({ exp, iat: seconds - 600 })).toBe("exp");
  });

  it("N1-17: exp in milliseconds is longer than any lifetime", () => {
    expect(judge({ exp: now + 60_000 })).toBe("lifetime");
    expect(judge({ exp: now + 60_000, iat: undefined })).toBe("lifetime");
  });

  it("N1-17: the leeway is 30 s, what the connector says, and never over 120 s", () => {
    const ago = (age: number, leeway = 0) => judge({ exp: seconds - age, iat: seconds - 600 }, { leeway });
    expect([ago(29), ago(30)]).toEqual(["ok", "exp"]);
    expect([ago(4, 5), ago(5, 5)]).toEqual(["ok", "exp"]);
    expect([ago(119, 600), ago(120, 600)]).toEqual(["ok", "exp"]);
  });

  it.each(["nbf", "iat"])("N1-18: %s may be ahead by the leeway and no more", (name) => {
    expect(judge({ [name]: seconds + 30 })).toBe("ok");
    expect(judge({ [name]: seconds + 31 })).toBe(name);
    expect(judge({ [name]: `${seconds}` })).toBe(name);
    expect(judge({ [name]: null })).toBe(name);
  });

  it("N1-18: exp − iat is at most the connector's lifetime, a day by default", () => {
    const lives = (lifetime: number, maxTokenLifetime = 0) => judge({ exp: seconds + lifetime }, { maxTokenLifetime });
    expect([lives(86_400), lives(86_401)]).toEqual(["ok", "lifetime"]);
    expect([lives(60, 60), lives(61, 60)]).toEqual(["ok", "lifetime"]);
    expect(judge({ iat: undefined, exp: seconds + 86_430 })).toBe("ok");
    expect(judge({ iat: undefined, exp: seconds + 86_431 })).toBe("lifetime");
    expect(judge({ iat: seconds - 5, exp: seconds - 6 })).toBe("iat");
  });
});

describe("the kind of token", () => {
  const at = { typ: "at+jwt" };
  const access = { client_id: "web", jti: "1" };

  it.each([
    ["any", undefined, "ok"],
    ["any", "JWT", "ok"],
    ["any", "jwt", "ok"],
    ["any", "application/jwt", "ok"],
    ["any", "at+jwt", "ok"],
    ["any", "application/at+jwt", "ok"],
    ["any", "AT+JWT", "ok"],
    ["any", "logout+jwt", "typ"],
    ["any", "dpop+jwt", "typ"],
    ["any", "token-introspection+jwt", "typ"],
    ["any", "secevent+jwt", "typ"],
    ["any", "client-authentication+jwt", "typ"],
    ["any", "JOSE", "typ"],
    ["any", "text/jwt", "typ"],
    ["any", "", "typ"],
    ["any", null, "typ"],
    ["any", ["JWT"], "typ"],
    ["access_token", "at+jwt", "ok"],
    ["access_token", "application/at+jwt", "ok"],
    ["access_token", "JWT", "typ"],
    ["access_token", undefined, "typ"],
    ["id_token", undefined, "ok"],
    ["id_token", "JWT", "ok"],
    ["id_token", "at+jwt", "typ"],
    ["id_token", "application/at+jwt", "typ"],
  ] as const)("N1-25: where %s is asked for, typ %j is %s", (tokenKind, typ, verdict) => {
    expect(judge(access, { tokenKind }, typ === undefined ? {} : { typ })).toBe(verdict);
  });

  it("N1-24: an access token has client_id, iat and jti (RFC 9068)", () => {
    for (const missing of ["client_id", "iat", "jti"]) {
      expect(judge({ ...access, [missing]: undefined }, { tokenKind: "access_token" }, at)).toBe(missing);
    }
  });

  it("N1-24: an ID token has iat and no scope", () => {
    expect(judge({ iat: undefined }, { tokenKind: "id_token" })).toBe("iat");
    expect(judge({ scope: "openid" }, { tokenKind: "id_token" })).toBe("scope");
    expect(judge({ scp: ["read"] }, { tokenKind: "id_token" })).toBe("scp");
  });

  it.each([
    ["id_token", { typ: "ID" }, "ok"],
    ["id_token", { token_use: "id" }, "ok"],
    ["id_token", { typ: "Bearer" }, "typ"],
    ["id_token", { token_use: "access" }, "token_use"],
    ["any", { typ: "Bearer" }, "ok"],
    ["any", { typ: "Refresh" }, "typ"],
    ["any", { typ: "Offline" }, "typ"],
    ["any", { token_use: "refresh" }, "token_use"],
    ["any", { typ: 1 }, "typ"],
    ["any", { events: { "http://schemas.openid.net/event/backchannel-logout": {} } }, "a security event or a proof"],
    ["any", { htu: "https://tessera.example", htm: "POST" }, "a security event or a proof"],
  ] as const)("N1-24: where %s is asked for, a token that says %j is %s", (tokenKind, says, verdict) => {
    expect(judge(says, { tokenKind })).toBe(verdict);
  });

  it("N1-24: a client assertion, issued by its own client, is of no issuer", () => {
    expect(judge({ iss: "tessera", sub: "tessera" })).toBe("iss");
  });

  it("N1-26: a nonce that is expected is there and the same", () => {
    expect(judge({ nonce: "n" }, {}, {}, "n")).toBe("ok");
    expect(judge({}, {}, {}, "n")).toBe("nonce");
    expect(judge({ nonce: "m" }, {}, {}, "n")).toBe("nonce");
    expect(judge({ nonce: ["n"] }, {}, {}, "n")).toBe("nonce");
  });

  it("N3-18: a token bound to a key is refused, since nobody shows that key", () => {
    expect(judge({ cnf: { jkt: "x" } })).toBe("cnf");
    expect(judge({ cnf: null })).toBe("cnf");
  });
});

describe("the subject", () => {
  it.each([undefined, null, "", 1, ["alice"], "a".repeat(256), "a\0", "a\nb", "a\u202eb", "a\u200bb", "é", "a\u007f"])(
    "N1-30: sub %j is refused",
    (sub) => {
      expect(judge({ sub })).toBe("sub");
    },
  );

  it("N1-30 N1-31: 255 characters pass, and the subject is sub whatever else there is", () => {
    const sub = "a".repeat(255);
    const told = claims({ sub, email: "root@example.com", preferred_username: "root", upn: "root", name: "root" });
    expect(judgeClaims(rule(), {}, told, now)).toMatchObject({ ok: true, subject: sub });
  });

  it("a jti that is no string is refused", () => {
    expect(judge({ jti: 1 })).toBe("jti");
    expect(judgeClaims(rule(), {}, claims({ jti: "1" }), now)).toMatchObject({
      tokenId: "1",
      expiresAt: now + 3_600_000,
    });
  });
});
