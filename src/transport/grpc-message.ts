// Messages as gRPC frames them: a flag, a length, and the bytes, which may be compressed.
import { gunzipSync, inflateSync } from "node:zlib";
import { Failure } from "../failure.ts";
import { largestRequest } from "./limits.ts";

export const prefixBytes = 5;
/** What is said of it, wherever it is found. */
export const tooLarge = "the request is too large";

const nothing: Buffer = Buffer.alloc(0);

export type Body = ReturnType<typeof collectBody>;

/** Most bodies are one part, and stay it; of others the bytes are kept and not the parts, however many there are. */
export function collectBody() {
  let bytes = nothing;
  let length = 0;
  let isLate = false;
  return {
    /** The rest comes later than what is here, if anything is. A part keeps all of the read it came with: now copies do. */
    wait() {
      isLate = true;
      bytes = Buffer.from(bytes);
    },
    /** False once it is, or says it will be, larger than a request may be. */
    add(part: Buffer): boolean {
      if (length === 0) bytes = isLate ? Buffer.from(part) : part;
      else {
        const needed = length + part.length;
        if (needed > bytes.length) bytes = Buffer.concat([bytes.subarray(0, length)], roomFor(bytes, length, needed));
        part.copy(bytes, length);
      }
      length += part.length;
      return length < prefixBytes
        ? true
        : bytes.readUInt32BE(1) <= largestRequest && length <= prefixBytes + largestRequest;
    },
    bytes: () => (length === bytes.length ? bytes : bytes.subarray(0, length)),
    /** Once the message is read: the call that it begins may take long. The length stays. */
    letGo() {
      bytes = nothing;
    },
    length: () => length,
  };
}

/** Of the first message, with its prefix; endless until that has come. */
export const sizeOf = (bytes: Buffer): number =>
  bytes.length < prefixBytes ? Number.POSITIVE_INFINITY : prefixBytes + bytes.readUInt32BE(1);

/** Twice what has come, or what the message says it will have where that is less. So none is copied too often. */
function roomFor(bytes: Buffer, length: number, needed: number): number {
  const said = sizeOf(bytes.subarray(0, length));
  return Math.max(needed, needed <= said ? Math.min(said, 2 * length) : 2 * length);
}

/** Exactly one message, whole, in the encoding that was named; `most` is what it may have, in bytes, also when it
 * is unfolded. */
export function messageOf(bytes: Buffer, encoding: string | undefined, most = largestRequest): Buffer {
  if (bytes.length !== sizeOf(bytes)) throw new Failure("invalid", "a request has one message, and all of it");
  const message = bytes.subarray(prefixBytes);
  if (message.length > most) throw new Failure("exhausted", tooLarge);
  const [flag] = bytes;
  if (flag === 0) return message;
  if (flag !== 1 || encoding === undefined || encoding === "identity")
    throw new Failure("invalid", "the message is compressed, and nothing says how");
  return decompressed(message, encoding, most);
}

const decompressors = new Map([
  ["gzip", gunzipSync],
  ["deflate", inflateSync],
]);

/** At once: what comes out is as limited as what comes in. */
function decompressed(message: Buffer, encoding: string, most: number): Buffer {
  const decompress = decompressors.get(encoding);
  if (decompress === undefined) throw new Failure("unimplemented", "the encoding is not known");
  try {
    return decompress(message, { maxOutputLength: most });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new Failure("exhausted", tooLarge);
    throw new Failure("invalid", "the message cannot be decompressed");
  }
}

/** A message as it travels: uncompressed, its length before it. `lasting` keeps none of Node's pool alive with it. */
export function framed(message: Uint8Array, { lasting = false } = {}): Buffer {
  const size = prefixBytes + message.length;
  const bytes = lasting ? Buffer.allocUnsafeSlow(size) : Buffer.allocUnsafe(size);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, prefixBytes);
  return bytes;
}

export const unframed = (bytes: Buffer): Buffer => bytes.subarray(prefixBytes);
