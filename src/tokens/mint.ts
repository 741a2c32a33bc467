// Signs Tessera's own access tokens (RFC 9068). What goes into one was decided before.
import { Failure } from "../failure.ts";
import type { Algorithm, Keyring } from "./keyring.ts";
import { signCompact } from "./signature.ts";
import { digestOf, type SignedTokens } from "./signed-tokens.ts";

/** The claims of an access token. Times are seconds; `sid` is its grant, `pev` the tenant's and the subject's epoch. */
export type AccessClaims = {
  iss: string;
  sub: string;
  aud: string;
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  tenant_id: string;
  sid: string;
  pev: [number, number];
  scope?: string;
  roles?: readonly string[];
  permissions?: readonly string[];
  groups?: readonly string[];
  organization_id?: string;
  realm?: "admin" | "user";
  /** Not written by us; a token that has it is not used before. */
  nbf?: number;
};

export type MintClaims = Omit<AccessClaims, "iss">;

/** `bytes` is the length of `token`; `isLarge` that it deserves a line in the log. */
export type MintedToken = { token: string; bytes: number; isLarge: boolean };

export type Mint = (claims: MintClaims, algorithm: Algorithm) => Promise<MintedToken>;

/** Many HTTP and gRPC stacks stop at 8 KiB of headers. */
export const largestToken = 8192;
export const largeToken = 4096;

type MintParts = { keyring: Pick<Keyring, "signer" | "verifier">; issuer: string; signed: SignedTokens };

/**
 * The mint of one issuer. A token of more than 8,192 bytes is Failure `precondition` (TOKEN_TOO_LARGE), never cut:
 * a cut list of permissions would be a wrong one.
 */
export function createMint({ keyring, issuer, signed }: MintParts): Mint {
  return async (given, algorithm) => {
    const claims: AccessClaims = Object.freeze({ ...given, iss: issuer });
    const signer = await keyring.signer(algorithm);
    const token = await signCompact(signer, "at+jwt", JSON.stringify(claims));
    const bytes = token.length;
    if (bytes > largestToken) {
      const message = `the access token would have ${bytes} bytes; at most ${largestToken} are issued`;
      throw new Failure("precondition", message, { reason: "TOKEN_TOO_LARGE" });
    }
    const verifier = keyring.verifier(signer.kid);
    if (verifier) signed.setUnasked(digestOf(token), { claims, kid: signer.kid, check: verifier.check, size: bytes });
    return { token, bytes, isLarge: bytes > largeToken };
  };
}
