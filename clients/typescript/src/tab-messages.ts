// What tabs of one origin tell each other over BroadcastChannel. Script of the same origin can read all of it, as it
// could read the tab's memory: the channel widens nothing, but a refresh token crosses it only to be handed over.
import { type Reason, TesseraError } from "./error.ts";
import type { Tokens } from "./tokens.ts";

/** What every tab may know. */
export type View = Omit<Tokens, "refreshToken">;

/** What a tab asks of the leader. */
export type Wish = { want: "token" } | { want: "refresh" } | { want: "sign_in"; tokens: Tokens } | { want: "sign_out" };

export type Refused = { reason: Reason; message: string; retryAfterMs: number | undefined };

export type Message =
  | { kind: "wish"; id: string; wish: Wish }
  | { kind: "granted"; id: string; view: View | undefined }
  | { kind: "refused"; id: string; error: Refused }
  /** From a new leader, so that wishes its predecessor left open are told again. */
  | { kind: "leads" }
  /** From the leader: what it holds has changed. */
  | { kind: "state"; view: View | undefined }
  /** From a leader that goes: the next one carries on with these. */
  | { kind: "handover"; tokens: Tokens };

export function viewOf(tokens: Tokens | undefined): View | undefined {
  if (!tokens) return undefined;
  const { accessToken, issuedAt, expiresAt, user } = tokens;
  return { accessToken, issuedAt, expiresAt, ...(user && { user }) };
}

export const refusalOf = ({ reason, message, retryAfterMs }: TesseraError): Refused => ({
  reason,
  message,
  retryAfterMs,
});

export const errorOf = ({ reason, message, retryAfterMs }: Refused): TesseraError =>
  new TesseraError(reason, message, { retryAfterMs });
