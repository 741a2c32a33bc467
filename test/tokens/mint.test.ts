// Access tokens as issued: their header, their claims, and their size.
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { createMint } from "../../src/tokens/mint.ts";
import { createSignedTokens } from "../../src/tokens/signed-tokens.ts";
import { claims, issuer } from "../support/access-claims.ts";
import { testKeyring } from "../support/keyring.ts";

async function setUp() {
  const keyring = await testKeyring();
  return { keyring, mint: createMint({ keyring, issuer, signed: createSignedTokens() }) };
}

/** A permission list that makes the token as long as asked, or at most three bytes shorter. */
async function mintOfSize(bytes: number) {
  const { mint } = await setUp();
  const { bytes: base } = await mint({ ...claims, permissions: [""] }, "ES256");
  return mint({ ...claims, permissions: ["p".repeat(Math.floor(((bytes - base) * 3) / 4))] }, "ES256");
}

describe("an issued token", () => {
  it("N2-15: has a nonce of the crypto library: the same claims are never signed alike", async () => {
    const { mint } = await setUp();
    const tokens = await Promise.all([1, 2, 3].map(() => mint(claims, "ES256")));
    const signatures = tokens.map(({ token }) => Buffer.from(token.split(".")[2] ?? "", "base64url"));
    // r is the first half of an ES256 signature: two alike would give the key away (RFC 6979 section 1).
    expect(new Set(signatures.map((signature) => signature.subarray(0, 32).toString("hex"))).size).toBe(3);
  });

  it("N2-01: has typ at+jwt, its key's kid and algorithm, and exactly the claims that were decided", async () => {
    const { keyring, mint } = await setUp();
    const { token, bytes, isLarge } = await mint(claims, "ES256");
    const { kid } = await keyring.signer("ES256");
    expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", typ: "at+jwt", kid });
    expect(decodeJwt(token)).toEqual({ ...claims, iss: issuer });
    expect({ bytes, isLarge }).toEqual({ bytes: token.length, isLarge: false });
  });

  it("N2-05: carries scope as a string and roles, permissions and groups as lists", async () => {
    const { mint } = await setUp();
    const lists = { scope: "a b", roles: ["r"], permissions: ["p"], groups: ["g"], organization_id: "o" };
    const { token } = await mint({ ...claims, ...lists, realm: "user" }, "ES256");
    expect(decodeJwt(token)).toMatchObject({ ...lists, realm: "user" });
  });

  it("is signed with the algorithm that was asked for", async () => {
    const { mint } = await setUp();
    for (const algorithm of ["ES256", "ES384", "EdDSA", "RS256"] as const) {
      expect(decodeProtectedHeader((await mint(claims, algorithm)).token).alg).toBe(algorithm);
    }
  });
});

describe("N2-06: the size of a token", () => {
  it("is marked as large above 4,096 bytes", async () => {
    const below = await mintOfSize(4096);
    expect(below.bytes).toBeGreaterThan(4092);
    expect(below).toMatchObject({ isLarge: false });
    const above = await mintOfSize(4100);
    expect(above.bytes).toBeGreaterThan(4096);
    expect(above).toMatchObject({ isLarge: true });
  });

  it("is refused above 8,192 bytes, with the size and nothing of the content", async () => {
    expect((await mintOfSize(8192)).bytes).toBeGreaterThan(8188);
    const refusal = await mintOfSize(8196).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ kind: "precondition", reason: "TOKEN_TOO_LARGE" });
    expect(String(refusal)).toMatch(/would have 819\d bytes; at most 8192/);
    expect(String(refusal)).not.toContain("ppp");
  });
});
