// A unary gRPC call on its HTTP/2 stream (PROTOCOL-HTTP2 of gRPC): one framed message in, one out, a status at the end.
// It knows nothing of methods or messages. grpc-js serves every other kind of call.
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import { type Cancel, createCancel } from "../cancel.ts";
import { Failure } from "../failure.ts";
import { collectBody, messageOf, tooLarge } from "./grpc-message.ts";

/** `From` is whatever the door knows of who is at the other end. */
export type Unary<From> = {
  headers: IncomingHttpHeaders;
  from: From;
  /** Milliseconds left of what the caller gave it; undefined for as long as it takes. */
  timeoutMs: number | undefined;
  /** Told when the caller leaves. */
  cancel: Cancel;
  /** The message, decompressed where it has to be. Throws Failure. */
  message(): Buffer;
};

/** What is sent after the answer, or instead of it: `grpc-status` and what belongs to it. */
export type Trailers = OutgoingHttpHeaders;

/** Answers a message, framed. `refuse` makes the trailers of whatever is thrown. */
export type UnaryHandler<From> = {
  answer(call: Unary<From>): Promise<Buffer>;
  refuse(thrown: unknown): Trailers;
  /** What a call is told whose request is not even read, where there is too much to do. */
  refuseAtOnce(): Trailers | undefined;
};

/** Milliseconds from the headers of a request to its last byte, and for what is still sent after a refusal. */
const bodyMs = 10_000;
const pastMs = 1_000;
/** Bytes of all requests that are under way. */
const mostHeld = 64 * 2 ** 20;

export type ServeUnary<From> = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  by: { handler: UnaryHandler<From>; from: From },
) => void;

/** Serves the streams of one door. */
export function unaryServer<From>(): ServeUnary<From> {
  let held = 0;
  return (stream, headers, { handler, from }) => {
    stream.on("error", ignore);
    stream.once("close", letGo);
    if (!/^application\/grpc(?:$|[+;])/.test(headers["content-type"] ?? "")) {
      if (!stream.closed) stream.respond({ ":status": 415 }, { endStream: true });
      return readNoMore(stream);
    }
    const busy = handler.refuseAtOnce();
    if (busy !== undefined) {
      // Read past, so that the stream ends.
      stream.resume();
      return end(stream, busy);
    }
    const timeoutMs = timeoutOf(headers["grpc-timeout"]);
    if (timeoutMs === "malformed") return end(stream, plainStatus(status.INTERNAL, "the timeout is malformed"));
    const since = performance.now();
    const late = () => end(stream, plainStatus(status.DEADLINE_EXCEEDED, "the request did not come in time"));
    const overdue = setTimeout(late, Math.min(timeoutMs ?? bodyMs, bodyMs));
    const body = collectBody();
    stream.on("data", (part: Buffer) => {
      // What comes after a refusal is read past.
      if (stream.headersSent) return;
      held += part.length;
      if (!body.add(part)) end(stream, plainStatus(status.RESOURCE_EXHAUSTED, tooLarge));
      else if (held > mostHeld) end(stream, plainStatus(status.RESOURCE_EXHAUSTED, "too much is under way"));
    });
    stream.once("close", () => {
      clearTimeout(overdue);
      held -= body.length();
    });
    stream.once("end", () => {
      clearTimeout(overdue);
      if (stream.headersSent || stream.closed) return;
      const left = timeoutMs && timeoutMs - (performance.now() - since);
      const message = () => messageOf(body.bytes(), headers["grpc-encoding"]);
      run(stream, { headers, from, timeoutMs: left, message }, handler);
    });
  };
}

/** Whatever goes wrong with a stream also closes it. */
const ignore = () => {};

/** Node keeps a closed stream until the next full collection of garbage, and what its listeners hold with it. */
function letGo(this: ServerHttp2Stream): void {
  this.removeAllListeners();
  this.on("error", ignore);
}

function run<From>(
  stream: ServerHttp2Stream,
  call: Omit<Unary<From>, "cancel">,
  { answer, refuse }: UnaryHandler<From>,
): void {
  const cancel = createCancel();
  stream.once("close", () => {
    if (!stream.headersSent) cancel.abort(new Failure("cancelled", "the caller has left"));
  });
  answer({ ...call, cancel })
    .then(
      (message) => reply(stream, message),
      (thrown: unknown) => end(stream, refuse(thrown)),
    )
    // A defect in what is above costs the call and not the process.
    .catch(() => stream.close());
}

const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

function timeoutOf(header: string | string[] | undefined): number | undefined | "malformed" {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  return digits === undefined ? "malformed" : Number(digits) * unitMs[unit as keyof typeof unitMs];
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
  readNoMore(stream);
}

/** Nobody has to send the rest of a request that was refused (RFC 9113 section 8.1); said at once, it would overtake that. */
function readNoMore(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  const cut = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), pastMs);
  stream.once("close", () => clearTimeout(cut));
}

/** `details` travels in percent-encoding. */
export function plainStatus(code: status, details: string): Trailers {
  return { "grpc-status": String(code), "grpc-message": encodeURI(details.toWellFormed()) };
}
