// From the bytes of an outside token to a subject we believe: which connector, which key, which claims, in this order.
import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { badToken } from "../failure.ts";
import { chooseConnector, type PresentedToken } from "../policy/connector-choice.ts";
import { acceptedAlgorithms, audiencesOf, type Believed, type Claims, judgeClaims } from "../policy/trust.ts";
import { type Compact, type JsonObject, parseCompact } from "./compact.ts";
import type { OpaqueConnector } from "./opaque-connector.ts";
import { verifyOpaque } from "./opaque-upstream.ts";
import type { Outbound } from "./outbound.ts";
import {
  type Asking,
  createUpstreamKeys,
  type Discovered,
  type UpstreamKey,
  type UpstreamKeys,
  type UpstreamLog,
} from "./upstream-keys.ts";

/** A connector with what is needed to reach its issuer. An empty `jwksUri` means the issuer's discovery document. */
export type TrustedConnector = OpaqueConnector & { jwksUri: string };

/** Attributes, never identity. An e-mail that is not verified is whatever somebody typed. */
export type UpstreamProfile = {
  username?: string;
  name?: string;
  email?: string;
  emailVerified: boolean;
  phone?: string;
};

export type UpstreamSubject = {
  connectorId: string;
  issuer: string;
  /** With the connector the only identity there is: `sub`, byte for byte. */
  subject: string;
  clientId: string | undefined;
  profile: UpstreamProfile;
  /** Names this very token, for connectors that accept each once: SHA-256 (base64url) of connector, issuer and jti. */
  fingerprint: string;
  /** Milliseconds. Of an opaque token known to userinfo alone, the latest it can live. */
  expiresAt: number;
};

export type VerifyInput = {
  /** Those the application may use, and no others. */
  connectors: readonly TrustedConnector[];
  connectorId?: string;
  /** Where opaque tokens go that name no connector. */
  defaultConnectorId?: string;
  token: string;
  /** What the ID token has to carry (OpenID Connect Core section 3.1.3.7). */
  nonce?: string;
  /** Milliseconds. */
  now: number;
  signal: AbortSignal;
};

export type Issuers = {
  /** Throws badToken, one sentence for every cause, or unavailable where the issuer could not be asked. */
  verify(input: VerifyInput): Promise<UpstreamSubject>;
  /** What an issuer says of itself (OpenID Connect Discovery section 4). Throws unavailable. */
  discover(issuer: string, signal: AbortSignal): Promise<Discovered>;
};

/** `clock` ages the keys; claims are judged at the caller's `now`. */
export function createIssuers(parts: { outbound: Outbound; clock: Clock; log?: UpstreamLog }): Issuers {
  const keys = createUpstreamKeys(parts);
  return {
    async verify({ connectors, token, nonce, now, signal, ...wish }) {
      const { presented, compact } = present(token, connectors, wish.connectorId);
      const choice = chooseConnector(connectors, presented, wish);
      if (!choice.ok) throw badToken(choice.reason);
      const { rule: connector } = choice;
      const asking = { now: parts.clock.now(), signal };
      if (compact === undefined) {
        if (nonce !== undefined) throw badToken("an opaque token carries no nonce");
        const { believed, claims } = await verifyOpaque({ ...parts, keys }, connector, { token, now, asking });
        return subjectOf(connector, believed, claims, token);
      }
      await verifySignature(keys, connector, compact, asking);
      const verdict = judgeClaims(connector, compact.header, compact.payload, now, { nonce });
      if (!verdict.ok) throw badToken(`claims: ${verdict.reason}`);
      return subjectOf(connector, verdict, compact.payload, compact.canonical);
    },
    discover: (issuer, signal) => keys.discover(issuer, { now: parts.clock.now(), signal }),
  };
}

const maxTokenBytes = 16_384;

/** Whatever has two dots is a JWT or nothing; only a connector named for it makes it opaque. */
function present(
  token: string,
  connectors: readonly TrustedConnector[],
  connectorId: string | undefined,
): { presented: PresentedToken; compact: Compact | undefined } {
  if (token.length > maxTokenBytes) throw badToken("too long");
  const named = connectors.find(({ id }) => id === connectorId);
  const isJwt = token.split(".", 3).length === 3 && (named === undefined || named.verification === "jwks");
  if (!isJwt) return { presented: { shape: "opaque" }, compact: undefined };
  const compact = parseCompact(token, maxTokenBytes);
  const { iss, aud } = compact.payload;
  const issuer = typeof iss === "string" ? iss : undefined;
  return { presented: { shape: "jwt", issuer, audiences: audiencesOf(aud) ?? [] }, compact };
}

const maxKidBytes = 256;
/** Without a kid every fitting key is tried (RFC 7515 appendix D), up to here. */
const maxTries = 8;

/** The issuer was compared first, so only its keys are looked at. `jwk`, `jku`, `x5c` and `x5u` are never read. */
async function verifySignature(keys: UpstreamKeys, connector: TrustedConnector, compact: Compact, asking: Asking) {
  const { alg, kid } = readHeader(connector, compact.header);
  checkSignatureForm(alg, compact.signature);
  const found = await keys.find(connector, kid, asking);
  const fitting = found.filter((key) => algorithmOf(connector, key) === alg).slice(0, maxTries);
  if (fitting.some(({ checks }) => checks.get(alg)?.(compact.signed, compact.signature))) return;
  throw badToken(fitting.length === 0 ? "signature: no such key" : "signature: not by this key");
}

function readHeader(connector: TrustedConnector, { alg, kid, crit, b64 }: JsonObject) {
  // RFC 7515 section 4.1.11: an extension we do not know must be refused, and we know none. RFC 7797 section 7 for b64.
  if (crit !== undefined || b64 !== undefined) throw badToken("header: extension");
  if (typeof alg !== "string" || !acceptedAlgorithms(connector).includes(alg)) throw badToken("header: alg");
  if (kid !== undefined && (typeof kid !== "string" || Buffer.byteLength(kid) > maxKidBytes)) {
    throw badToken("header: kid");
  }
  return { alg, kid };
}

/** One key, one algorithm: its own, or without one the first of the connector's that fits. Never the token's choice. */
const algorithmOf = (connector: TrustedConnector, key: UpstreamKey): string | undefined =>
  acceptedAlgorithms(connector).find((algorithm) => key.checks.has(algorithm));

const signatureBytes = new Map([
  ["ES256", 64],
  ["ES384", 96],
  ["ES512", 132],
  ["EdDSA", 64],
]);

/** RFC 7518 section 3.4: r and s side by side, which DER is not; and a zero half is what CVE-2022-21449 believed. */
function checkSignatureForm(alg: string, signature: Buffer): void {
  const length = signatureBytes.get(alg);
  if (length === undefined) return;
  const halves = [signature.subarray(0, length / 2), signature.subarray(length / 2)];
  const isBlank = halves.some((half) => half.every((byte) => byte === 0));
  if (signature.length !== length || (alg !== "EdDSA" && isBlank)) throw badToken("signature: malformed");
}

function subjectOf(
  connector: TrustedConnector,
  believed: Believed,
  claims: Claims,
  canonical: string,
): UpstreamSubject {
  const { subject, clientId, tokenId, expiresAt } = believed;
  const { id, issuer } = connector;
  const name = JSON.stringify([id, issuer, tokenId === undefined ? { canonical } : { jti: tokenId }]);
  const fingerprint = hash("sha256", name, "base64url");
  return { connectorId: id, issuer, subject, clientId, profile: profileOf(claims), fingerprint, expiresAt };
}

function profileOf(claims: Claims): UpstreamProfile {
  const attribute = (to: Exclude<keyof UpstreamProfile, "emailVerified">, from: string) => {
    const value = claims[from];
    return typeof value === "string" && attributeGrammar.test(value) ? { [to]: value } : {};
  };
  return {
    ...attribute("username", "username"),
    ...attribute("username", "preferred_username"),
    ...attribute("name", "name"),
    ...attribute("email", "email"),
    ...attribute("phone", "phone_number"),
    // "true" and 1 are what some issuers say of a mailbox nobody looked into (OpenID Connect Core section 5.1).
    emailVerified: claims.email_verified === true,
  };
}

/** Without what would change how a line reads in a log or on a screen. */
const attributeGrammar = /^[^\p{Cc}\p{Bidi_Control}]{1,256}$/u;
