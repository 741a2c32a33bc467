// Keeps one live access token: renews it early, once for all who ask, and says plainly when the session is over.
import { type Clock, systemClock } from "./clock.ts";
import { asTesseraError, signedOut, type TesseraError } from "./error.ts";
import { createListeners, type Listener } from "./listeners.ts";
import { nextTokens, type Renewal, renewalOf } from "./renewal.ts";
import { defaultEarly, type Early, type Tokens } from "./tokens.ts";

export type TokenSource = {
  /** A live access token. Rejects with TesseraError: SIGNED_OUT when a new sign-in is needed. */
  token(): Promise<string>;
  /** Renews now, for whoever wants to see a change of permissions at once. Rejects as `token` does. */
  refresh(): Promise<Tokens>;
  /** What is held at the moment, live or not. */
  peek(): Tokens | undefined;
  /** Calls back on every change; with undefined once nothing is held any more. Answers how to stop. */
  subscribe: (listener: Listener<Tokens>) => () => void;
  /** Forgets everything, for good. Answers what was held, so that it can be revoked. */
  close(): Tokens | undefined;
};

export type TokenSourceOptions = Renewal & {
  initial?: Tokens;
  /** Default: a fifth of the life, at least a minute, at most half the life; plus up to a tenth of that by chance. */
  early?: Early;
  clock?: Clock;
  random?: () => number;
};

/** How long a failed renewal is left alone where the service names no time. */
const restMs = 1_000;

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { clock = systemClock, random = Math.random, early = defaultEarly } = options;
  const { subscribe, tell } = createListeners<Tokens>();
  const closing = new AbortController();
  let held: Tokens | undefined;
  let renewAt = 0;
  let failed: { error: TesseraError; until: number } | undefined;
  let ended: TesseraError | undefined;
  const renew = sharing(fetchTokens);
  if (options.initial) hold(options.initial);

  return {
    async token() {
      const now = clock.now();
      const resting = failed !== undefined && now < failed.until;
      if (held && now < held.expiresAt) {
        // An early renewal that fails harms nobody yet: whoever asks after the end hears of it.
        if (now >= renewAt && !resting) renew().catch(() => {});
        return held.accessToken;
      }
      if (failed && resting) throw failed.error;
      return (await renew()).accessToken;
    },
    refresh: renew,
    peek: () => held,
    subscribe,
    close() {
      const last = held;
      end(signedOut("the token source was closed"));
      return last;
    },
  };

  async function fetchTokens(): Promise<Tokens> {
    if (ended) throw ended;
    try {
      return hold(await nextTokens(renewalOf(held, options), { clock, random, signal: closing.signal }));
    } catch (thrown) {
      throw settle(asTesseraError(thrown));
    }
  }

  function hold(tokens: Tokens): Tokens {
    // An answer to a call that was under way when the source was closed.
    if (ended) throw ended;
    held = tokens;
    failed = undefined;
    // By chance a little earlier, so that processes started together do not renew together.
    const margin = early(tokens.expiresAt - tokens.issuedAt) * (1 + random() / 10);
    renewAt = tokens.expiresAt - (renewalOf(tokens, options) ? margin : 0);
    tell(tokens);
    return tokens;
  }

  /** Decides what a failed renewal means for the source, and answers what the callers are told. */
  function settle(error: TesseraError): TesseraError {
    if (error.reason === "SIGNED_OUT") end(error);
    else failed = { error, until: clock.now() + (error.retryAfterMs ?? restMs) };
    return ended ?? error;
  }

  function end(error: TesseraError): void {
    if (ended) return;
    ended = error;
    held = undefined;
    failed = undefined;
    closing.abort(error);
    tell(undefined);
  }
}

/** The same call for all who ask while it is under way. */
function sharing<Answer>(call: () => Promise<Answer>): () => Promise<Answer> {
  let flight: Promise<Answer> | undefined;
  return () => {
    flight ??= call().finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
