// The server's end of an HTTP/2 connection (RFC 9113), over a socket on which it has been agreed. It serves requests that
// are answered whole or message by message, and no more: no pushes, no priorities, no CONNECT.
import type { Socket } from "node:net";
import { countFault, endConnection, release, resetStream } from "./closing.ts";
import { createFrameReader, errorCodes, type Frame, ProtocolFault } from "./frames.ts";
import { createFieldDecoder } from "./hpack.ts";
import { connectionWindow, firstWindow, mostFieldBytes } from "./measures.ts";
import { createOpenStreams } from "./open-streams.ts";
import { createOutlet } from "./outlet.ts";
import { receive } from "./receive.ts";
import { sendFirstSettings, sendWindowUpdate } from "./signals.ts";
import type { Connection, ConnectionOptions } from "./state.ts";

/** Serves it to its end. */
export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  const connection = newConnection(socket, options);
  const read = createFrameReader((frame) => take(connection, frame));
  socket.on("error", ignore);
  socket.once("close", () => release(connection));
  socket.on("data", (bytes: Buffer) => {
    if (connection.state === "closed") return;
    connection.heardAt = performance.now();
    connection.pingedAt = 0;
    try {
      read(bytes);
    } catch (thrown) {
      const isFault = thrown instanceof ProtocolFault;
      endConnection(connection, isFault ? thrown.code : errorCodes.internalError);
      if (!isFault) options.onDefect(thrown);
    }
  });
  sendFirstSettings(connection);
  sendWindowUpdate(connection, { stream: 0, bytes: connectionWindow - firstWindow });
  return connection;
}

/** Whatever goes wrong with a socket also closes it. */
const ignore = () => {};

function newConnection(socket: Socket, options: ConnectionOptions): Connection {
  const now = performance.now();
  return {
    socket,
    options,
    outlet: createOutlet(socket),
    decode: createFieldDecoder(mostFieldBytes),
    streams: createOpenStreams(),
    closedHere: new Set(),
    lastStream: 0,
    state: "new",
    block: undefined,
    peerStreamWindow: firstWindow,
    sendWindow: firstWindow,
    receiveWindow: connectionWindow,
    allowed: options.firstStreams,
    told: undefined,
    faults: 0,
    faultsAt: now,
    idleFrames: 0,
    hasAnswered: false,
    since: now,
    heardAt: now,
    pingedAt: 0,
    idleSince: now,
    leavingSince: 0,
  };
}

/** A fault of a stream ends that one only. */
function take(connection: Connection, frame: Frame): void {
  if (connection.state === "closed") return;
  try {
    receive(connection, frame);
  } catch (thrown) {
    if (!(thrown instanceof ProtocolFault) || thrown.stream === 0) throw thrown;
    countFault(connection);
    resetStream(connection, { stream: thrown.stream, code: thrown.code });
  }
}
