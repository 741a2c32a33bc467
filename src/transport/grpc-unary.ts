// A unary gRPC call on its HTTP/2 stream (PROTOCOL-HTTP2 of gRPC): one framed message in, one out, a status at the end.
// It knows nothing of methods or messages. grpc-js serves every other kind of call.
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { gunzipSync, inflateSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { Failure } from "../failure.ts";
import { largestRequest } from "./limits.ts";

export type Unary = {
  headers: IncomingHttpHeaders;
  /** Milliseconds that the caller gives it; undefined for as long as it takes. */
  timeoutMs: number | undefined;
  /** Aborted when the caller leaves. */
  cancel: AbortController;
  message: Buffer;
};

/** What is sent after the answer, or instead of it: `grpc-status` and what belongs to it. */
export type Trailers = OutgoingHttpHeaders;

/** Answers a message, framed. `refuse` makes the trailers of whatever is thrown. */
export type UnaryHandler = { answer(call: Unary): Promise<Buffer>; refuse(thrown: unknown): Trailers };

export function serveUnary(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, handler: UnaryHandler): void {
  // Whatever goes wrong with a stream also closes it.
  stream.on("error", () => {});
  if (!headers["content-type"]?.startsWith("application/grpc")) {
    stream.respond({ ":status": 415 }, { endStream: true });
    return;
  }
  const received: Buffer[] = [];
  let size = 0;
  stream.on("data", (part: Buffer) => {
    if (stream.headersSent) return;
    received.push(part);
    size += part.length;
    // Said as soon as it is known; what still comes is read past.
    if (size > prefixBytes + largestRequest) end(stream, tooLarge.trailers);
  });
  stream.once("end", () => {
    if (!stream.headersSent && !stream.closed) run(stream, headers, received, handler);
  });
}

function run(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  received: readonly Buffer[],
  { answer, refuse }: UnaryHandler,
): void {
  const cancel = new AbortController();
  stream.once("close", () => {
    if (!stream.headersSent) cancel.abort(new Failure("cancelled", "the caller has left"));
  });
  const answered = async () => {
    const timeoutMs = timeoutOf(headers["grpc-timeout"]);
    return answer({ headers, timeoutMs, cancel, message: messageOf(received, headers["grpc-encoding"]) });
  };
  answered().then(
    (message) => reply(stream, message),
    (thrown: unknown) => end(stream, thrown instanceof Malformed ? thrown.trailers : refuse(thrown)),
  );
}

/** A call that is not well-formed gRPC; the status says what is wrong with it. */
class Malformed extends Error {
  trailers: Trailers;
  constructor(code: status, details: string) {
    super(details);
    this.trailers = plainStatus(code, details);
  }
}

const prefixBytes = 5;
const tooLarge = new Malformed(status.RESOURCE_EXHAUSTED, "the request is too large");

/** Exactly one message, whole, in the encoding that was named. */
function messageOf(received: readonly Buffer[], encoding: string | string[] | undefined): Buffer {
  const [first] = received;
  const bytes = first !== undefined && received.length === 1 ? first : Buffer.concat(received);
  if (bytes.length < prefixBytes) throw new Malformed(status.UNIMPLEMENTED, "a request has one message");
  const length = bytes.readUInt32BE(1);
  if (length > largestRequest) throw tooLarge;
  if (bytes.length !== length + prefixBytes) throw new Malformed(status.UNIMPLEMENTED, "a request has one message");
  const message = bytes.subarray(prefixBytes);
  return bytes[0] === 0 ? message : decompressed(message, String(encoding));
}

const decompressors = new Map([
  ["gzip", gunzipSync],
  ["deflate", inflateSync],
]);

/** At once: what comes out is as limited as what comes in. */
function decompressed(message: Buffer, encoding: string): Buffer {
  const decompress = decompressors.get(encoding);
  if (decompress === undefined) throw new Malformed(status.UNIMPLEMENTED, "the encoding is not known");
  try {
    return decompress(message, { maxOutputLength: largestRequest });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooLarge;
    throw new Malformed(status.INTERNAL, "the message cannot be decompressed");
  }
}

const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

function timeoutOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  if (digits === undefined) throw new Malformed(status.INTERNAL, "the timeout is malformed");
  return Number(digits) * unitMs[unit as keyof typeof unitMs];
}

const responseHeaders: OutgoingHttpHeaders = {
  ":status": 200,
  "content-type": "application/grpc+proto",
  "grpc-accept-encoding": "identity,deflate,gzip",
};
const succeeded: Trailers = { "grpc-status": "0" };

/** `message` has its prefix. */
function reply(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.closed || stream.headersSent) return;
  stream.respond(responseHeaders, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(succeeded));
  stream.end(message);
}

function end(stream: ServerHttp2Stream, trailers: Trailers): void {
  if (stream.closed || stream.headersSent) return;
  stream.respond({ ...responseHeaders, ...trailers }, { endStream: true });
}

/** `details` travels in percent-encoding. */
export function plainStatus(code: status, details: string): Trailers {
  return { "grpc-status": String(code), "grpc-message": encodeURI(details) };
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
