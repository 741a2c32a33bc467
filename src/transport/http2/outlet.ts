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

type Waiting = { type: number; flags: number; stream: number; payload: Buffer };

export function createOutlet(socket: Socket): Outlet {
  let waiting: Waiting[] = [];
  let size = 0;
  let scheduled: NodeJS.Immediate | undefined;
  let ended = false;
  const write = () => {
    scheduled = undefined;
    if (waiting.length === 0 || !socket.writable) return;
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    for (const { type, flags, stream, payload } of waiting) {
      at = writeHead(bytes, at, { type, flags, stream, length: payload.length });
      at += payload.copy(bytes, at);
    }
    waiting = [];
    size = 0;
    socket.write(bytes);
    if (socket.writableLength > mostWaiting && !socket.isPaused()) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  };
  return {
    send(type, flags, stream, payload) {
      if (ended) return;
      waiting.push({ type, flags, stream, payload });
      size += headBytes + payload.length;
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
