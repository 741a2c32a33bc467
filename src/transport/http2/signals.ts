// Frames that say something of the connection or of a stream, and carry nothing.
import { flags, frameTypes, settingIds } from "./frames.ts";
import { mostFieldBytes } from "./measures.ts";
import type { Connection } from "./state.ts";

const ofConnection = 0;
const nothing: Buffer = Buffer.alloc(0);

/** The first that is said (RFC 9113 section 3.4). */
export function sendFirstSettings(connection: Connection): void {
  const { firstStreams, streamWindow } = connection.options;
  sendSettings(connection, [
    [settingIds.maxConcurrentStreams, firstStreams],
    [settingIds.initialWindowSize, streamWindow],
    [settingIds.maxHeaderListSize, mostFieldBytes],
  ]);
  connection.told = firstStreams;
}

/** How many streams may be open from now on. To be said only after the last that was said is acknowledged. */
export function tellStreams(connection: Connection, allowed: number): void {
  sendSettings(connection, [[settingIds.maxConcurrentStreams, allowed]]);
  connection.told = allowed;
}

function sendSettings({ outlet }: Connection, values: readonly (readonly [id: number, value: number])[]): void {
  const payload = Buffer.allocUnsafe(values.length * 6);
  for (const [at, [id, value]] of values.entries()) payload.writeUInt32BE(value, payload.writeUInt16BE(id, at * 6));
  outlet.send(frameTypes.settings, 0, ofConnection, payload);
}

export function acknowledgeSettings({ outlet }: Connection): void {
  outlet.send(frameTypes.settings, flags.ack, ofConnection, nothing);
}

/** Eight bytes, which come back. */
export function sendPing({ outlet }: Connection, opaque: Buffer, { ack = false } = {}): void {
  outlet.send(frameTypes.ping, ack ? flags.ack : 0, ofConnection, opaque);
}

export function sendWindowUpdate({ outlet }: Connection, { stream, bytes }: { stream: number; bytes: number }): void {
  outlet.send(frameTypes.windowUpdate, 0, stream, uint32(bytes));
}

export function sendGoaway({ outlet }: Connection, { lastStream, code }: { lastStream: number; code: number }): void {
  outlet.send(frameTypes.goaway, 0, ofConnection, Buffer.concat([uint32(lastStream), uint32(code)]));
}

export function sendReset({ outlet }: Connection, { stream, code }: { stream: number; code: number }): void {
  outlet.send(frameTypes.rstStream, 0, stream, uint32(code));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
