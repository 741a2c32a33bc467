// Keeps one live access token: renews it early, once for all who ask, and says plainly when the session is over.
import { type Clock, systemClock } from "./clock.ts";
import { asTesseraError, signedOut, type TesseraError } from "./error.ts";
import { createListeners, type Listener } from "./listeners.ts";
import { openRenewals, type Renewal } from "./renewal.ts";
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

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { clock = systemClock, random = Math.random, early = defaultEarly } = options;
  const { subscribe, tell } = createListeners<Tokens>();
  const closing = new AbortController();
  const renewals = openRenewals(options, { clock, random, signal: closing.signal });
  const renew = sharing(fetchTokens);
  let held: Tokens | undefined;
  let renewAt = 0;
  let ended: TesseraError | undefined;
  if (options.initial) hold(options.initial);

  return {
    async token() {
      const now = clock.now();
      const failure = ended ?? renewals.failure();
      if (held && now < held.expiresAt) {
        // An early renewal that fails harms nobody yet: whoever asks after the end hears of it.
        if (now >= renewAt && !failure) renew().catch(() => {});
        return held.accessToken;
      }
      if (failure) throw failure;
      return (await renew()).accessToken;
    },
    refresh: renew,
    peek: () => held,
    subscribe,
    close: () => end(signedOut("the token source was closed")),
  };

  async function fetchTokens(): Promise<Tokens> {
    if (ended) throw ended;
    try {
      return hold(await renewals.next(held));
    } catch (thrown) {
      const error = asTesseraError(thrown);
      if (error.reason === "SIGNED_OUT") end(error);
      throw ended ?? error;
    }
  }

  function hold(tokens: Tokens): Tokens {
    // An answer to a call that was under way when the source was closed.
    if (ended) throw ended;
    held = tokens;
    // By chance a little earlier, so that processes started together do not renew together.
    const margin = early(tokens.expiresAt - tokens.issuedAt) * (1 + random() / 10);
    renewAt = tokens.expiresAt - (renewals.possible(tokens) ? margin : 0);
    tell(tokens);
    return tokens;
  }

  function end(error: TesseraError): Tokens | undefined {
    if (ended) return undefined;
    const last = held;
    ended = error;
    held = undefined;
    closing.abort(error);
    tell(undefined);
    return last;
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
