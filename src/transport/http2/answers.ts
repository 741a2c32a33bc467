// Answers of streams, as far as the windows of the peer take them (RFC 9113 section 5.2).
import { closeStream } from "./closing.ts";
import { flags, frameTypes, largestFrame } from "./frames.ts";
import { noTable } from "./hpack.ts";
import type { Stream } from "./state.ts";

/** Fields and trailers are of encodeFields. */
export function sendFields(stream: Stream, fields: Buffer): void {
  if (!stream.localEnded && !stream.closed) sendBlock(stream, { fields, endStream: 0 });
}

/** What finds no window waits for one. */
export function sendData(stream: Stream, data: Buffer): void {
  if (stream.localEnded || stream.closed) return;
  if (stream.unsent === undefined) {
    if (data.length <= roomOf(stream)) return sendPart(stream, data);
    stream.unsent = [];
    stream.waitsSince = performance.now();
  }
  stream.unsent.push(data);
  sendUnsent(stream);
}

/** The end of an answer; without anything before it, all of it. */
export function sendTrailers(stream: Stream, trailers: Buffer): void {
  if (stream.localEnded || stream.closed) return;
  stream.localEnded = true;
  stream.trailers = trailers;
  if (stream.unsent === undefined) sendEnd(stream, trailers);
}

/** As much of what waits as there is room for. */
export function sendUnsent(stream: Stream): void {
  const { unsent } = stream;
  if (unsent === undefined) return;
  for (let next = unsent[0]; next !== undefined; next = unsent[0]) {
    const room = roomOf(stream);
    if (room <= 0) return;
    sendPart(stream, next.subarray(0, room));
    stream.waitsSince = performance.now();
    if (next.length > room) unsent[0] = next.subarray(room);
    else unsent.shift();
  }
  stream.unsent = undefined;
  stream.waitsSince = 0;
  if (stream.trailers !== undefined) sendEnd(stream, stream.trailers);
}

/** Bytes; below zero where the peer has made its window smaller than what is under way. */
const roomOf = ({ sendWindow, connection }: Stream): number =>
  Math.min(sendWindow, connection.sendWindow, largestFrame);

function sendPart(stream: Stream, part: Buffer): void {
  const { connection } = stream;
  stream.sendWindow -= part.length;
  connection.sendWindow -= part.length;
  connection.outlet.send(frameTypes.data, 0, stream.id, part);
}

/** The rest of a request that is answered already is read past, for a while. */
function sendEnd(stream: Stream, fields: Buffer): void {
  sendBlock(stream, { fields, endStream: flags.endStream });
  if (stream.remoteEnded) closeStream(stream);
  else stream.waitsSince = performance.now();
}

function sendBlock({ id, connection }: Stream, { fields, endStream }: { fields: Buffer; endStream: number }): void {
  const { outlet } = connection;
  const block = connection.hasAnswered ? fields : Buffer.concat([noTable, fields]);
  connection.hasAnswered = true;
  if (block.length <= largestFrame) return outlet.send(frameTypes.headers, flags.endHeaders | endStream, id, block);
  outlet.send(frameTypes.headers, endStream, id, block.subarray(0, largestFrame));
  for (let at = largestFrame; at < block.length; at += largestFrame) {
    const last = at + largestFrame >= block.length ? flags.endHeaders : 0;
    outlet.send(frameTypes.continuation, last, id, block.subarray(at, at + largestFrame));
  }
}
