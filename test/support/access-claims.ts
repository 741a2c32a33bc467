// Claims of an access token of ours, for the tests of what is minted and what is verified.
import type { MintClaims } from "../../src/tokens/mint.ts";

export const issuer = "https://tessera.example";
/** Seconds, and the same in milliseconds. */
export const iat = 1_800_000_000;
export const now = iat * 1000;

/** Those that every token has. */
export const claims: MintClaims = {
  sub: "user-1",
  aud: "https://api.example",
  exp: iat + 900,
  iat,
  jti: "token-1",
  client_id: "app-1",
  tenant_id: "tenant-1",
  sid: "grant-1",
  pev: [1, 2],
};

/** With all that one may have. */
export const full: MintClaims = {
  ...claims,
  scope: "read write",
  roles: ["admin"],
  permissions: [],
  groups: ["g"],
  organization_id: "org-1",
  realm: "admin",
};
