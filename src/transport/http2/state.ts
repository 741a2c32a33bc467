// What is known of a connection and of its streams (RFC 9113 section 5.1). The files beside this one work on it.
import type { Socket } from "node:net";
import type { Field } from "./fields.ts";
import type { FieldDecoder } from "./hpack.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { Outlet } from "./outlet.ts";

/** What a connection calls upon. None of these may throw. */
export type ConnectionOptions = {
  /** The fields of a request have come: sets the stream's listener, or answers. */
  onRequest(stream: Stream): void;
  /** The peer has said its settings, so it speaks HTTP/2. */
  onSettled(connection: Connection): void;
  /** The peer knows how many streams it may open. */
  onAcknowledged(connection: Connection): void;
  onClosed(connection: Connection): void;
  /** Something broke here; the connection is ended for it. */
  onDefect(thrown: unknown): void;
  /** Streams that may be open at once, to begin with. */
  firstStreams: number;
  /** Bytes of a request's body that may come before they have been read. */
  streamWindow: number;
};

/** Times are in milliseconds of `performance.now()`; 0 is never. */
export type Connection = {
  readonly socket: Socket;
  readonly options: ConnectionOptions;
  readonly outlet: Outlet;
  readonly decode: FieldDecoder;
  readonly streams: OpenStreams;
  /** The last of those that were closed here; the peer may not have heard of it. */
  readonly closedHere: Set<number>;
  /** The highest that the peer has opened. */
  lastStream: number;
  /** "leaving" has said that it will go; "left" takes no further stream. */
  state: "new" | "open" | "leaving" | "left" | "closed";
  /** Fields of which the rest is to come. */
  block: FieldBlock | undefined;
  /** Bytes of data that the peer takes, on a new stream and altogether; and that it may send. */
  peerStreamWindow: number;
  sendWindow: number;
  receiveWindow: number;
  /** Streams that may be open at once: as the peer has acknowledged, and as it was told since. */
  allowed: number;
  told: number | undefined;
  /** What the peer did that costs us and not it, less what is forgiven by the time. */
  faults: number;
  faultsAt: number;
  /** Frames since the last one of any use. */
  idleFrames: number;
  /** Whether fields have been sent. */
  hasAnswered: boolean;
  readonly since: number;
  heardAt: number;
  /** When a ping was sent that nothing has followed. */
  pingedAt: number;
  /** When the last stream closed. */
  idleSince: number;
  leavingSince: number;
};

export type FieldBlock = { stream: number; endStream: boolean; parts: Buffer[]; size: number; since: number };

export type Stream = {
  readonly id: number;
  readonly connection: Connection;
  /** Of the request; whoever serves it for long may let go of them. */
  fields: readonly Field[];
  /** Who serves it, until it is closed. */
  listener: StreamListener | undefined;
  /** The peer has sent all of the request. */
  remoteEnded: boolean;
  /** All of the answer is sent, or `unsent`. */
  localEnded: boolean;
  closed: boolean;
  /** Bytes of data that the peer may send, and that it takes. */
  receiveWindow: number;
  sendWindow: number;
  /** Bytes of the body so far, and what `content-length` says of it, or -1. */
  received: number;
  readonly expected: number;
  /** Data that waits for a window, and the trailers after it. */
  unsent: Buffer[] | undefined;
  trailers: Buffer | undefined;
  /** For the peer: for its window, or for the rest of a request that was answered. 0 while it does not. */
  waitsSince: number;
};

/** None of these may throw. */
export type StreamListener = {
  onData(stream: Stream, part: Buffer): void;
  /** The request is whole. */
  onEnd(stream: Stream): void;
  /** Answered, reset, or lost with its connection. */
  onClose(stream: Stream): void;
};
