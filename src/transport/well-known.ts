// What anybody may read: the key set, and the metadata that leads to it. Says only what is really served.
import type { Published } from "../tokens/keyring.ts";

export type WellKnownParts = {
  /** Byte for byte as in every token. */
  issuer: string;
  jwks: () => Published;
  /** Seconds that others may keep the key set. */
  jwksMaxAge: number;
  /** JWS algorithms that access tokens can be signed with. */
  algorithms: readonly string[];
};

/** `etag` in quotes, where the answer can be revalidated. */
export type Document = Published & { maxAge: number };

/**
 * By path. RFC 8414 section 3.1 puts the well-known part between the host and the path of the issuer, OpenID Connect
 * Discovery section 4 at the end; both are served where the two differ.
 */
export function wellKnown({ issuer, jwks, jwksMaxAge, algorithms }: WellKnownParts): Map<string, () => Document> {
  const base = new URL(issuer).pathname.replace(/\/$/, "");
  const keys = () => ({ ...jwks(), maxAge: jwksMaxAge });
  const metadata = {
    issuer,
    jwks_uri: `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`,
    response_types_supported: [],
  };
  const oauth = constant(metadata, jwksMaxAge);
  // Verifiers that read this one take their list of algorithms from here.
  const openid = constant({ ...metadata, id_token_signing_alg_values_supported: algorithms }, jwksMaxAge);
  return new Map([
    ["/.well-known/jwks.json", keys],
    ["/oidc/jwks", keys],
    [`${base}/.well-known/jwks.json`, keys],
    [`/.well-known/oauth-authorization-server${base}`, oauth],
    [`/.well-known/openid-configuration${base}`, openid],
    [`${base}/.well-known/openid-configuration`, openid],
  ]);
}

function constant(content: unknown, maxAge: number): () => Document {
  const document = { body: JSON.stringify(content), etag: "", maxAge };
  return () => document;
}
