// A unary gRPC call on its HTTP/2 stream (PROTOCOL-HTTP2 of gRPC): one framed message in, one out, a status at the end.
// It knows nothing of methods or messages. grpc-js serves every other kind of call.
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import { type Cancel, createCancel } from "../cancel.ts";
import { Failure } from "../failure.ts";
import { type Body, collectBody, messageOf, tooLarge } from "./grpc-message.ts";

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

/** What belongs to the call of a stream until that closes: Node keeps a closed stream for a long time after. */
const carried = Symbol("carried");
type Carrier<From> = ServerHttp2Stream & { [carried]?: Request<From> | undefined };

type Request<From> = Pick<Unary<From>, "headers" | "from" | "timeoutMs"> & {
  handler: UnaryHandler<From>;
  body: Body;
  since: number;
  overdue: NodeJS.Timeout;
  /** Once the request is whole. */
  cancel?: Cancel;
};

/** Serves the streams of one door. Its listeners are the same for all of them, and hold none. */
export function unaryServer<From>(): ServeUnary<From> {
  let held = 0;

  function onData(this: Carrier<From>, part: Buffer): void {
    const body = this[carried]?.body;
    // What comes after a refusal is read past.
    if (body === undefined || this.headersSent) return;
    held += part.length;
    if (!body.add(part)) end(this, plainStatus(status.RESOURCE_EXHAUSTED, tooLarge));
    else if (held > mostHeld) end(this, plainStatus(status.RESOURCE_EXHAUSTED, "too much is under way"));
  }

  function onEnd(this: Carrier<From>): void {
    const request = this[carried];
    clearTimeout(request?.overdue);
    if (request !== undefined && !this.headersSent && !this.closed) run(this, request);
  }

  function onClose(this: Carrier<From>): void {
    const request = this[carried];
    if (request === undefined) return;
    this[carried] = undefined;
    clearTimeout(request.overdue);
    held -= request.body.length();
    if (!this.headersSent) request.cancel?.abort(new Failure("cancelled", "the caller has left"));
  }

  return (stream: Carrier<From>, headers, { handler, from }) => {
    stream.on("error", ignore);
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
    const overdue = setTimeout(endOverdue, Math.min(timeoutMs ?? bodyMs, bodyMs), stream);
    const since = performance.now();
    stream[carried] = { headers, from, timeoutMs, handler, body: collectBody(), since, overdue };
    stream.on("close", onClose);
    stream.on("end", onEnd);
    stream.on("wantTrailers", sendSucceeded);
    stream.on("data", onData);
  };
}

/** Whatever goes wrong with a stream also closes it. */
const ignore = () => {};

const endOverdue = (stream: ServerHttp2Stream) =>
  end(stream, plainStatus(status.DEADLINE_EXCEEDED, "the request did not come in time"));

function run<From>(stream: ServerHttp2Stream, request: Request<From>): void {
  const { headers, from, body, since, handler } = request;
  const cancel = createCancel();
  request.cancel = cancel;
  const timeoutMs = request.timeoutMs && request.timeoutMs - (performance.now() - since);
  const message = () => messageOf(body.bytes(), headers["grpc-encoding"]);
  handler
    .answer({ headers, from, timeoutMs, cancel, message })
    .then(
      (answer) => reply(stream, answer),
      (thrown: unknown) => end(stream, handler.refuse(thrown)),
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

function sendSucceeded(this: ServerHttp2Stream): void {
  this.sendTrailers(succeeded);
}

/** `message` has its prefix. */
function reply(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.closed || stream.headersSent) return;
  stream.respond(responseHeaders, { waitForTrailers: true });
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
