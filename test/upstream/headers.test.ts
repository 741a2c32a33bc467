// What a JWS header may say: algorithms, key ids, extensions, and pointers to keys that nobody follows.
import { createHmac, createPublicKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encode, newKey, signToken, startIssuer, startUpstream, watchSockets } from "../support/upstream-issuer.ts";

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

describe("algorithms", () => {
  it.each(["none", "None", "NONE", "nOnE", "", "null"])(
    "N1-01 I-JOSE-01: alg %j is refused, with any signature",
    async (alg) => {
      for (const signature of ["", "AAAA", good().split(".")[2] ?? ""]) {
        expect(await upstream.outcome(forged({ alg, kid: "es" }, () => signature))).toBe("badToken");
      }
    },
  );

  it("N1-02 I-JOSE-01: a token re-signed HS256 with the public key, in every spelling, is refused", async () => {
    const key = createPublicKey(rs.privateKey);
    const pem = key.export({ format: "pem", type: "spki" });
    const secrets = [
      pem,
      ` ${pem}`,
      `\n${pem}`,
      pem.trim(),
      key.export({ format: "pem", type: "pkcs1" }),
      key.export({ format: "der", type: "spki" }),
      JSON.stringify(rs.jwk),
      JSON.stringify(key.export({ format: "jwk" })),
    ];
    for (const secret of secrets) {
      const token = forged({ alg: "HS256", kid: "rs" }, (input) =>
        createHmac("sha256", secret).update(input).digest("base64url"),
      );
      expect(await upstream.outcome(token)).toBe("badToken");
      expect(await upstream.outcome(token, { algorithms: ["HS256"] })).toBe("badToken");
    }
    expect(upstream.idp.counts.jwks).toBe(0);
  });

  it("N1-03: an algorithm outside the connector's list is refused though the key would verify", async () => {
    const ps = { ...rs, alg: "PS256" as const };
    upstream.idp.keys = [{ ...rs, jwk: { ...rs.jwk, alg: undefined } }];
    expect(await upstream.outcome(signToken(ps, upstream.claims()), { algorithms: ["RS256"] })).toBe("badToken");
    expect(await upstream.outcome(signToken(rs, upstream.claims(), { alg: "rs256" }))).toBe("badToken");
    expect(await upstream.outcome(signToken(rs, upstream.claims()), { algorithms: ["ES256"] })).toBe("badToken");
    expect(await upstream.outcome(signToken(rs, upstream.claims()), { algorithms: ["RS256"] })).toBe("ok");
  });

  it("N1-04: a header that differs from the key's alg is refused, though both are accepted", async () => {
    const ps = { ...rs, alg: "PS256" as const };
    expect(await upstream.outcome(signToken(ps, upstream.claims()), { algorithms: ["RS256", "PS256"] })).toBe(
      "badToken",
    );
    expect(await upstream.outcome(signToken(es, upstream.claims(), { kid: "rs" }))).toBe("badToken");
  });

  it("N1-05 I-JOSE-07: without an alg on the key the connector's list decides, never the token", async () => {
    upstream.idp.keys = [{ ...rs, jwk: { ...rs.jwk, alg: undefined } }];
    const ps = signToken({ ...rs, alg: "PS256" }, upstream.claims());
    expect(await upstream.outcome(ps, { algorithms: ["RS256", "PS256"] })).toBe("badToken");
    expect(await upstream.outcome(ps, { algorithms: ["PS256", "RS256"] })).toBe("ok");
  });
});

describe("headers", () => {
  it("N1-06 I-JOSE-03: jwk, jku, x5u and x5c choose nothing and are never fetched", async () => {
    const thief = await startIssuer([newKey("ES256", "es")]);
    const stolen = thief.keys[0] ?? es;
    await upstream.verify(good());
    const sockets = watchSockets();
    const pointers = { jwk: stolen.jwk, jku: `${thief.issuer}/jwks`, x5u: `${thief.issuer}/cert`, x5c: ["AAAA"] };
    expect(await upstream.outcome(signToken(stolen, upstream.claims(), pointers))).toBe("badToken");
    expect(await upstream.outcome(signToken(es, upstream.claims(), pointers))).toBe("ok");
    expect(sockets.opened).toBe(0);
    sockets.stop();
    await thief.close();
  });

  it.each([
    "' OR 1=1 --",
    "../../../etc/passwd",
    "es\0",
    "\0",
    "k".repeat(10_000),
    "k".repeat(257),
    ["es"],
    { kid: "es" },
    1,
    null,
    true,
    "__proto__",
    "constructor",
    "",
    " es",
    "ES",
  ])("N1-07: kid %j finds no key", async (kid) => {
    expect(await upstream.outcome(signToken(es, upstream.claims(), { kid }))).toBe("badToken");
  });

  it("N1-08: without a kid only keys that fit are tried, and eight of them at most", async () => {
    const token = signToken(es, upstream.claims(), { kid: undefined });
    const others = Array.from({ length: 7 }, (_, at) => newKey("ES256", `other-${at}`));
    upstream.idp.keys = [rs, ...others, es];
    expect(await upstream.outcome(token)).toBe("ok");
    upstream.restart();
    upstream.idp.keys = [newKey("ES256", "eighth"), ...others, es];
    expect(await upstream.outcome(token)).toBe("badToken");
  });

  it.each([[["exp"]], [[]], [["alg", "alg"]], [["alg"]], [["b64"]], ["exp"], [null], [{}]])(
    "N1-09 I-JOSE-02: crit %j is refused",
    async (crit) => {
      expect(await upstream.outcome(signToken(es, upstream.claims(), { crit, exp: 1 }))).toBe("badToken");
    },
  );

  it("N1-10: b64 is refused, false or true, with crit and without", async () => {
    for (const b64 of [false, true]) {
      expect(await upstream.outcome(signToken(es, upstream.claims(), { b64 }))).toBe("badToken");
      expect(await upstream.outcome(signToken(es, upstream.claims(), { b64, crit: ["b64"] }))).toBe("badToken");
    }
  });
});
