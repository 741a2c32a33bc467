// One session for all tabs of a page. The tab that holds a Web Lock leads: it keeps the tokens in its memory and renews
// them; the others ask it over BroadcastChannel. Nothing is stored, so the session ends with the last tab.
import { systemClock } from "./clock.ts";
import { TesseraError } from "./error.ts";
import { createListeners, type Listener } from "./listeners.ts";
import type { Channel } from "./tab-line.ts";
import type { Locks } from "./tab-lock.ts";
import { joinTabs } from "./tab-member.ts";
import type { View } from "./tab-messages.ts";
import type { Page } from "./tab-seat.ts";
import type { TokenSourceOptions } from "./token-source.ts";
import { defaultEarly, type Tokens } from "./tokens.ts";

export type TabTokenSourceOptions = Pick<TokenSourceOptions, "early" | "clock" | "random"> & {
  refresh: NonNullable<TokenSourceOptions["refresh"]>;
  /** Ends the session at the service when a tab signs out. */
  revoke: (refreshToken: string) => Promise<unknown>;
  /** Sessions of different names on one origin do not meet. Default: "tokens". */
  name?: string;
  /** How long to wait for the leading tab, in milliseconds. Default: 15,000, for it may have to retry. */
  patienceMs?: number;
  /** The browser's, unless a test brings its own. */
  locks?: Locks;
  channel?: Channel;
  page?: Page;
};

/** Shows all but the refresh token, which only the leading tab has. */
export type TabTokenSource = {
  /** A live access token. Rejects with TesseraError: SIGNED_OUT when a sign-in is needed. */
  token(): Promise<string>;
  /** Renews now. Rejects as `token` does. */
  refresh(): Promise<void>;
  /** Gives the tokens of a new sign-in to the leading tab. */
  signIn(tokens: Tokens): Promise<void>;
  /** Signs all tabs out at once, then revokes; rejects with the failure of that. */
  signOut(): Promise<void>;
  /** What this tab knows at the moment; a tab that has just opened knows nothing before its first `token`. */
  peek: () => View | undefined;
  /** Calls back on every change in any tab; with undefined once signed out. Answers how to stop. */
  subscribe: (listener: Listener<View>) => () => void;
  leads: () => boolean;
  /** Leaves; the tokens go to another tab if there is one. */
  close: () => void;
};

export function createTabTokenSource(options: TabTokenSourceOptions): TabTokenSource {
  const { clock = systemClock, early = defaultEarly, patienceMs = 15_000, refresh, revoke } = options;
  // The version keeps tabs that still run an older page out of the conversation.
  const name = `tessera:1:${options.name ?? "tokens"}`;
  const {
    locks = navigator.locks,
    channel = new BroadcastChannel(name),
    // oxlint-disable-next-line no-unnecessary-type-assertion -- Necessary where the types of the DOM are not loaded.
    page = globalThis as unknown as Page,
  } = options;
  const { subscribe, tell } = createListeners<View>();
  const sources = { refresh, early, clock, ...(options.random && { random: options.random }) };
  const tab = joinTabs({ name, locks, channel, page, clock, patienceMs, sources, revoke, changed: tell });

  return {
    async token() {
      const known = tab.view();
      const left = known ? known.expiresAt - clock.now() : 0;
      if (known && !tab.leads() && left > early(known.expiresAt - known.issuedAt)) return known.accessToken;
      try {
        return tokenOf(await tab.fulfil({ want: "token" }));
      } catch (error) {
        // A leader that does not answer is no reason to stop while the token at hand still lives.
        if (known && clock.now() < known.expiresAt && isUnreachable(error)) return known.accessToken;
        throw error;
      }
    },
    async refresh() {
      await tab.fulfil({ want: "refresh" });
    },
    async signIn(tokens) {
      await tab.fulfil({ want: "sign_in", tokens });
    },
    async signOut() {
      await tab.fulfil({ want: "sign_out" });
    },
    peek: tab.view,
    subscribe,
    leads: tab.leads,
    close: tab.close,
  };
}

function tokenOf(view: View | undefined): string {
  if (!view) throw new TesseraError("INTERNAL", "the leading tab answered without a token");
  return view.accessToken;
}

const isUnreachable = (error: unknown): boolean => error instanceof TesseraError && error.reason === "UNREACHABLE";
