// Requests as they come: field blocks, bodies and trailers (RFC 9113 sections 6.1, 6.2, 6.10 and 8.1).
import { sendTrailers } from "./answers.ts";
import { closeStream, resetStream } from "./closing.ts";
import { areTrailers, type Field, isRequest, valueOf } from "./fields.ts";
import { dependsOnItself, errorCodes, flags, type Frame, largestFrame, ProtocolFault } from "./frames.ts";
import { encodeFields } from "./hpack.ts";
import { connectionWindow, mostBlockBytes, mostBlockFrames, mostFieldBytes } from "./measures.ts";
import { sendWindowUpdate } from "./signals.ts";
import type { Connection, Stream } from "./state.ts";

const { protocolError, streamClosed, flowControlError, refusedStream, enhanceYourCalm, frameSizeError } = errorCodes;

export function receiveHeaders(connection: Connection, frame: Frame): void {
  const { bytes, stream } = frame;
  if (stream % 2 === 0) throw new ProtocolFault(protocolError, "a stream that no client opens");
  let { from, to } = unpadded(frame);
  const hasPriority = (frame.flags & flags.priority) !== 0;
  if (hasPriority && to - from < 5) throw new ProtocolFault(frameSizeError, "a priority that breaks off");
  const isOfItself = hasPriority && dependsOnItself(frame, from);
  if (hasPriority) from += 5;
  const endStream = (frame.flags & flags.endStream) !== 0;
  if ((frame.flags & flags.endHeaders) === 0) {
    // The bytes are those of a read, of which little may belong to this.
    const parts = [Buffer.from(bytes.subarray(from, to))];
    connection.block = { stream, endStream, parts, size: to - from, since: performance.now() };
    return;
  }
  receiveFields(connection, { stream, endStream }, { bytes, from, to });
  if (isOfItself) throw new ProtocolFault(protocolError, "depends on itself", stream);
}

export function receiveContinuation(connection: Connection, frame: Frame): void {
  const { block } = connection;
  const { bytes, from, to } = frame;
  if (block === undefined) throw new ProtocolFault(protocolError, "nothing is continued");
  block.parts.push(Buffer.from(bytes.subarray(from, to)));
  block.size += to - from;
  if (block.size > mostBlockBytes || block.parts.length > mostBlockFrames)
    throw new ProtocolFault(enhanceYourCalm, "a field block that does not end");
  if ((frame.flags & flags.endHeaders) === 0) return;
  connection.block = undefined;
  receiveFields(connection, block, { bytes: Buffer.concat(block.parts), from: 0, to: block.size });
}

/** The fields of a request, or the trailers of one. They are read in any case: the next block builds on them. */
function receiveFields(
  connection: Connection,
  { stream: id, endStream }: { stream: number; endStream: boolean },
  { bytes, from, to }: { bytes: Buffer; from: number; to: number },
): void {
  const { fields, size } = connection.decode(bytes, from, to);
  const known = connection.streams.get(id);
  if (known !== undefined) return receiveTrailers(known, { fields, endStream });
  if (id <= connection.lastStream) {
    if (connection.closedHere.has(id)) return;
    throw new ProtocolFault(streamClosed, "fields of a stream that is closed");
  }
  connection.lastStream = id;
  const most = Math.max(connection.allowed, connection.told ?? 0);
  if (connection.state === "left" || connection.streams.size >= most)
    return resetStream(connection, { stream: id, code: refusedStream });
  if (size <= mostFieldBytes && !isRequest(fields)) throw new ProtocolFault(protocolError, "no request", id);
  connection.idleFrames = 0;
  const stream = newStream(connection, id, fields);
  connection.streams.add(stream);
  if (size > mostFieldBytes) sendTrailers(stream, tooLarge);
  else connection.options.onRequest(stream);
  if (endStream) endRemote(stream);
}

/** Request Header Fields Too Large (RFC 6585 section 5). */
const tooLarge = encodeFields([[":status", "431"]]);

function newStream(connection: Connection, id: number, fields: readonly Field[]): Stream {
  const length = valueOf(fields, "content-length");
  return {
    id,
    connection,
    fields,
    listener: undefined,
    remoteEnded: false,
    localEnded: false,
    closed: false,
    receiveWindow: connection.options.streamWindow,
    sendWindow: connection.peerStreamWindow,
    received: 0,
    // What is no number is no length of anything.
    expected: length === undefined ? -1 : Number(/^\d+$/.test(length) ? length : Number.NaN),
    unsent: undefined,
    trailers: undefined,
    waitsSince: 0,
  };
}

function receiveTrailers(stream: Stream, { fields, endStream }: { fields: Field[]; endStream: boolean }): void {
  if (stream.remoteEnded) throw new ProtocolFault(streamClosed, "fields after the end", stream.id);
  if (!endStream || !areTrailers(fields)) throw new ProtocolFault(protocolError, "no trailers", stream.id);
  endRemote(stream);
}

function endRemote(stream: Stream): void {
  if (stream.closed) return;
  if (stream.expected !== -1 && stream.expected !== stream.received)
    throw new ProtocolFault(protocolError, "a body of another length", stream.id);
  stream.remoteEnded = true;
  if (stream.localEnded && stream.unsent === undefined) return closeStream(stream);
  stream.listener?.onEnd(stream);
}

export function receiveData(connection: Connection, frame: Frame): void {
  const { stream: id, bytes } = frame;
  const size = frame.to - frame.from;
  if (id === 0 || id > connection.lastStream) throw new ProtocolFault(protocolError, "data of no stream");
  takeWindow(connection, size);
  const { from, to } = unpadded(frame);
  const stream = connection.streams.get(id);
  if (stream === undefined) {
    if (connection.closedHere.has(id)) return;
    throw new ProtocolFault(streamClosed, "data of a stream that is closed", id);
  }
  if (stream.remoteEnded) throw new ProtocolFault(streamClosed, "data after the end", id);
  takeStreamWindow(stream, size);
  stream.received += to - from;
  if (stream.expected !== -1 && stream.received > stream.expected)
    throw new ProtocolFault(protocolError, "a body of another length", id);
  const endStream = (frame.flags & flags.endStream) !== 0;
  if (to > from || endStream) connection.idleFrames = 0;
  if (to > from) stream.listener?.onData(stream, bytes.subarray(from, to));
  if (endStream) endRemote(stream);
}

/** Whoever holds what has come counts it; so this window opens again by halves, and is never full. */
function takeWindow(connection: Connection, size: number): void {
  connection.receiveWindow -= size;
  if (connection.receiveWindow > connectionWindow / 2) return;
  sendWindowUpdate(connection, { stream: 0, bytes: connectionWindow - connection.receiveWindow });
  connection.receiveWindow = connectionWindow;
}

function takeStreamWindow(stream: Stream, size: number): void {
  const { connection } = stream;
  const { streamWindow } = connection.options;
  stream.receiveWindow -= size;
  if (stream.receiveWindow < 0) throw new ProtocolFault(flowControlError, "more than the window", stream.id);
  if (stream.receiveWindow > streamWindow / 2 || stream.localEnded) return;
  sendWindowUpdate(connection, { stream: stream.id, bytes: streamWindow - stream.receiveWindow });
  stream.receiveWindow = streamWindow;
}

/** Where the payload begins and ends without its padding. */
function unpadded({ bytes, flags: given, from, to }: Frame): { from: number; to: number } {
  if ((given & flags.padded) === 0) return { from, to };
  const padding = from < to ? (bytes[from] ?? 0) : largestFrame;
  if (from + 1 + padding > to) throw new ProtocolFault(protocolError, "more padding than there is");
  return { from: from + 1, to: to - padding };
}
