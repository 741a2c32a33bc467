// How many calls each connection may have open. Together they are about as many as are served in a third of a second:
// what waits beyond that waits in its caller, where it costs nothing, and need not be refused, which costs half a call.
import { tellStreams } from "./http2/signals.ts";
import type { Connection } from "./http2/state.ts";

/** Streams of all connections together, and the fewest of one, however many connections there are. */
const together = 1_000;
export const fewestStreams = 2;
/** What a connection begins with, or less where there are many; it has more as soon as it uses all of them. */
export const firstStreams = 16;

export type StreamShare = {
  /** How many streams a connection that comes now begins with. */
  first(): number;
  open(connection: Connection): void;
  /** A call came by it. */
  use(connection: Connection): void;
  /** It has acknowledged what it was told. */
  acknowledged(connection: Connection): void;
  close(connection: Connection): void;
  /** Looks at what was done since the last look; to be called about once a second. */
  look(): void;
};

/** Of one connection: what it may have open, and what it had at most since the last look. */
type Part = { allowed: number; used: number };

/**
 * `most` is what a connection may have at all; `underWay` answers how many calls are. While there is not too much to do,
 * a connection that uses all it has gets twice as many at once, and one that uses a quarter loses half. Connections
 * without calls, and calls that end at once, take nothing from others.
 */
export function shareStreams(most: number, underWay: () => number): StreamShare {
  const parts = new Map<Connection, Part>();
  /** What each may have at most. It falls at once and grows step by step. */
  let ceiling = most;
  let busiest = 0;
  const firstOf = (connections: number) => Math.min(firstStreams, ceiling, shareOf(connections, most));
  const tell = (connection: Connection, { allowed }: Part) => {
    // A peer that acknowledges nothing is told nothing more.
    if (connection.state === "closed" || connection.told !== undefined) return;
    if (connection.allowed !== allowed) tellStreams(connection, allowed);
  };
  const allow = (connection: Connection, part: Part, allowed: number) => {
    if (allowed === part.allowed) return;
    part.allowed = allowed;
    tell(connection, part);
  };
  return {
    first: () => firstOf(parts.size + 1),
    open: (connection) => void parts.set(connection, { allowed: connection.options.firstStreams, used: 0 }),
    use(connection) {
      const part = parts.get(connection);
      if (part === undefined) return;
      const open = connection.streams.size;
      part.used = Math.max(part.used, open);
      const busy = underWay();
      busiest = Math.max(busiest, busy);
      if (open >= part.allowed && !isMuch(busy)) allow(connection, part, Math.min(2 * part.allowed, ceiling));
    },
    acknowledged(connection) {
      const part = parts.get(connection);
      if (part !== undefined) tell(connection, part);
    },
    close: (connection) => void parts.delete(connection),
    look() {
      const inUse = [...parts.values()].filter(({ used }) => used > 0).length;
      ceiling = isMuch(busiest) ? Math.min(ceiling, shareOf(inUse, most)) : Math.min(2 * ceiling, most);
      busiest = 0;
      for (const [connection, part] of parts) {
        const kept =
          part.used > part.allowed / 4 ? part.allowed : Math.max(firstOf(parts.size), Math.floor(part.allowed / 2));
        allow(connection, part, Math.min(kept, ceiling));
        part.used = connection.streams.size;
      }
    },
  };
}

const isMuch = (calls: number): boolean => calls > together / 2;

/** A power of two below the even share, so that it seldom changes. */
export function shareOf(connections: number, most: number): number {
  const even = 2 ** Math.floor(Math.log2(together / Math.max(1, connections)));
  return Math.min(most, Math.max(fewestStreams, even));
}
