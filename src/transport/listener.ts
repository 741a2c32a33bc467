// The sockets in front of the doors: how many one source may hold; and for grpc-js, which by itself never closes a
// connection that stays silent and counts none, the whole front.
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Address } from "../config/address.ts";
import { networkOf, plainAddress } from "./limits.ts";
import type { StreamShare } from "./stream-share.ts";

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

/** Serves the stream and answers true, or leaves it to grpc-js. */
export type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/** Listens for the gRPC server. Rejects with the error of `listen` if the address is not to be had. */
export async function listenFor(
  server: Server,
  credentials: ServerCredentials,
  options: { address: Address; limits: ListenerLimits; share: StreamShare; takeStream: TakeStream },
): Promise<Listener> {
  const { address, limits, share, takeStream } = options;
  const injector = server.createConnectionInjector(credentials);
  const connections = trackConnections(limits);
  reachInside(server, { settle: connections.settle, share, takeStream });
  const front = createServer({ noDelay: true }, (socket) => {
    if (connections.admit(socket)) injector.injectConnection(socket);
    else socket.destroy();
  });
  front.maxConnections = limits.connections;
  const port = await listen(front, address);
  const close = () => {
    connections.destroy({ unsettled: true });
    share.close();
    return new Promise<void>((resolve) => front.close(() => resolve()));
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

type Peer = Pick<Socket, "remoteAddress" | "remotePort">;

const nameOf = ({ remoteAddress, remotePort }: Peer) => `${remoteAddress} ${remotePort}`;

function trackConnections({ handshakeMs, connectionsPerSource }: ListenerLimits) {
  const open = new Map<string, { socket: Socket; timer: NodeJS.Timeout; settled: boolean }>();
  const hasRoom = sourceLimit(connectionsPerSource);
  return {
    admit(socket: Socket): boolean {
      if (!hasRoom(socket)) return false;
      const name = nameOf(socket);
      const timer = setTimeout(() => socket.destroy(), handshakeMs);
      open.set(name, { socket, timer, settled: false });
      socket.on("error", () => {});
      socket.once("close", () => {
        clearTimeout(timer);
        open.delete(name);
      });
      return true;
    },
    settle(peer: Peer) {
      const connection = open.get(nameOf(peer));
      if (!connection) return;
      clearTimeout(connection.timer);
      connection.settled = true;
    },
    destroy({ unsettled = false } = {}) {
      for (const { socket, settled } of open.values()) if (!unsettled || !settled) socket.destroy();
    },
  };
}

/**
 * grpc-js keeps its HTTP/2 server to itself. This is the one place that reaches for it, and for its count of open streams
 * by which it closes idle connections; tests fail if a version moves them.
 */
function reachInside(
  server: Server,
  inside: { settle: (peer: Peer) => void; share: StreamShare; takeStream: TakeStream },
): void {
  const { settle, share, takeStream } = inside;
  const inner: Iterable<Http2Server> = server["http2Servers"].keys();
  for (const http2 of inner) {
    http2.on("session", (session: ServerHttp2Session) => {
      // Read now: a destroyed session has no socket.
      const { remoteAddress, remotePort } = session.socket;
      session.once("remoteSettings", () => settle({ remoteAddress, remotePort }));
      share.open(session);
    });
    const [theirs] = http2.listeners("stream");
    if (theirs === undefined) throw new Error("grpc-js listens to no streams");
    http2.removeAllListeners("stream");
    http2.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => {
      correct(headers, raw);
      share.use(stream);
      if (takeStream(stream, headers)) server["onStreamOpened"](stream);
      else theirs.call(http2, stream, headers, flags, raw);
    });
  }
}

/** What would get through: nobody looks at the HTTP method, and Node hides a second authorization field. */
function correct(headers: IncomingHttpHeaders, raw: string[]): void {
  // Refused as of the wrong content type.
  if (headers[":method"] !== "POST") headers["content-type"] = "";
  if (raw.indexOf("authorization") === raw.lastIndexOf("authorization")) return;
  const values = raw.filter((_, index) => index % 2 === 1 && raw[index - 1] === "authorization");
  // Both must be seen, to be refused (RFC 6750 section 2).
  if (values.length > 1) Object.assign(headers, { authorization: values });
}
