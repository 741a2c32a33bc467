// Tokens whose signature needs no look, because they were signed here or looked at before: they are judged like all others,
// and lend nothing to other texts.
import { beforeEach, describe, expect, it } from "vitest";
import { createMint } from "../../src/tokens/mint.ts";
import type { CheckSignature } from "../../src/tokens/signature.ts";
import { createSignedTokens } from "../../src/tokens/signed-tokens.ts";
import { createVerifier } from "../../src/tokens/verify.ts";
import { claims, full, issuer, now } from "../support/access-claims.ts";
import { heldClock, testKeyring } from "../support/keyring.ts";

const refused = expect.objectContaining({ kind: "badToken", message: "the token was refused" });

/** What mints and what verifies, in one process; `looked` counts the signatures that were looked at. */
async function setUp() {
  const keyring = await testKeyring({ clock: heldClock(now) });
  const watched = new Map<CheckSignature, CheckSignature>();
  let looked = 0;
  const watching = (check: CheckSignature): CheckSignature => {
    const known = watched.get(check);
    if (known !== undefined) return known;
    const made: CheckSignature = (...args) => {
      looked += 1;
      return check(...args);
    };
    watched.set(check, made);
    return made;
  };
  const verifier: typeof keyring.verifier = (kid, purpose) => {
    const found = keyring.verifier(kid, purpose);
    return found && { ...found, check: watching(found.check) };
  };
  const parts = () => ({ keyring: { ...keyring, verifier }, issuer, signed: createSignedTokens() });
  const together = parts();
  return {
    keyring,
    mint: createMint(together),
    verify: createVerifier(together),
    afterRestart: createVerifier(parts()),
    looked: () => looked,
  };
}

let world: Awaited<ReturnType<typeof setUp>>;
beforeEach(async () => {
  world = await setUp();
});

it("a token that was minted here has the claims it would be read with, and its signature is not looked at", async () => {
  for (const algorithm of ["ES256", "ES384", "EdDSA", "RS256"] as const) {
    const { token } = await world.mint(full, algorithm);
    const before = world.looked();
    const known = world.verify(token, { now });
    expect(world.looked()).toBe(before);
    expect(Object.isFrozen(known)).toBe(true);
    expect(known).toStrictEqual(world.afterRestart(token, { now }));
    expect(world.looked()).toBe(before + 1);
  }
});

it("a token that was seen before is looked at once", async () => {
  const { token } = await world.mint(claims, "ES256");
  const first = world.afterRestart(token, { now });
  expect(world.afterRestart(token, { now })).toBe(first);
  expect(world.looked()).toBe(1);
});

describe.each([
  { what: "minted here", known: (token: string) => ({ token, verify: world.verify }) },
  {
    what: "asked about before",
    known: (token: string) => {
      const verify = world.afterRestart;
      verify(token, { now });
      return { token, verify };
    },
  },
])("a token that was $what", ({ known }) => {
  const knownToken = async () => known((await world.mint(claims, "ES256")).token);

  it("N2-12: is judged by time, audience and key each time", async () => {
    const { token, verify } = await knownToken();
    expect(() => verify(token, { now, audience: "https://other.example" })).toThrow(refused);
    expect(() => verify(token, { now: now + 900_000 })).toThrow(refused);
    expect(verify(token, { now })).toMatchObject({ jti: "token-1" });
    await world.keyring.revoke((await world.keyring.signer("ES256")).kid);
    expect(() => verify(token, { now })).toThrow(refused);
  });

  it("N1-12: lends nothing to another text, with its claims or with its signature", async () => {
    const { token, verify } = await knownToken();
    const [header, , signature] = token.split(".");
    const payload = Buffer.from(JSON.stringify({ ...claims, iss: issuer, sub: "root" })).toString("base64url");
    for (const text of [`${token.slice(0, -40)}${"A".repeat(40)}`, `${header}.${payload}.${signature}`]) {
      const before = world.looked();
      expect(() => verify(text, { now })).toThrow(refused);
      expect(world.looked()).toBe(before + 1);
    }
    const last = token.endsWith("A") ? "Q" : "A";
    expect(() => verify(token.slice(0, -1) + last, { now })).toThrow(refused);
  });
});
