// How many calls each connection may have open. Together they are about as many as are served in a third of a second:
// what waits beyond that waits in its caller, where it costs nothing, and need not be refused, which costs half a call.
import type { Http2Session, ServerHttp2Session, ServerHttp2Stream } from "node:http2";

/** Streams of all connections together, and the fewest of one, however many connections there are. */
const together = 1_000;
export const fewestStreams = 2;
/** What a connection begins with, or less where there are many; it has more as soon as it uses all of them. */
export const firstStreams = 16;
/** What it is told by its first SETTINGS, where `most` is what a connection may have at all. */
export const toldAtFirst = (most: number): number => Math.min(most, firstStreams);
/** Milliseconds between two looks at how much there is to do. */
const everyMs = 1_000;

export type StreamShare = {
  /** Takes a session, which has been told `toldAtFirst`, to its end. */
  open(session: ServerHttp2Session): void;
  /** A call came by it. */
  use(stream: ServerHttp2Stream): void;
  /** Looks at what was done since the last look; by itself every second until it is closed. */
  look(): void;
  close(): void;
};

/** Of one connection: what it may have open, what it has, and what it had at most since the last look. */
type Part = { allowed: number; open: number; used: number; left: () => void };

/**
 * `most` is what a connection may have at all; `underWay` answers how many calls are. While there is not too much to do,
 * a connection that uses all it has gets twice as many at once, and one that uses a quarter loses half. Connections
 * without calls, and calls that end at once, take nothing from others.
 */
export function shareStreams(most: number, underWay: () => number): StreamShare {
  const parts = new Map<Http2Session, Part>();
  /** What each may have at most. It falls at once and grows step by step. */
  let ceiling = most;
  let busiest = 0;
  const first = () => Math.min(firstStreams, ceiling, shareOf(parts.size, most));
  const tell = (session: Http2Session, { allowed }: Part) => {
    // Node ends a session that owes it many acknowledgements; this one will be told when it has given its own.
    if (session.destroyed || session.closed || session.pendingSettingsAck) return;
    if (session.localSettings.maxConcurrentStreams !== allowed) session.settings({ maxConcurrentStreams: allowed });
  };
  const allow = (session: Http2Session, part: Part, allowed: number) => {
    if (allowed === part.allowed) return;
    part.allowed = allowed;
    tell(session, part);
  };
  const look = () => {
    const inUse = [...parts.values()].filter(({ used }) => used > 0).length;
    ceiling = isMuch(busiest) ? Math.min(ceiling, shareOf(inUse, most)) : Math.min(2 * ceiling, most);
    busiest = 0;
    for (const [session, part] of parts) {
      const kept = part.used > part.allowed / 4 ? part.allowed : Math.max(first(), part.allowed / 2);
      allow(session, part, Math.min(kept, ceiling));
      part.used = part.open;
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return {
    open(session) {
      const part: Part = { allowed: toldAtFirst(most), open: 0, used: 0, left: () => void (part.open -= 1) };
      parts.set(session, part);
      session.on("localSettings", () => tell(session, part));
      session.once("close", () => parts.delete(session));
      const allowed = first();
      if (allowed >= part.allowed) return;
      part.allowed = allowed;
      // In one go with what it has been told, before it could send as many.
      session.settings({ maxConcurrentStreams: allowed });
    },
    use(stream) {
      const { session } = stream;
      const part = session && parts.get(session);
      if (session === undefined || part === undefined) return;
      part.open += 1;
      part.used = Math.max(part.used, part.open);
      stream.on("close", part.left);
      const busy = underWay();
      busiest = Math.max(busiest, busy);
      if (part.open >= part.allowed && !isMuch(busy)) allow(session, part, Math.min(2 * part.allowed, ceiling));
    },
    look,
    close: () => clearInterval(timer),
  };
}

const isMuch = (calls: number): boolean => calls > together / 2;

/** A power of two below the even share, so that it seldom changes. */
export function shareOf(connections: number, most: number): number {
  const even = 2 ** Math.floor(Math.log2(together / Math.max(1, connections)));
  return Math.min(most, Math.max(fewestStreams, even));
}
