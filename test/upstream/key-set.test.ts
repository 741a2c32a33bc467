// Which keys of an upstream set are let in: public, for signatures, strong, and each under its own name.
import { describe, expect, it } from "vitest";
import { readKeySet } from "../../src/tokens/upstream-keys.ts";
import { newKey } from "../support/upstream-issuer.ts";

const old = newKey("ES256", "old");

describe("keys that are not let in", () => {
  const ids = (...jwks: object[]) => readKeySet({ keys: [old.jwk, ...jwks] }).keys.map((key) => key.kid);
  const { kid: _kid, ...unnamed } = newKey().jwk;
  const rsa = newKey("RS256", "rsa").jwk;
  const ed = newKey("EdDSA", "ed").jwk;
  const bigInt = (bytes: number[]) => Buffer.from(bytes).toString("base64url");
  /** Its type and strength are what counts here, not whether it is a product of two primes. */
  const modulus = (bits: number, last = 0xff) =>
    Buffer.concat([Buffer.alloc(bits / 8 - 1, 0xff), Buffer.from([last])]).toString("base64url");

  it.each([
    ["a private member", { ...newKey("ES256", "bad").jwk, d: "AAAA" }],
    ["a symmetric key", { kty: "oct", k: "AAAA", kid: "bad", alg: "HS256" }],
    ["N1-04: use enc", { ...newKey("ES256", "bad").jwk, use: "enc" }],
    ["N1-04: key_ops without verify", { ...newKey("ES256", "bad").jwk, key_ops: ["encrypt"] }],
    ["key_ops that is no list", { ...newKey("ES256", "bad").jwk, key_ops: "verify" }],
    ["N1-04: an algorithm of another type", { ...newKey("ES256", "bad").jwk, alg: "RS256" }],
    ["an encryption algorithm", { ...rsa, kid: "bad", alg: "RSA-OAEP" }],
    ["N1-02: HS256 on a public key", { ...rsa, kid: "bad", alg: "HS256" }],
    ["an alg that is no string", { ...rsa, kid: "bad", alg: ["RS256"] }],
    ["N1-07: a kid that is no string", { ...newKey().jwk, kid: ["bad"] }],
    ["N1-07: a kid of 257 bytes", { ...newKey().jwk, kid: "b".repeat(257) }],
    ["N1-28: RSA of 2040 bits", { ...rsa, kid: "bad", n: modulus(2040) }],
    ["RSA of 8200 bits", { ...rsa, kid: "bad", n: modulus(8200) }],
    ["N1-28: an even modulus", { ...rsa, kid: "bad", n: modulus(2048, 0xfe) }],
    ["N1-28: exponent 1", { ...rsa, kid: "bad", e: bigInt([1]) }],
    ["exponent 3", { ...rsa, kid: "bad", e: bigInt([3]) }],
    ["N1-28: an even exponent", { ...rsa, kid: "bad", e: bigInt([1, 0, 2]) }],
    ["an exponent over 32 bits", { ...rsa, kid: "bad", e: bigInt([1, 0, 0, 0, 1]) }],
    ["N1-28: a point beside its curve", { ...newKey("ES256", "bad").jwk, y: old.jwk.x }],
    ["a point of another curve", { ...newKey("ES384", "bad").jwk, crv: "P-256", alg: "ES256" }],
    ["another curve", { ...newKey("ES256", "bad").jwk, crv: "secp256k1", alg: undefined }],
    ["X25519", { ...ed, kid: "bad", crv: "X25519" }],
    ["no type", { kid: "bad" }],
    ["N1-28: Ed25519, the neutral point", { ...ed, kid: "bad", x: bigInt([1, ...Array<number>(31).fill(0)]) }],
    ["N1-28: Ed25519, order 4", { ...ed, kid: "bad", x: bigInt(Array<number>(32).fill(0)) }],
    ["N1-28: Ed25519, order 4 with a sign", { ...ed, kid: "bad", x: bigInt([...Array<number>(31).fill(0), 0x80]) }],
    ["N1-28: Ed25519, order 2", { ...ed, kid: "bad", x: bigInt([0xec, ...Array<number>(30).fill(0xff), 0x7f]) }],
    [
      "N1-28: Ed25519, order 8",
      {
        ...ed,
        kid: "bad",
        x: Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "hex").toString("base64url"),
      },
    ],
  ])("%s is left out", (_name, jwk) => {
    expect(ids(jwk)).toEqual(["old"]);
  });

  it("what is neither object nor key is left out", () => {
    expect(readKeySet({ keys: [null, "key", 1, [], {}, old.jwk] }).keys).toHaveLength(1);
  });

  it("good keys of every type come in, with the algorithms they can have", () => {
    const all = [
      newKey("ES384", "e3").jwk,
      newKey("ES512", "e5").jwk,
      ed,
      rsa,
      unnamed,
      { ...rsa, kid: "free", alg: undefined },
    ];
    expect(ids(...all)).toEqual(["old", "e3", "e5", "ed", "rsa", undefined, "free"]);
    const algorithmsOf = (kid: string) => [...(readKeySet({ keys: all }).byKid.get(kid)?.checks.keys() ?? [])];
    expect(algorithmsOf("rsa")).toEqual(["RS256"]);
    expect(algorithmsOf("free")).toContain("PS512");
  });

  it("the edges of RSA strength: 2048 and 8192 bits, exponent 65,537", () => {
    expect(ids({ ...rsa, kid: "a", n: modulus(2048) }, { ...rsa, kid: "b", n: modulus(8192) })).toEqual([
      "old",
      "a",
      "b",
    ]);
    expect(ids({ ...rsa, kid: "c", e: bigInt([1, 0, 1]) })).toEqual(["old", "c"]);
  });

  it("N1-07: a key named __proto__ is found by that name and changes nothing", () => {
    const { byKid } = readKeySet({ keys: [{ ...old.jwk, kid: "__proto__" }] });
    expect(byKid.get("__proto__")?.kid).toBe("__proto__");
    expect(byKid.get("constructor")).toBeUndefined();
  });
});
