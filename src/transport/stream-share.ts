// How many calls each connection may have open. Together they are about as many as are served within a second: what
// waits beyond that waits in its caller, where it costs nothing, and need not be refused, which costs half a call.
import type { Http2Session, ServerHttp2Session } from "node:http2";

/** Streams of all connections together, and the fewest of one, however many connections there are. */
const together = 2_000;
export const fewestStreams = 8;
/** Milliseconds between two looks at how much there is to do. */
const everyMs = 1_000;

export type StreamShare = {
  /** Takes a session from its beginning to its end. */
  open(session: ServerHttp2Session): void;
  /** A call came by it. */
  use(session: Http2Session): void;
  /** Looks at what was done since the last look; by itself every second until it is closed. */
  look(): void;
  close(): void;
};

/**
 * `most` is what a connection may have unless there is too much to do; `busiest` answers how many calls were under way
 * at most since it was last asked. Connections without calls, and calls that end at once, take nothing from others.
 */
export function shareStreams(most: number, busiest: () => number): StreamShare {
  const sessions = new Set<ServerHttp2Session>();
  const used = new Set<Http2Session>();
  let share = most;
  const tell = (session: ServerHttp2Session) => {
    // Node ends a session that owes it many acknowledgements; this one will be told when it has given its own.
    if (session.destroyed || session.closed || session.pendingSettingsAck) return;
    if (session.localSettings.maxConcurrentStreams !== share) session.settings({ maxConcurrentStreams: share });
  };
  const look = () => {
    const isMuch = busiest() > together / 2;
    const next = isMuch ? Math.min(share, shareOf(used.size, most)) : Math.min(2 * share, most);
    used.clear();
    if (next === share) return;
    share = next;
    for (const session of sessions) tell(session);
  };
  const timer = setInterval(look, everyMs).unref();
  return {
    open(session) {
      sessions.add(session);
      session.on("localSettings", () => tell(session));
      session.once("close", () => sessions.delete(session));
    },
    use: (session) => void used.add(session),
    look,
    close: () => clearInterval(timer),
  };
}

/** A power of two below the even share, so that it seldom changes. */
export function shareOf(connections: number, most: number): number {
  const even = 2 ** Math.floor(Math.log2(together / Math.max(1, connections)));
  return Math.min(most, Math.max(fewestStreams, even));
}
