// How many calls each connection may have open. Together they are about as many as are served within a second: what
// waits beyond that waits in its caller, where it costs nothing, and need not be refused, which costs half a call.
import type { ServerHttp2Session } from "node:http2";

/** Streams of all connections together, and the fewest of one, however many connections there are. */
const together = 2_000;
export const fewestStreams = 8;

/** Takes every session of a server from its beginning. `most` is what one may have while there are few. */
export function shareStreams(most: number): (session: ServerHttp2Session) => void {
  const sessions = new Set<ServerHttp2Session>();
  let share = most;
  const tell = (session: ServerHttp2Session) => {
    // Node ends a session that owes it many acknowledgements; this one will be told when it has given its own.
    if (session.destroyed || session.closed || session.pendingSettingsAck) return;
    if (session.localSettings.maxConcurrentStreams !== share) session.settings({ maxConcurrentStreams: share });
  };
  const divide = () => {
    const next = shareOf(sessions.size, most);
    if (next === share) return;
    share = next;
    for (const session of sessions) tell(session);
  };
  return (session) => {
    sessions.add(session);
    session.on("localSettings", () => tell(session));
    session.once("close", () => {
      sessions.delete(session);
      divide();
    });
    divide();
  };
}

/** A power of two below the even share, so that it seldom changes. */
export function shareOf(connections: number, most: number): number {
  const even = 2 ** Math.floor(Math.log2(together / Math.max(1, connections)));
  return Math.min(most, Math.max(fewestStreams, even));
}
