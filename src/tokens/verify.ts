// Checks Tessera's own access tokens (RFC 9068 section 4): form, key, signature, time, and the type of every claim.
import { badToken } from "../failure.ts";
import { type JsonObject, readBack, splitCompact } from "./compact.ts";
import type { Keyring } from "./keyring.ts";
import type { AccessClaims } from "./mint.ts";
import { digestOf, type SignedToken, type SignedTokens } from "./signed-tokens.ts";

/** `now` in milliseconds. Without `audience` a token for any audience passes, as introspection needs it. */
export type VerifyOptions = { now: number; audience?: string };

/**
 * Throws Failure `badToken`, whatever is wrong. Says nothing about revocation. The same token has the same claims, frozen,
 * for as long as it is remembered.
 */
export type Verify = (token: string, options: VerifyOptions) => AccessClaims;

type VerifierParts = { keyring: Pick<Keyring, "verifier">; issuer: string; signed: SignedTokens };

/**
 * The verifier of one issuer. The key is found by `kid` alone and the algorithm is the key's, never the header's. A
 * signature is checked once and remembered by the SHA-256 of the token; that its key may still be used, and the times,
 * are looked at each time. No leeway: who wrote the times and who reads them share a clock.
 */
export function createVerifier({ keyring, issuer, signed }: VerifierParts): Verify {
  return (token, { now, audience }) => {
    const digest = digestOf(token);
    const known = signed.get(digest);
    const found = known ?? checked(keyring, token);
    if (keyring.verifier(found.kid)?.check !== found.check) throw badToken("its key is not used any more");
    const { claims } = found;
    if (claims.iss !== issuer) throw badToken("another issuer");
    if (now >= claims.exp * 1000 || now < (claims.nbf ?? 0) * 1000) throw badToken("not at this time");
    if (audience !== undefined && claims.aud !== audience) throw badToken("for another audience");
    if (known === undefined) signed.set(digest, found);
    return claims;
  };
}

function checked(keyring: Pick<Keyring, "verifier">, token: string): SignedToken {
  const { header, payload, signed, signature } = splitCompact(token);
  if (header.typ !== "at+jwt" && header.typ !== "application/at+jwt") throw badToken("not an access token");
  // No extension is known, so none may be critical (RFC 7515 section 4.1.11), and no JWT may have b64 (RFC 7797 section 7).
  if (header.crit !== undefined || header.b64 !== undefined) throw badToken("a header with an extension");
  const { kid } = header;
  const key = typeof kid === "string" ? keyring.verifier(kid) : undefined;
  if (typeof kid !== "string" || key === undefined) throw badToken("unknown key");
  if (header.alg !== key.algorithm || !key.check(signed, signature)) throw badToken("not signed by its key");
  // What we wrote reads back to the same text; what does not, such as a member that stands twice, we did not write.
  const claims = readBack(payload.toString());
  if (claims === undefined) throw badToken("its payload is not as we write it");
  if (!isAccessClaims(claims)) throw badToken("a claim is missing or has the wrong type");
  return { claims: Object.freeze(claims), kid, check: key.check, size: token.length };
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string" && value !== "";
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const texts: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === "string");
const epochs: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(count);

// Mapped over the keys of AccessClaims, so that a new claim without a check does not compile.
type OptionalClaim = { [K in keyof AccessClaims]-?: undefined extends AccessClaims[K] ? K : never }[keyof AccessClaims];

const required: Record<Exclude<keyof AccessClaims, OptionalClaim>, Check> = {
  iss: text,
  sub: text,
  aud: text,
  exp: count,
  iat: count,
  jti: text,
  client_id: text,
  tenant_id: text,
  sid: text,
  pev: epochs,
};

const optional: Record<OptionalClaim, Check> = {
  scope: (value) => typeof value === "string",
  roles: texts,
  permissions: texts,
  groups: texts,
  organization_id: text,
  realm: (value) => value === "admin" || value === "user",
  nbf: count,
};

const requiredChecks = Object.entries(required);
const optionalChecks = Object.entries(optional);

function isAccessClaims(payload: object): payload is AccessClaims {
  const claims = payload as JsonObject;
  const hasRequired = requiredChecks.every(([name, check]) => check(claims[name]));
  return hasRequired && optionalChecks.every(([name, check]) => claims[name] === undefined || check(claims[name]));
}
