// What the leading tab does: it alone holds the refresh token, renews, and grants the wishes of all tabs.
import type { Clock } from "./clock.ts";
import { signedOut } from "./error.ts";
import { type View, viewOf, type Wish } from "./tab-messages.ts";
import { createTokenSource, type TokenSource, type TokenSourceOptions } from "./token-source.ts";
import type { Tokens } from "./tokens.ts";

export type OfficeOptions = {
  sources: Pick<TokenSourceOptions, "refresh" | "early" | "clock" | "random">;
  revoke: (refreshToken: string) => Promise<unknown>;
  clock: Clock;
  /** What the leader before this one handed over, if that has been heard already. */
  handed: Tokens | undefined;
  /** What this tab knew as one of the others. */
  view: View | undefined;
  /** Whether there was a leader before this one, whose handover may still come. */
  inheriting: boolean;
  changed: (view: View | undefined) => void;
};

export type Office = {
  /** Rejects with TesseraError: SIGNED_OUT when nobody is signed in. */
  grant(wish: Wish): Promise<View | undefined>;
  inherit(tokens: Tokens): void;
  /** Ends the work and answers what the next leader needs. */
  leave(): Tokens | undefined;
};

/** The lock and the message come by different ways, so the lock may arrive first. */
const handoverMs = 1_000;

export function takeOffice({ sources, revoke, clock, handed, view, inheriting, changed }: OfficeOptions): Office {
  const opened = Promise.withResolvers<void>();
  const left = new AbortController();
  let open = false;
  let source: TokenSource | undefined;
  const shown = () => viewOf(source?.peek());

  if (handed) begin(handed);
  else if (!inheriting) begin(undefined);
  // A leader that crashed hands nothing over. What this tab knows still serves until it expires.
  else
    void clock
      .wait(handoverMs, left.signal)
      .then(() => begin(view))
      .catch(() => {});

  return {
    async grant(wish) {
      if (wish.want === "sign_in") begin(undefined);
      await opened.promise;
      if (wish.want === "sign_in") adopt(wish.tokens);
      else if (wish.want === "sign_out") await signOut();
      else await renew(source, wish.want);
      return shown();
    },
    inherit: (tokens) => begin(tokens),
    leave() {
      left.abort();
      return drop();
    },
  };

  function begin(tokens: Tokens | undefined): void {
    if (open) return;
    open = true;
    if (tokens) adopt(tokens);
    opened.resolve();
  }

  function adopt(tokens: Tokens): void {
    drop();
    const next = createTokenSource({ ...sources, initial: tokens });
    source = next;
    next.subscribe(() => source === next && changed(shown()));
    changed(shown());
  }

  function drop(): Tokens | undefined {
    const last = source;
    source = undefined;
    return last?.close();
  }

  /** Forgets first: whoever signs out offline is signed out here all the same. */
  async function signOut(): Promise<void> {
    const last = drop();
    changed(undefined);
    if (last?.refreshToken) await revoke(last.refreshToken);
  }
}

async function renew(source: TokenSource | undefined, want: "token" | "refresh"): Promise<void> {
  if (!source) throw signedOut("nobody is signed in");
  await (want === "token" ? source.token() : source.refresh());
}
