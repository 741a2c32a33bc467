// A gRPC call of many messages on its HTTP/2 stream, in either direction: health is watched so, and reflection asked.
import { Failure } from "../failure.ts";
import { largestRequest } from "./limits.ts";
import { framed, messageOf, prefixBytes, tooLarge } from "./grpc-message.ts";
import { answerFields, refusal, statusOfThrown, succeeded } from "./grpc-status.ts";
import { encodeFields } from "./http2/hpack.ts";
import { sendData, sendFields, sendTrailers } from "./http2/answers.ts";
import { valueOf } from "./http2/fields.ts";
import type { Stream } from "./http2/state.ts";

/** What a call may send; after its end nothing is. */
export type Outgoing = { send(message: Uint8Array): void; end(): void };

/** Hears of a call. What `onMessage` throws ends it with that status. */
export type StreamingHandler = (outgoing: Outgoing) => {
  onMessage(message: Buffer): void;
  onEnd?(): void;
  onClose?(): void;
};

const nothing: Buffer = Buffer.alloc(0);

export function serveStreaming(stream: Stream, handler: StreamingHandler): void {
  let hasAnswered = false;
  let waiting = nothing;
  const begin = () => {
    if (!hasAnswered) sendFields(stream, answerFields);
    hasAnswered = true;
  };
  const { onMessage, onEnd, onClose } = handler({
    send(message) {
      begin();
      sendData(stream, framed(message));
    },
    end() {
      begin();
      sendTrailers(stream, succeeded);
    },
  });
  const refuse = (thrown: unknown) => {
    const status = statusOfThrown(thrown);
    sendTrailers(stream, hasAnswered ? encodeFields(status) : refusal(status));
  };
  stream.listener = {
    onData(_, part) {
      if (stream.localEnded) return;
      waiting = Buffer.concat([waiting, part]);
      try {
        for (let next = nextMessage(waiting); next !== undefined; next = nextMessage(waiting)) {
          waiting = waiting.subarray(next.length);
          onMessage(messageOf(next, valueOf(stream.fields, "grpc-encoding")));
        }
      } catch (thrown) {
        refuse(thrown);
      }
    },
    onEnd: () => (waiting.length === 0 ? onEnd?.() : refuse(new Failure("invalid", "a message breaks off"))),
    onClose: () => onClose?.(),
  };
}

/** The first message that is whole, with its prefix. Throws Failure `exhausted`. */
function nextMessage(bytes: Buffer): Buffer | undefined {
  if (bytes.length < prefixBytes) return undefined;
  const length = bytes.readUInt32BE(1);
  if (length > largestRequest) throw new Failure("exhausted", tooLarge);
  return bytes.length < prefixBytes + length ? undefined : bytes.subarray(0, prefixBytes + length);
}
