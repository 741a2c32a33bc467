// One asymmetric key: made, sealed, opened, and proved to work before it is relied on.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, type JWK } from "jose";
import { Failure } from "../failure.ts";
import type { Algorithm, KeyStanding, KeyUse } from "../policy/keys.ts";
import type { SealContext } from "./sealing.ts";
import { type CheckSignature, checkerWith, type Sign, signerWith } from "./signature.ts";

/** A signing key at rest: the private half sealed with the "seal" data key, the public half as JWK text. */
export type SigningKeyRecord = KeyStanding & {
  tenantId: string | null;
  purpose: KeyUse;
  algorithm: Algorithm;
  publicJwk: string;
  sealedPrivateKey: string;
};

/** A signing key in memory. What holds it can sign with it, and get at neither half. */
export type SigningKey = { record: SigningKeyRecord; sign: Sign; check: CheckSignature; jwk: PublicJwk };

export type PublicJwk = JWK & { kty: string; kid: string; use: "sig"; alg: Algorithm };

/**
 * Makes a key pair, RSA with 3072 bits. Its kid is its RFC 7638 thumbprint, so no two keys share one and it says
 * nothing about the store. It exists in plain only between its making and `seal`.
 */
export async function newSigningKey(parts: {
  purpose: KeyUse;
  algorithm: Algorithm;
  status: "current" | "next";
  now: number;
  seal(context: SealContext, plaintext: string): string;
}): Promise<SigningKey> {
  const { purpose, algorithm, status, now } = parts;
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: 3072 });
  const jwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(jwk, "sha256");
  const pem = await exportPKCS8(pair.privateKey);
  const record: SigningKeyRecord = {
    kid,
    tenantId: null,
    purpose,
    algorithm,
    status,
    publicJwk: JSON.stringify(publicMembers(jwk, kid, algorithm)),
    sealedPrivateKey: parts.seal(privateKeyContext({ kid, purpose }), pem),
    createdAt: now,
    effectiveAt: status === "current" ? now : null,
    retiredAt: null,
  };
  return loadSigningKey(record, pem);
}

/** Opens a stored key and tries it. Throws Failure `internal` if its halves, its kid or its algorithm do not agree. */
export async function loadSigningKey(record: SigningKeyRecord, pem: string): Promise<SigningKey> {
  try {
    const stored: JWK = JSON.parse(record.publicJwk);
    const kid = await calculateJwkThumbprint(stored, "sha256");
    if (kid !== record.kid) throw new Error("the kid is not the thumbprint");
    const jwk = publicMembers(stored, kid, record.algorithm);
    const key = {
      record,
      sign: signerWith(createPrivateKey(pem), record.algorithm),
      check: checkerWith(createPublicKey({ key: jwk, format: "jwk" }), record.algorithm),
      jwk,
    };
    await proveSigningKey(key);
    return key;
  } catch (cause) {
    throw new Failure("internal", `signing key ${record.kid} is damaged`, { cause });
  }
}

/** Signs a text and verifies it; throws if the public half does not belong to the private one. */
export async function proveSigningKey({ sign, check }: Pick<SigningKey, "sign" | "check">): Promise<void> {
  const text = "tessera test vector";
  if (!check(text, await sign(text))) throw new Error("the halves do not belong together");
}

/** What the sealed private half is bound to. */
export const privateKeyContext = ({ kid, purpose }: Pick<SigningKeyRecord, "kid" | "purpose">): SealContext => ({
  table: "signing_key",
  row: kid,
  purpose,
});

/** Picks members by name, so that a private one cannot slip through (RFC 7517 section 4, RFC 7518 section 6). */
function publicMembers({ kty, crv, x, y, n, e }: JWK, kid: string, algorithm: Algorithm): PublicJwk {
  if (kty === undefined) throw new Error("a JWK without kty");
  const members = Object.entries({ crv, x, y, n, e }).filter(([, value]) => value !== undefined);
  return { kty, ...Object.fromEntries(members), kid, use: "sig", alg: algorithm };
}
