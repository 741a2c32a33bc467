// A unary gRPC call on its HTTP/2 stream (PROTOCOL-HTTP2 of gRPC): one framed message in, one out, a status at the end.
// It knows nothing of methods or messages.
import { type Cancel, createCancel } from "../cancel.ts";
import { Failure } from "../failure.ts";
import { type Body, collectBody, messageOf, tooLarge } from "./grpc-message.ts";
import { answerFields, codes, type Fields, refusal, statusOf, succeeded } from "./grpc-status.ts";
import { sendData, sendFields, sendTrailers } from "./http2/answers.ts";
import { resetStream } from "./http2/closing.ts";
import { type Field, valueOf } from "./http2/fields.ts";
import { errorCodes } from "./http2/frames.ts";
import type { Stream, StreamListener } from "./http2/state.ts";

/** `From` is whatever the door knows of who is at the other end. */
export type Unary<From> = {
  fields: readonly Field[];
  from: From;
  /** Milliseconds left of what the caller gave it; undefined for as long as it takes. */
  timeoutMs: number | undefined;
  /** Told when the caller leaves. */
  cancel: Cancel;
  /** The message, decompressed where it has to be. Throws Failure. */
  message(): Buffer;
};

/** Answers a message, framed. `refuse` makes the status of whatever is thrown. */
export type UnaryHandler<From> = {
  answer(call: Unary<From>): Promise<Buffer>;
  refuse(thrown: unknown): Fields;
  /** What a call is told, encoded, whose request is not even read, where there is too much to do. */
  refuseAtOnce(): Buffer | undefined;
};

/** Milliseconds from the fields of a request to its last byte. */
const bodyMs = 10_000;
/** Bytes of all requests that are under way. */
const mostHeld = 64 * 2 ** 20;

export type ServeUnary<From> = (stream: Stream, by: { handler: UnaryHandler<From>; from: From }) => void;

type Request<From> = Pick<Unary<From>, "fields" | "from" | "timeoutMs"> &
  StreamListener & {
    handler: UnaryHandler<From>;
    body: Body;
    since: number;
    overdue: NodeJS.Timeout | undefined;
    /** Once the request is whole. */
    cancel: Cancel | undefined;
  };

/** Serves the streams of one door. */
export function unaryServer<From>(): ServeUnary<From> {
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
    if (!stream.localEnded) this.cancel?.abort(new Failure("cancelled", "the caller has left"));
  }

  return (stream, { handler, from }) => {
    const { fields } = stream;
    const busy = handler.refuseAtOnce();
    if (busy !== undefined) return sendTrailers(stream, busy);
    const timeoutMs = timeoutOf(valueOf(fields, "grpc-timeout"));
    if (timeoutMs === "malformed") return end(stream, statusOf(codes.internal, "the timeout is malformed"));
    const since = performance.now();
    const request: Request<From> = {
      fields,
      from,
      timeoutMs,
      handler,
      since,
      body: collectBody(),
      overdue: undefined,
      cancel: undefined,
      onData,
      onEnd,
      onClose,
    };
    stream.listener = request;
    waitForRest(stream, request);
  };
}

type Timed = Pick<Request<unknown>, "timeoutMs" | "overdue">;

/** Gives requests their time to come. Most come whole, in one read with their fields, and need no timer. */
function createWait() {
  let begun: { stream: Stream; request: Timed }[] = [];
  const look = () => {
    const all = begun;
    begun = [];
    for (const { stream, request } of all) {
      if (stream.closed || stream.remoteEnded || stream.localEnded) continue;
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
  const { fields, from, body, since, handler } = request;
  const cancel = createCancel();
  request.cancel = cancel;
  const timeoutMs = request.timeoutMs && request.timeoutMs - (performance.now() - since);
  const message = () => messageOf(body.bytes(), valueOf(fields, "grpc-encoding"));
  handler
    .answer({ fields, from, timeoutMs, cancel, message })
    .then(
      (answer) => reply(stream, answer),
      (thrown: unknown) => end(stream, handler.refuse(thrown)),
    )
    // A defect in what is above costs the call and not the process.
    .catch(() => resetStream(stream.connection, { stream: stream.id, code: errorCodes.internalError }));
}

/** `message` has its prefix. */
function reply(stream: Stream, message: Buffer): void {
  sendFields(stream, answerFields);
  sendData(stream, message);
  sendTrailers(stream, succeeded);
}

const end = (stream: Stream, status: Fields): void => sendTrailers(stream, refusal(status));

const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

function timeoutOf(value: string | undefined): number | undefined | "malformed" {
  if (value === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  return digits === undefined ? "malformed" : Number(digits) * unitMs[unit as keyof typeof unitMs];
}
