// A gRPC call of one request on its HTTP/2 stream (PROTOCOL-HTTP2 of gRPC): it is collected within limits of time and size,
// and handed on whole. It knows nothing of methods or messages.
import { type Cancel, createCancel } from "../cancel.ts";
import { Failure } from "../failure.ts";
import { type Body, collectBody, messageOf, tooLarge } from "./grpc-message.ts";
import { codes, type Fields, refusal, statusOf } from "./grpc-status.ts";
import { sendTrailers } from "./http2/answers.ts";
import { type Field, valueOf } from "./http2/fields.ts";
import type { Stream, StreamListener } from "./http2/state.ts";

/** `From` is whatever the door knows of who is at the other end. */
export type GrpcCall<From> = {
  fields: readonly Field[];
  from: From;
  /** Milliseconds left of what the caller gave it; undefined for as long as it takes. */
  timeoutMs: number | undefined;
  /** Told when the caller leaves. */
  cancel: Cancel;
  /** The message, decompressed where it has to be, to so many bytes at most; it can be read once. Throws Failure. */
  message(most?: number): Buffer;
};

export type Done = () => void;

export type RequestHandler<From> = {
  /** Answers on the stream. What it returns is called when that is closed. May not throw. */
  run(stream: Stream, call: GrpcCall<From>): Done | undefined;
  /** What a call is told, encoded, whose request is not even read, where there is too much to do. */
  refuseAtOnce?(): Buffer | undefined;
};

/** Milliseconds from the fields of a request to its last byte. */
const bodyMs = 10_000;
/** Bytes of all requests that are under way. */
const mostBytes = 64 * 2 ** 20;

export type ServeRequest<From> = (stream: Stream, by: { handler: RequestHandler<From>; from: From }) => void;

type Request<From> = Pick<GrpcCall<From>, "from" | "timeoutMs"> &
  StreamListener & {
    handler: RequestHandler<From>;
    body: Body;
    since: number;
    overdue: NodeJS.Timeout | undefined;
    /** Once the request is whole. */
    cancel: Cancel | undefined;
    done: Done | undefined;
  };

/** Serves the streams of one door, whose requests together have `mostHeld` bytes at most. */
export function requestServer<From>({ mostHeld = mostBytes } = {}): ServeRequest<From> {
  const waitForRest = createWait();
  let held = 0;

  function onData(this: Request<From>, stream: Stream, part: Buffer): void {
    // What comes after a refusal is read past.
    if (stream.localEnded) return;
    held += part.length;
    if (!this.body.add(part)) end(stream, statusOf(codes.resourceExhausted, tooLarge));
    else if (held > mostHeld) end(stream, statusOf(codes.resourceExhausted, "too much is under way"));
  }

  function onEnd(this: Request<From>, stream: Stream): void {
    clearTimeout(this.overdue);
    run(stream, this);
  }

  function onClose(this: Request<From>, stream: Stream): void {
    clearTimeout(this.overdue);
    held -= this.body.length();
    this.done?.();
    if (!stream.localEnded) this.cancel?.abort(new Failure("cancelled", "the caller has left"));
  }

  return (stream, { handler, from }) => {
    const busy = handler.refuseAtOnce?.();
    if (busy !== undefined) return sendTrailers(stream, busy);
    const timeoutMs = timeoutOf(valueOf(stream.fields, "grpc-timeout"));
    if (timeoutMs === "malformed") return end(stream, statusOf(codes.internal, "the timeout is malformed"));
    const since = performance.now();
    const request: Request<From> = {
      from,
      timeoutMs,
      handler,
      since,
      body: collectBody(),
      overdue: undefined,
      cancel: undefined,
      done: undefined,
      onData,
      onEnd,
      onClose,
    };
    stream.listener = request;
    waitForRest(stream, request);
  };
}

type Timed = Pick<Request<unknown>, "timeoutMs" | "overdue" | "body">;

/** Gives requests their time to come. Most come whole, in one read with their fields, and need none. */
function createWait() {
  let begun: { stream: Stream; request: Timed }[] = [];
  const look = () => {
    const all = begun;
    begun = [];
    for (const { stream, request } of all) {
      if (stream.closed || stream.remoteEnded || stream.localEnded) continue;
      request.body.wait();
      request.overdue = setTimeout(endOverdue, Math.min(request.timeoutMs ?? bodyMs, bodyMs), stream);
    }
  };
  return (stream: Stream, request: Timed) => {
    if (begun.length === 0) queueMicrotask(look);
    begun.push({ stream, request });
  };
}

const endOverdue = (stream: Stream) =>
  end(stream, statusOf(codes.deadlineExceeded, "the request did not come in time"));

function run<From>(stream: Stream, request: Request<From>): void {
  const { fields } = stream;
  const { from, body, since, handler } = request;
  const cancel = createCancel();
  request.cancel = cancel;
  const timeoutMs = request.timeoutMs && request.timeoutMs - (performance.now() - since);
  const message = (most?: number) => {
    const bytes = body.bytes();
    body.letGo();
    return messageOf(bytes, valueOf(fields, "grpc-encoding"), most);
  };
  const done = handler.run(stream, { fields, from, timeoutMs, cancel, message });
  if (stream.closed) done?.();
  else request.done = done;
}

const end = (stream: Stream, status: Fields): void => sendTrailers(stream, refusal(status));

const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

function timeoutOf(value: string | undefined): number | undefined | "malformed" {
  if (value === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  return digits === undefined ? "malformed" : Number(digits) * unitMs[unit as keyof typeof unitMs];
}
