// The way out of a connection: frames that are sent within one turn of the event loop leave it in one write.
import type { Socket } from "node:net";
import { headBytes, writeHead } from "./frames.ts";

export type Outlet = {
  send(type: number, flags: number, stream: number, payload: Buffer): void;
  /** Sends what waits, and ends the socket. */
  end(): void;
};

/** Bytes that may wait for a peer that does not read. Beyond them nothing more is read from it either. */
const mostWaiting = 2 ** 20;

/** Bytes of a payload from which on it is written as it is. Copying a smaller one costs less than a write of its own. */
const large = 4096;

type Waiting = { type: number; flags: number; stream: number; payload: Buffer };

export function createOutlet(socket: Socket): Outlet {
  let waiting: Waiting[] = [];
  let size = 0;
  let scheduled: NodeJS.Immediate | undefined;
  let ended = false;
  const write = () => {
    scheduled = undefined;
    if (waiting.length === 0 || !socket.writable) return;
    const leaving = waiting;
    const bytes = Buffer.allocUnsafe(size);
    waiting = [];
    size = 0;
    let from = 0;
    let at = 0;
    for (const { type, flags, stream, payload } of leaving) {
      at = writeHead(bytes, at, { type, flags, stream, length: payload.length });
      if (payload.length < large) {
        at += payload.copy(bytes, at);
        continue;
      }
      // What follows a first write waits for the others, and all leave together.
      if (from === 0) socket.cork();
      socket.write(bytes.subarray(from, at));
      socket.write(payload);
      from = at;
    }
    if (from < at) socket.write(from === 0 ? bytes : bytes.subarray(from));
    if (from > 0) socket.uncork();
    if (socket.writableLength > mostWaiting && !socket.isPaused()) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  };
  return {
    send(type, flags, stream, payload) {
      if (ended) return;
      waiting.push({ type, flags, stream, payload });
      size += headBytes + (payload.length < large ? payload.length : 0);
      scheduled ??= setImmediate(write);
    },
    end() {
      if (ended) return;
      ended = true;
      clearImmediate(scheduled);
      write();
      socket.end();
    },
  };
}
