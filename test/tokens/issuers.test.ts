// Outside tokens against a loopback issuer: which become a subject, and what of their form and issuer is refused. Their
// headers: upstream/headers.test.ts. Opaque ones: upstream/opaque.test.ts.
import { sign as rawSign } from "node:crypto";
import { CompactEncrypt, importJWK } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  answerStatus,
  claimsAt,
  connectorFor,
  encode,
  newKey,
  reset,
  send,
  signInput,
  signToken,
  startIssuer,
  startUpstream,
  watchSockets,
} from "../support/upstream-issuer.ts";

const now = 1_700_000_000_000;
const [es, rs] = [newKey("ES256", "es"), newKey("RS256", "rs")];

let upstream: Awaited<ReturnType<typeof startUpstream>>;
beforeEach(async () => {
  upstream = await startUpstream([es, rs], now);
});
afterEach(() => upstream.idp.close());

const good = () => signToken(es, upstream.claims());

/** Head and payload of a good token with another header and the signature given. */
const forged = (header: object, signature: (input: string) => string) => {
  const input = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(upstream.claims()))}`;
  return `${input}.${signature(input)}`;
};

describe("a token that is what it says", () => {
  it("becomes a subject with its client, profile and end", async () => {
    const extra = {
      azp: "web",
      email: "a@example.com",
      email_verified: true,
      name: "Alice",
      preferred_username: "al",
      phone_number: "+1",
    };
    expect(await upstream.verify(signToken(es, upstream.claims(extra)))).toEqual({
      connectorId: "connector-1",
      issuer: upstream.idp.issuer,
      subject: "alice",
      clientId: "web",
      profile: { username: "al", name: "Alice", email: "a@example.com", emailVerified: true, phone: "+1" },
      fingerprint: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: now + 3_600_000,
    });
  });

  it.each(["ES256", "ES384", "ES512", "RS256", "RS512", "PS256", "EdDSA"] as const)(
    "verifies with %s where the connector accepts it",
    async (alg) => {
      upstream.idp.keys = [newKey(alg, "k")];
      expect(
        await upstream.outcome(signToken(upstream.idp.keys[0] ?? es, upstream.claims()), { algorithms: [alg] }),
      ).toBe("ok");
      expect(await upstream.outcome(signToken(newKey(alg, "k"), upstream.claims()), { algorithms: [alg] })).toBe(
        "badToken",
      );
    },
  );

  it("N1-32 I-ID-01: only the boolean true makes an e-mail verified", async () => {
    for (const email_verified of ["true", 1, "1", [true], null, false, undefined]) {
      const { profile } = await upstream.verify(
        signToken(es, upstream.claims({ email: "a@example.com", email_verified })),
      );
      expect(profile).toEqual({ email: "a@example.com", emailVerified: false });
    }
  });

  it("N1-31: attributes that are no plain text of 256 characters are dropped", async () => {
    const extra = { name: "a\u202eb", preferred_username: ["root"], phone_number: "1\n2", email: "a".repeat(257) };
    const { profile, subject } = await upstream.verify(signToken(es, upstream.claims(extra)));
    expect({ profile, subject }).toEqual({ profile: { emailVerified: false }, subject: "alice" });
  });
});

describe("form", () => {
  it("N1-11 N1-12 I-JOSE-08: another spelling of a good token is refused", async () => {
    const token = good();
    const [header = "", payload = "", signature = ""] = token.split(".");
    const json = JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    const unused = signature.slice(0, -1) + String.fromCharCode(signature.charCodeAt(85) + 1);
    for (const other of [
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
      `${header}.${payload}. ${signature}`,
      json,
      `${header}.${payload}.${unused}`,
    ]) {
      expect(await upstream.outcome(other)).toBe("badToken");
    }
    expect(upstream.idp.counts.jwks).toBe(0);
  });

  it("N1-13 N1-14 I-JOSE-04 I-JOSE-10: a JWE is refused, whatever is in it", async () => {
    const text = new TextEncoder().encode(good());
    const wrapped = await new CompactEncrypt(text)
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", cty: "JWT" })
      .encrypt(await importJWK(es.jwk, "ECDH-ES"));
    const bomb = `${encode('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA","zip":"DEF"}')}.AAAA.AAAA.AAAA.AAAA`;
    for (const token of [wrapped, bomb]) expect(await upstream.outcome(token)).toBe("badToken");
  });

  it("N1-15 N1-16: duplicate members and malformed documents are refused though their signature is good", async () => {
    const text = JSON.stringify(upstream.claims());
    const duplicate = text.replace('"aud":"tessera"', '"aud":"tessera","aud":"other"');
    for (const payload of [duplicate, `\ufeff${text}`, `[${text}]`, `"${encode(text)}"`]) {
      expect(await upstream.outcome(signToken(es, payload))).toBe("badToken");
    }
  });

  it("N1-28 I-JOSE-06: a signature of zeros, in DER or of another length is refused", async () => {
    const header = { alg: "ES256", kid: "es" };
    const zeros = [
      Buffer.alloc(64),
      Buffer.concat([Buffer.alloc(32), Buffer.alloc(32, 1)]),
      Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32)]),
    ];
    const der = (input: string) =>
      rawSign("sha256", Buffer.from(input), { key: es.privateKey, dsaEncoding: "der" }).toString("base64url");
    for (const zero of zeros)
      expect(await upstream.outcome(forged(header, () => zero.toString("base64url")))).toBe("badToken");
    expect(await upstream.outcome(forged(header, der))).toBe("badToken");
    expect(await upstream.outcome(forged(header, (input) => `${signInput(es, input).toString("base64url")}AAAA`))).toBe(
      "badToken",
    );
    expect(upstream.idp.counts.jwks).toBe(0);
  });

  it("N1-29: 16 KiB and one byte are refused before anything is read", async () => {
    expect(await upstream.outcome(`${good()}${"A".repeat(16_384)}`)).toBe("badToken");
    expect(await upstream.outcome("a".repeat(16_385), {}, { defaultConnectorId: "connector-1" })).toBe("badToken");
  });
});

describe("issuers", () => {
  it("N1-20: a signature by issuer A on a token that names issuer B is refused", async () => {
    const other = await startIssuer([newKey("ES256", "es")]);
    const connectors = [connectorFor(upstream.idp.issuer), connectorFor(other.issuer, { id: "connector-2" })];
    const token = signToken(es, claimsAt(now, other.issuer));
    expect(await upstream.outcome(token, {}, { connectors })).toBe("badToken");
    expect(await upstream.outcome(token, {}, { connectors, connectorId: "connector-1" })).toBe("badToken");
    expect({ ours: upstream.idp.counts.jwks, other: other.counts.jwks }).toEqual({ ours: 0, other: 1 });
    await other.close();
  });

  it("I-SSRF-04 N3-15: an unknown issuer, and a connector of others, open no socket", async () => {
    const sockets = watchSockets();
    const stranger = await startIssuer();
    expect(await upstream.outcome(signToken(es, claimsAt(now, stranger.issuer)))).toBe("badToken");
    expect(await upstream.outcome(good(), {}, { connectors: [] })).toBe("badToken");
    expect(await upstream.outcome(good(), {}, { connectorId: "connector-2" })).toBe("badToken");
    expect(sockets.opened).toBe(0);
    sockets.stop();
    await stranger.close();
  });

  it("claims are judged: audience, time, nonce, binding", async () => {
    expect(await upstream.outcome(signToken(es, upstream.claims({ aud: "other" })))).toBe("badToken");
    expect(await upstream.outcome(signToken(es, upstream.claims({ exp: now / 1000 - 30, iat: now / 1000 - 60 })))).toBe(
      "badToken",
    );
    expect(await upstream.outcome(signToken(es, upstream.claims({ nonce: "a" })), {}, { nonce: "b" })).toBe("badToken");
    expect(await upstream.outcome(signToken(es, upstream.claims({ nonce: "b" })), {}, { nonce: "b" })).toBe("ok");
    expect(await upstream.outcome(signToken(es, upstream.claims({ cnf: { jkt: "x" } })))).toBe("badToken");
  });

  it("F09 F10: trouble upstream is unavailable, never a wrong token", async () => {
    for (const fault of [answerStatus(500), reset, send("<html>", "text/html")]) {
      upstream.restart();
      upstream.idp.faults.jwks = fault;
      expect(await upstream.outcome(good())).toBe("unavailable");
    }
  });

  it("N1-27: the fingerprint is of connector, issuer and jti, else of the token", async () => {
    const print = async (token: string, id = "connector-1") => (await upstream.verify(token, { id })).fingerprint;
    const [first, second] = [good(), good()];
    expect(first).not.toBe(second);
    expect(await print(first)).toBe(await print(first));
    expect(await print(first)).not.toBe(await print(second));
    expect(await print(first)).not.toBe(await print(first, "connector-2"));
    const named = (jti: string) => print(signToken(es, upstream.claims({ jti })));
    expect(await named("1")).toBe(await named("1"));
    expect(await named("1")).not.toBe(await named("2"));
  });
});
