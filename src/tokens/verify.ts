// Checks Tessera's own access tokens (RFC 9068 section 4): form, key, signature, time, and the type of every claim.
import { jwtVerify } from "jose";
import { badToken } from "../failure.ts";
import { parseCompact } from "./compact.ts";
import type { Keyring } from "./keyring.ts";
import type { AccessClaims } from "./mint.ts";

/** `now` in milliseconds. Without `audience` a token for any audience passes, as introspection needs it. */
export type VerifyOptions = { now: number; audience?: string };

/** Throws Failure `badToken`, whatever is wrong. Says nothing about revocation. */
export type Verify = (token: string, options: VerifyOptions) => Promise<AccessClaims>;

/**
 * The verifier of one issuer. The key is found by `kid` alone and the algorithm is the key's, never the header's.
 * No leeway: who wrote the times and who reads them share a clock.
 */
export function createVerifier({ keyring, issuer }: { keyring: Pick<Keyring, "verifier">; issuer: string }): Verify {
  return async (token, { now, audience }) => {
    const { header, canonical } = parseCompact(token);
    if (header.typ !== "at+jwt" && header.typ !== "application/at+jwt") throw badToken("not an access token");
    // The one critical header that jose understands. No JWT may have it (RFC 7797 section 7).
    if (header.b64 !== undefined) throw badToken("a header with b64");
    const key = typeof header.kid === "string" ? keyring.verifier(header.kid) : undefined;
    if (!key) throw badToken("unknown key");
    const { payload } = await jwtVerify(canonical, key.publicKey, {
      algorithms: [key.algorithm],
      issuer,
      typ: "at+jwt",
      requiredClaims: Object.keys(required),
      currentDate: new Date(now),
      clockTolerance: 0,
      ...(audience !== undefined && { audience }),
    }).catch((cause: unknown) => {
      throw badToken(cause);
    });
    if (!isAccessClaims(payload)) throw badToken("a claim is missing or has the wrong type");
    return payload;
  };
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
};

function isAccessClaims(payload: object): payload is AccessClaims {
  const claims = new Map<string, unknown>(Object.entries(payload));
  const hasRequired = Object.entries(required).every(([name, check]) => check(claims.get(name)));
  return hasRequired && Object.entries(optional).every(([name, check]) => !claims.has(name) || check(claims.get(name)));
}
