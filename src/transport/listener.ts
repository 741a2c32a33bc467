// The sockets in front of the doors: how many one source may hold, and how long one may stay silent.
import { createServer, type Server as NetServer, type Socket } from "node:net";
import type { Address } from "../config/address.ts";
import { networkOf, plainAddress } from "./limits.ts";
import type { SocketFront } from "./tls.ts";

export type ListenerLimits = {
  /** From the connection to the first HTTP/2 frame, through the TLS handshake if there is one. */
  handshakeMs: number;
  connections: number;
  connectionsPerSource: number;
};

export const listenerLimits: ListenerLimits = { handshakeMs: 10_000, connections: 10_000, connectionsPerSource: 1000 };

export type Listener = {
  port: number;
  /** Takes no further connection, and resolves when the last one has closed. */
  close(): Promise<void>;
  /** Cuts every connection that is left. */
  destroy(): void;
};

/** Serves a socket, whose other end has agreed on TLS where it has to; `settle` says that it speaks as it should. */
export type ServeSocket = (socket: Socket, settle: () => void) => void;

/** Listens for the gRPC door. Rejects with the error of `listen` if the address is not to be had. */
export async function listenFor(options: {
  address: Address;
  limits: ListenerLimits;
  front: SocketFront;
  serve: ServeSocket;
}): Promise<Listener> {
  const { address, limits, front, serve } = options;
  const connections = trackConnections(limits);
  const server = createServer({ noDelay: true }, (socket) => {
    const settle = connections.admit(socket);
    if (settle === undefined) socket.destroy();
    else front.open(socket, (inner) => serve(inner, settle));
  });
  server.maxConnections = limits.connections;
  const port = await listen(server, address);
  const close = () => {
    connections.destroy({ unsettled: true });
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, close, destroy: () => connections.destroy() };
}

/** Resolves to the port that was bound. */
export function listen(server: NetServer, { host, port }: Address): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen({ host, port }, () => {
    server.off("error", reject);
    const bound = server.address();
    resolve(typeof bound === "object" && bound ? bound.port : port);
  });
  return promise;
}

/** Says whether there is room for a connection more from its source, and then counts it until it closes. */
export function sourceLimit(most: number): (socket: Socket) => boolean {
  const open = new Map<string, number>();
  return (socket) => {
    const source = networkOf(plainAddress(socket.remoteAddress ?? ""));
    const held = open.get(source) ?? 0;
    // Without an address it has already been closed.
    if (source === "" || held >= most) return false;
    open.set(source, held + 1);
    socket.once("close", () => {
      const left = (open.get(source) ?? 0) - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
    return true;
  };
}

function trackConnections({ handshakeMs, connectionsPerSource }: ListenerLimits) {
  const open = new Map<Socket, { settled: boolean }>();
  const hasRoom = sourceLimit(connectionsPerSource);
  return {
    /** Answers how to settle it, or undefined where there is no room for it. */
    admit(socket: Socket): (() => void) | undefined {
      if (!hasRoom(socket)) return undefined;
      const timer = setTimeout(() => socket.destroy(), handshakeMs);
      const connection = { settled: false };
      open.set(socket, connection);
      socket.on("error", () => {});
      socket.once("close", () => {
        clearTimeout(timer);
        open.delete(socket);
      });
      return () => {
        clearTimeout(timer);
        connection.settled = true;
      };
    },
    destroy({ unsettled = false } = {}) {
      for (const [socket, { settled }] of open) if (!unsettled || !settled) socket.destroy();
    },
  };
}
