// gRPC calls with many answers: to one request, as health is watched, or to one after the other, as reflection is asked.
import { Failure } from "../failure.ts";
import { type Body, collectBody, framed, messageOf, sizeOf, tooLarge } from "./grpc-message.ts";
import type { Done, GrpcCall, RequestHandler } from "./grpc-request.ts";
import { answerFields, codes, type Fields, refusal, statusOf, statusOfThrown, succeeded } from "./grpc-status.ts";
import { sendData, sendFields, sendTrailers } from "./http2/answers.ts";
import { valueOf } from "./http2/fields.ts";
import { encodeFields } from "./http2/hpack.ts";
import type { Stream } from "./http2/state.ts";

/** What a call may send; after its end nothing is. */
export type Outgoing = { send(message: Uint8Array): void; end(): void };

/** Answers one request, now and later, until what it returns is called. What it throws ends the call with that status. */
export type ServerStreaming<From> = (call: GrpcCall<From>, outgoing: Outgoing) => Done | undefined;

export const serverStreaming = <From>(serve: ServerStreaming<From>): RequestHandler<From> => ({
  run(stream, call) {
    const { send, end, fail } = answersOf(stream);
    const late = () => fail(statusOf(codes.deadlineExceeded, "the deadline has passed"));
    const timer = call.timeoutMs === undefined ? undefined : setTimeout(late, Math.min(call.timeoutMs, longestTimer));
    try {
      const done = serve(call, { send, end });
      // It may last for hours.
      stream.fields = [];
      return () => {
        clearTimeout(timer);
        done?.();
      };
    } catch (thrown) {
      fail(statusOfThrown(thrown));
      return () => clearTimeout(timer);
    }
  },
});

/** Milliseconds; Node takes more for none. */
const longestTimer = 2 ** 31 - 1;

/** Hears the requests of a call one after the other. What `onMessage` throws ends it with that status. */
export type Dialog = (outgoing: Outgoing) => { onMessage(message: Buffer): void; onEnd(): void };

/** Answers that may wait for a peer to take them. */
const mostUnread = 100;

export function serveDialog(stream: Stream, dialog: Dialog): void {
  const { send, end, fail } = answersOf(stream);
  const { onMessage, onEnd } = dialog({ send, end });
  let body = lateBody();
  const hear = (message: Buffer) => {
    if ((stream.unsent?.length ?? 0) > mostUnread) throw new Failure("exhausted", "answers are not taken");
    onMessage(messageOf(message, valueOf(stream.fields, "grpc-encoding")));
  };
  const take = (part: Buffer) => {
    if (!body.add(part)) throw new Failure("exhausted", tooLarge);
    let bytes = body.bytes();
    if (sizeOf(bytes) > bytes.length) return;
    for (let size = sizeOf(bytes); size <= bytes.length; size = sizeOf(bytes)) {
      hear(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
    }
    body = lateBody();
    if (bytes.length > 0 && !body.add(bytes)) throw new Failure("exhausted", tooLarge);
  };
  stream.listener = {
    onData(_, part) {
      if (stream.localEnded) return;
      try {
        take(part);
      } catch (thrown) {
        fail(statusOfThrown(thrown));
      }
    },
    onEnd: () => (body.length() === 0 ? onEnd() : fail(statusOfThrown(new Failure("invalid", "a message breaks off")))),
    onClose: () => {},
  };
}

/** Copies of what came, so that nothing keeps the reads. */
function lateBody(): Body {
  const body = collectBody();
  body.wait();
  return body;
}

/** The fields go before the first message, or with the status where there is none. */
function answersOf(stream: Stream): Outgoing & { fail(status: Fields): void } {
  let hasBegun = false;
  const begin = () => {
    if (!hasBegun) sendFields(stream, answerFields);
    hasBegun = true;
  };
  return {
    send(message) {
      begin();
      sendData(stream, framed(message));
    },
    end() {
      begin();
      sendTrailers(stream, succeeded);
    },
    fail: (status) => sendTrailers(stream, hasBegun ? encodeFields(status) : refusal(status)),
  };
}
