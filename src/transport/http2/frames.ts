// Frames of HTTP/2 (RFC 9113 sections 4 and 6): their names, and how a stream of bytes is cut into them.

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const settingIds = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** RFC 9113 section 7. */
export const errorCodes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

/** What the peer did wrong: ends the connection, or the one stream that is named. */
export class ProtocolFault extends Error {
  readonly code: number;
  readonly stream: number;

  constructor(code: number, message: string, stream = 0) {
    super(message);
    this.code = code;
    this.stream = stream;
  }
}

/** The payload is `bytes` from `from` to `to`. One object serves for all frames of a connection. */
export type Frame = { type: number; flags: number; stream: number; bytes: Buffer; from: number; to: number };

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const headBytes = 9;
/** The least a peer may choose, and what every one begins with. We take no more. */
export const largestFrame = 16_384;

const nothing: Buffer = Buffer.alloc(0);

/** Takes bytes as they come, and hands on each frame when it is whole. Throws ProtocolFault. */
export function createFrameReader(onFrame: (frame: Frame) => void): (bytes: Buffer) => void {
  const frame: Frame = { type: 0, flags: 0, stream: 0, bytes: nothing, from: 0, to: 0 };
  /** Of a frame, or of the preface, that broke off. A copy: a part of what was read would keep all of it. */
  let rest = nothing;
  let begun = false;

  /** Hands on the frames that are whole, and answers how many bytes that took. */
  function take(bytes: Buffer): number {
    let at = 0;
    if (!begun) {
      begun = beginsWithPreface(bytes);
      if (!begun) return 0;
      at = preface.length;
    }
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
      frame.type = bytes[at + 3] ?? 0;
      frame.flags = bytes[at + 4] ?? 0;
      frame.stream = bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff;
      frame.bytes = bytes;
      frame.from = at + headBytes;
      frame.to = end;
      onFrame(frame);
      at = end;
    }
    frame.bytes = nothing;
    return at;
  }

  return (part) => {
    let at = 0;
    // As much as is missing is put together, and not all that was read.
    while (rest.length > 0 && at < part.length) {
      const missing = (begun ? endOf(rest, 0) : preface.length) - rest.length;
      const joined = Buffer.concat([rest, part.subarray(at, at + missing)]);
      at += missing;
      rest = take(joined) === 0 ? joined : nothing;
    }
    if (at >= part.length) return;
    const left = at === 0 ? part : part.subarray(at);
    const taken = take(left);
    if (taken < left.length) rest = Buffer.from(left.subarray(taken));
  };
}

/** Where the frame ends that begins there, or its head where that has not come whole. Throws ProtocolFault. */
function endOf(bytes: Buffer, at: number): number {
  const payload = at + headBytes;
  if (payload > bytes.length) return payload;
  const length = bytes.readUIntBE(at, 3);
  if (length > largestFrame) throw new ProtocolFault(errorCodes.frameSizeError, "the frame is too large");
  return payload + length;
}

/** False where it has not come whole. Throws ProtocolFault where it is another. */
function beginsWithPreface(bytes: Buffer): boolean {
  const known = Math.min(bytes.length, preface.length);
  if (bytes.compare(preface, 0, known, 0, known) !== 0)
    throw new ProtocolFault(errorCodes.protocolError, "this is not HTTP/2");
  return known === preface.length;
}

/** Whether the priority that stands at that place makes a stream depend on itself (RFC 7540 section 5.3.1). */
export const dependsOnItself = ({ bytes, stream }: Frame, at: number): boolean =>
  (bytes.readUInt32BE(at) & 0x7f_ff_ff_ff) === stream;

/** Writes the head of a frame, and answers where its payload begins. */
export function writeHead(
  bytes: Buffer,
  at: number,
  { type, flags, stream, length }: { type: number; flags: number; stream: number; length: number },
): number {
  bytes.writeUIntBE(length, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  return bytes.writeUInt32BE(stream, at + 5);
}
