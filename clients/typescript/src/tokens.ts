// What a token source holds, and how it is read from an answer of the service.
import { TesseraError } from "./error.ts";
import type { UserJson } from "./gen/tessera/auth/v1/auth_pb.ts";

/** Times are milliseconds since 1970 by this machine's own clock. */
export type Tokens = {
  accessToken: string;
  refreshToken?: string;
  issuedAt: number;
  expiresAt: number;
  user?: UserJson;
};

/** What Exchange, Refresh, GenerateToken and OidcToken have in common. */
export type TokenAnswer = {
  token?: string;
  access_token?: string;
  refresh_token?: string;
  /** Seconds. */
  expires_in?: number;
  user?: UserJson;
};

/**
 * Reads an answer to a call sent at `sentAt`. Counting from the sending makes the life err on the short side, and
 * needs no agreement between the two clocks. Throws TesseraError INTERNAL where there is no token or no life.
 */
export function tokensOf(answer: TokenAnswer, sentAt: number): Tokens {
  const accessToken = answer.token || answer.access_token;
  if (!accessToken || !answer.expires_in) throw new TesseraError("INTERNAL", "the answer holds no access token");
  return {
    accessToken,
    issuedAt: sentAt,
    expiresAt: sentAt + answer.expires_in * 1000,
    ...(answer.refresh_token && { refreshToken: answer.refresh_token }),
    ...(answer.user && { user: answer.user }),
  };
}

/** How long before its end a token of that life is renewed, in milliseconds. */
export type Early = (lifeMs: number) => number;

/** A fifth of the life but at least a minute; never more than half, so that a short-lived token is used at all. */
export const defaultEarly: Early = (lifeMs) => Math.min(Math.max(lifeMs / 5, 60_000), lifeMs / 2);
