// How the next tokens are got: by the refresh token or a new exchange, tried again while the failure is a passing one.
import type { Clock } from "./clock.ts";
import { asTesseraError, signedOut, type TesseraError } from "./error.ts";
import { type TokenAnswer, type Tokens, tokensOf } from "./tokens.ts";

/** Either tRPC or gRPC stands behind both; both answer the contract's JSON. */
export type Renewal = {
  /** Gets the first tokens, and new ones where the answer brought no refresh token. */
  exchange?: () => Promise<TokenAnswer>;
  refresh?: (refreshToken: string) => Promise<TokenAnswer>;
};

export type Retrying = { clock: Clock; random: () => number; signal: AbortSignal };

export type Renewals = {
  possible: (from: Tokens | undefined) => boolean;
  /** Rejects with TesseraError: SIGNED_OUT when there never will be tokens again, else the last failure. */
  next: (from: Tokens | undefined) => Promise<Tokens>;
  /** The last failure, while it is too early to try again. */
  failure: () => TesseraError | undefined;
};

/** How long a failed renewal is left alone where the service names no time. */
const restMs = 1_000;

export function openRenewals(renewal: Renewal, retrying: Retrying): Renewals {
  const { clock } = retrying;
  let failed: { error: TesseraError; until: number } | undefined;
  return {
    possible: (from) => callAfter(from, renewal) !== undefined,
    async next(from) {
      try {
        const tokens = await nextTokens(callAfter(from, renewal), retrying);
        failed = undefined;
        return tokens;
      } catch (thrown) {
        const error = asTesseraError(thrown);
        failed = { error, until: clock.now() + (error.retryAfterMs ?? restMs) };
        throw error;
      }
    },
    failure: () => (failed && clock.now() < failed.until ? failed.error : undefined),
  };
}

/** The call that follows on `from`; undefined when there is none. */
function callAfter(from: Tokens | undefined, { exchange, refresh }: Renewal): Renewal["exchange"] {
  const refreshToken = from?.refreshToken;
  return refresh && refreshToken ? () => refresh(refreshToken) : exchange;
}

async function nextTokens(call: Renewal["exchange"], retrying: Retrying): Promise<Tokens> {
  if (!call) throw signedOut("there is nothing to renew the access token with");
  for (let attempt = 1; ; attempt += 1) {
    const sentAt = retrying.clock.now();
    try {
      return tokensOf(await call(), sentAt);
    } catch (thrown) {
      await pauseAfter(thrown, attempt, retrying);
    }
  }
}

// Together the pauses stay well inside the 30 seconds in which the service answers a repeated Refresh, whose first
// answer was lost, with the same successor.
const attempts = 4;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

async function pauseAfter(thrown: unknown, attempt: number, { clock, random, signal }: Retrying): Promise<void> {
  const error = asTesseraError(thrown);
  if (error.reason === "INVALID_GRANT") throw signedOut("the session has ended: sign in again", error);
  const pause = firstPauseMs * 2 ** (attempt - 1) * (1 + random());
  const wanted = Math.max(pause, error.retryAfterMs ?? 0);
  if (!error.retryable || attempt === attempts || wanted > longestPauseMs) throw error;
  await clock.wait(wanted, signal);
}
