// Our own access tokens coming back: what passes, and every way in which something else does not.
import { createHmac, createPublicKey } from "node:crypto";
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createMint } from "../../src/tokens/mint.ts";
import type { Sign } from "../../src/tokens/signature.ts";
import { createSignedTokens } from "../../src/tokens/signed-tokens.ts";
import { createVerifier } from "../../src/tokens/verify.ts";
import { claims, full, iat, issuer, now } from "../support/access-claims.ts";
import { heldClock, testKeyring } from "../support/keyring.ts";

async function setUp() {
  const clock = heldClock(now);
  const keyring = await testKeyring({ clock });
  const signer = await keyring.signer("ES256");
  const { kid } = signer;
  /** Signs whatever is asked with the right key, so that only the oddity under test can be the reason. */
  const sign = (payload: object | string, header: Record<string, unknown> = {}, { sign: by } = signer) =>
    signed(by, { alg: "ES256", typ: "at+jwt", kid, ...header }, payload);
  return {
    clock,
    keyring,
    kid,
    sign,
    // As after a restart: what verifies knows nothing of what was minted.
    mint: createMint({ keyring, issuer, signed: createSignedTokens() }),
    verify: createVerifier({ keyring, issuer, signed: createSignedTokens() }),
  };
}

type World = Awaited<ReturnType<typeof setUp>>;

const refused = { kind: "badToken", message: "the token was refused" };

/** The claims of a token that passes, or the failure of one that does not. */
const outcome = ({ verify }: Pick<World, "verify">, token: string, at = now, audience?: string): Promise<unknown> =>
  Promise.resolve()
    .then(() => verify(token, { now: at, ...(audience !== undefined && { audience }) }))
    .catch((thrown: unknown) => thrown);

async function signed(by: Sign, header: object, payload: object | string): Promise<string> {
  const parts = [header, payload].map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
  const input = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${input}.${(await by(input)).toString("base64url")}`;
}

describe("a token of ours", () => {
  it("passes with all its claims, of every algorithm", async () => {
    const { mint, verify } = await setUp();
    for (const algorithm of ["ES256", "ES384", "EdDSA", "RS256"] as const) {
      const { token } = await mint(full, algorithm);
      expect(verify(token, { now, audience: full.aud })).toEqual({ ...full, iss: issuer });
    }
  });

  it("RFC 9068 section 4: passes with the long spelling of its type", async () => {
    const { sign, verify } = await setUp();
    const token = await sign({ ...claims, iss: issuer }, { typ: "application/at+jwt" });
    expect(verify(token, { now })).toMatchObject({ jti: "token-1" });
  });

  it("N2-12: passes after its key was rotated, and not after that was revoked", async () => {
    const { clock, keyring, kid, mint, verify } = await setUp();
    const { token } = await mint(claims, "ES256");
    clock.advance(600_000);
    await keyring.rotate();
    expect((await keyring.signer("ES256")).kid).not.toBe(kid);
    expect(verify(token, { now })).toMatchObject({ jti: "token-1" });
    await keyring.revoke(kid);
    expect(await outcome({ verify }, token)).toMatchObject(refused);
  });
});

describe("time", () => {
  it("ends with exp to the second, without leeway", async () => {
    const world = await setUp();
    const { token } = await world.mint(claims, "ES256");
    expect(world.verify(token, { now: now + 899_999 })).toMatchObject({ exp: iat + 900 });
    expect(await outcome(world, token, now + 900_000)).toMatchObject(refused);
  });

  it("N1-17: an exp that is no whole number, negative, or missing is refused", async () => {
    const world = await setUp();
    for (const exp of ["1800000900", -1, 1.8e9 + 900.5, null, [1_800_000_900], true]) {
      expect(await outcome(world, await world.sign({ ...claims, iss: issuer, exp: exp as number }))).toMatchObject(
        refused,
      );
    }
    expect(await outcome(world, await world.sign({ ...claims, iss: issuer, nbf: iat + 1 }))).toMatchObject(refused);
  });
});

describe("keys", () => {
  it("N1-02: a token re-signed HS256 with the public key is refused", async () => {
    const world = await setUp();
    const { keys }: JSONWebKeySet = JSON.parse(world.keyring.jwks().body);
    const [jwk] = keys.filter(({ kid }) => kid === world.kid);
    const pem = createPublicKey({ key: jwk ?? {}, format: "jwk" }).export({ format: "pem", type: "spki" });
    for (const alg of ["HS256", "ES256"]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt", kid: world.kid })).toString("base64url");
      const body = `${header}.${Buffer.from(JSON.stringify({ ...claims, iss: issuer })).toString("base64url")}`;
      for (const key of [pem, JSON.stringify(jwk)]) {
        expect(
          await outcome(world, `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`),
        ).toMatchObject(refused);
      }
    }
  });

  it("N1-01: alg none is refused in every spelling, with and without a signature", async () => {
    const world = await setUp();
    const { token } = await world.mint(claims, "ES256");
    const [, payload, signature] = token.split(".");
    for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt", kid: world.kid })).toString("base64url");
      for (const end of ["", signature])
        expect(await outcome(world, `${header}.${payload}.${end}`)).toMatchObject(refused);
    }
  });

  it("N1-06: a key in the header is not used", async () => {
    const world = await setUp();
    const forger = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(forger.publicKey);
    for (const kid of [world.kid, undefined]) {
      const header = { alg: "ES256", typ: "at+jwt", jwk, ...(kid !== undefined && { kid }) };
      const token = await new SignJWT({ ...claims, iss: issuer }).setProtectedHeader(header).sign(forger.privateKey);
      expect(await outcome(world, token)).toMatchObject(refused);
    }
  });

  it("N1-07 I-JOSE-05: a missing, foreign, odd or checkpoint kid is refused", async () => {
    const world = await setUp();
    for (const kid of ["", "other", "__proto__", 7, null, ["x"], {}]) {
      expect(await outcome(world, await world.sign({ ...claims, iss: issuer }, { kid }))).toMatchObject(refused);
    }
    const checkpoint = await world.keyring.signer("ES256", "checkpoint");
    const token = await world.sign({ ...claims, iss: issuer }, { kid: checkpoint.kid }, checkpoint);
    expect(await outcome(world, token)).toMatchObject(refused);
  });

  it("N1-04: the kid of a key with another algorithm is refused", async () => {
    const world = await setUp();
    const { kid } = await world.keyring.signer("EdDSA");
    expect(await outcome(world, await world.sign({ ...claims, iss: issuer }, { kid }))).toMatchObject(refused);
  });

  it("N1-09 N1-10: crit and b64 are refused, also where jose would understand them", async () => {
    const world = await setUp();
    for (const odd of [{ crit: ["x"], x: 1 }, { crit: ["b64"], b64: true }, { b64: true }, { b64: false }]) {
      expect(await outcome(world, await world.sign({ ...claims, iss: issuer }, odd))).toMatchObject(refused);
    }
  });
});

describe("form", () => {
  it("N1-12 N4-14: every prefix and every other spelling of a valid token is refused", async () => {
    const world = await setUp();
    const { token } = await world.mint(claims, "ES256");
    for (let at = 0; at < token.length; at += 7)
      expect(await outcome(world, token.slice(0, at))).toMatchObject(refused);
    const [header, payload, signature = ""] = token.split(".");
    for (const other of [` ${token}`, `${token}\n`, `${token}=`, `${token}.`, `${header}.${payload}. ${signature}`]) {
      expect(await outcome(world, other)).toMatchObject(refused);
    }
  });

  it("N1-25 N2-16: another type of token is refused, though our own key signed it", async () => {
    const world = await setUp();
    for (const typ of ["JWT", "AT+JWT", "logout+jwt", "application/jwt", "at+jwt ", "", 1, undefined]) {
      expect(await outcome(world, await world.sign({ ...claims, iss: issuer }, { typ }))).toMatchObject(refused);
    }
  });
});

describe("claims", () => {
  it("N1-19 I-ID-06: another issuer is refused, also one that differs by a slash or by case", async () => {
    const world = await setUp();
    for (const iss of ["https://other.example", `${issuer}/`, issuer.toUpperCase(), ""]) {
      expect(await outcome(world, await world.sign({ ...claims, iss }))).toMatchObject(refused);
    }
  });

  it("N1-21: only the expected audience passes where one is expected, and a list never does", async () => {
    const world = await setUp();
    const { token } = await world.mint(claims, "ES256");
    for (const audience of ["https://other.example", "https://api.example/", ""]) {
      expect(await outcome(world, token, now, audience)).toMatchObject(refused);
    }
    const listed = await world.sign({ ...claims, iss: issuer, aud: [claims.aud] });
    expect(await outcome(world, listed, now, claims.aud)).toMatchObject(refused);
  });

  it.each(Object.keys({ ...claims, iss: issuer }))(
    "a token without %s, or with one of the wrong type, is refused",
    async (name) => {
      const world = await setUp();
      const { [name]: _, ...rest }: Record<string, unknown> = { ...claims, iss: issuer };
      expect(await outcome(world, await world.sign(rest))).toMatchObject(refused);
      for (const value of [null, true, {}, [], "", [1, 2, 3], [1, "2"], -1, 1.5]) {
        expect(await outcome(world, await world.sign({ ...rest, [name]: value }))).toMatchObject(refused);
      }
    },
  );

  it.each([
    ["scope", ["a"]],
    ["scope", 1],
    ["roles", "admin"],
    ["roles", ["a", 1]],
    ["permissions", { a: 1 }],
    ["groups", null],
    ["organization_id", ""],
    ["organization_id", ["o"]],
    ["realm", "root"],
    ["realm", ""],
  ])("a token with the %s %j is refused", async (name, value) => {
    const world = await setUp();
    expect(await outcome(world, await world.sign({ ...claims, iss: issuer, [name]: value }))).toMatchObject(refused);
  });

  it("N1-15: a claim that stands twice, or is spelled as we do not spell it, is refused", async () => {
    const world = await setUp();
    const plain = JSON.stringify({ ...claims, iss: issuer });
    const others = [
      plain.replace('{"sub":"user-1"', '{"sub":"root","sub":"user-1"'),
      plain.replace('{"sub":"user-1"', '{"sub":"user-1","sub":"root"'),
      plain.replace(":", ": "),
      plain.replace("user-1", "\\u0075ser-1"),
      `[${plain}]`,
      `${plain} `,
      "null",
      "",
    ];
    expect(await outcome(world, await world.sign(plain))).toMatchObject({ sub: "user-1" });
    for (const other of others) expect(await outcome(world, await world.sign(other))).toMatchObject(refused);
  });
});
