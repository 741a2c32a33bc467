// How streams and connections end: by their answers, by resets, in peace (RFC 9113 section 6.8), or for a fault.
import { errorCodes, ProtocolFault } from "./frames.ts";
import { faultsPerMs, largestWindow, mostFaults, partingMs, windowMs } from "./measures.ts";
import { sendGoaway, sendPing, sendReset } from "./signals.ts";
import type { Connection, Stream } from "./state.ts";

export function closeStream(stream: Stream): void {
  if (stream.closed) return;
  const { connection, listener } = stream;
  stream.closed = true;
  stream.unsent = undefined;
  stream.listener = undefined;
  stream.waitsSince = 0;
  connection.streams.remove(stream);
  if (!stream.remoteEnded) noteClosed(connection, stream.id);
  listener?.onClose(stream);
  if (connection.streams.size > 0) return;
  connection.idleSince = performance.now();
  if (connection.state === "left") part(connection, windowMs);
}

/** Says that a stream is over, whether it is still known or not. */
export function resetStream(connection: Connection, { stream, code }: { stream: number; code: number }): void {
  sendReset(connection, { stream, code });
  const known = connection.streams.get(stream);
  if (known === undefined) noteClosed(connection, stream);
  else closeStream(known);
}

const mostClosedHere = 256;

function noteClosed({ closedHere }: Connection, stream: number): void {
  closedHere.add(stream);
  if (closedHere.size <= mostClosedHere) return;
  const [oldest] = closedHere;
  if (oldest !== undefined) closedHere.delete(oldest);
}

/** Counts a reset, or what made us reset (CVE-2023-44487, CVE-2025-8671). Throws ProtocolFault when there are too many. */
export function countFault(connection: Connection): void {
  const now = performance.now();
  connection.faults = Math.max(0, connection.faults - (now - connection.faultsAt) * faultsPerMs) + 1;
  connection.faultsAt = now;
  if (connection.faults > mostFaults) throw new ProtocolFault(errorCodes.enhanceYourCalm, "too many resets");
}

/** What the ping holds after which a connection that leaves takes no further stream. */
export const farewell = Buffer.from("farewell");

/** Says that it will go. What the peer has sent before it hears of that is still served. */
export function leave(connection: Connection): void {
  if (connection.state === "new") return endConnection(connection, errorCodes.noError);
  if (connection.state !== "open") return;
  connection.state = "leaving";
  connection.leavingSince = performance.now();
  sendGoaway(connection, { lastStream: largestWindow, code: errorCodes.noError });
  sendPing(connection, farewell);
}

/** The peer has heard of it. */
export function leaveFinally(connection: Connection): void {
  if (connection.state !== "leaving") return;
  connection.state = "left";
  sendGoaway(connection, { lastStream: connection.lastStream, code: errorCodes.noError });
  if (connection.streams.size === 0) part(connection, windowMs);
}

/** Says why, and ends it with all its streams. */
export function endConnection(connection: Connection, code: number): void {
  if (connection.state === "closed") return;
  sendGoaway(connection, { lastStream: connection.lastStream, code });
  part(connection, partingMs);
}

/** Sends what is left, for so many milliseconds at most. */
function part(connection: Connection, patienceMs: number): void {
  const { outlet, socket } = connection;
  release(connection);
  outlet.end();
  // Or its end would not be heard.
  socket.resume();
  let cut = setTimeout(() => socket.destroy(), patienceMs);
  socket.once("finish", () => {
    clearTimeout(cut);
    cut = setTimeout(() => socket.destroy(), partingMs);
  });
  socket.once("close", () => clearTimeout(cut));
}

/** Its streams are lost, and it is not used again. */
export function release(connection: Connection): void {
  if (connection.state === "closed") return;
  connection.state = "closed";
  for (const stream of connection.streams) closeStream(stream);
  connection.options.onClosed(connection);
}
