// Signatures, MACs and digests, by node:crypto on this thread and by jose, which has WebCrypto do them on another.
import { hash } from "node:crypto";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { createCryptography } from "./cryptography.ts";
import type { Primitive } from "./primitives.ts";

/** Calls of jose under way at once, in the second figure of each. */
const together = 16;

/** What is done so quickly that looking at the clock would count is done so often for each look. */
const often = 100;

export async function cryptographyCases(): Promise<Primitive[]> {
  const { verify, sign, hmac } = createCryptography();
  const { mint, check } = await joseCalls();
  const token = "t".repeat(800);
  return [
    { name: "ES256 sign, node:crypto", times: 10, run: () => many(10, sign) },
    { name: "ES256 verify, node:crypto", times: 10, run: () => many(10, verify) },
    ...concurrently("ES256 sign a JWT, jose", mint),
    ...concurrently("ES256 verify a JWT, jose", check),
    { name: "HMAC-SHA-256 of a secret", times: often, run: () => many(often, hmac) },
    { name: "SHA-256 of 800 bytes", times: often, run: () => many(often, () => void hash("sha256", token)) },
  ];
}

export function many(times: number, run: () => void): void {
  for (let left = times; left > 0; left--) run();
}

const concurrently = (name: string, run: () => Promise<void>): Primitive[] =>
  [1, together].map((times) => ({
    name: times === 1 ? name : `${name}, ${times} at once`,
    times,
    run: async () => void (await Promise.all(Array.from({ length: times }, run))),
  }));

async function joseCalls() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const claims = { ...typicalClaims, exp: Math.floor(Date.now() / 1000) + 900 };
  const sign = () => new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid }).sign(privateKey);
  const token = await sign();
  return {
    mint: async () => void (await sign()),
    check: async () => void (await jwtVerify(token, publicKey, { algorithms: ["ES256"], typ: "at+jwt" })),
  };
}

const kid = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

/** As Tessera's access tokens are; about 500 bytes of JSON. */
export const typicalClaims = {
  iss: "https://auth.example.com",
  sub: "0mhq3vcd0n1x7kq4zj2wp",
  aud: "https://documents.example.com",
  iat: 1_790_000_000,
  jti: "0mhq3vcd0w8s2ld6ty9gb",
  client_id: "0mhq3vcczr5m1ha0fe7ux",
  tenant_id: "0mhq3vccy90qk3jb5tn8d",
  sid: "0mhq3vcd0p6c4rw1mx2za",
  pev: [12, 3],
  scope: "documents.read documents.write reports.read",
  roles: ["editor", "reporter"],
  permissions: ["documents.read", "documents.write", "documents.share", "reports.read", "reports.write"],
  realm: "user",
};
