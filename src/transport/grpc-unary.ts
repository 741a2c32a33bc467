// A gRPC call of one message in and one out, with a status at its end.
import { answerFields, refusal, statusOfThrown, succeeded } from "./grpc-status.ts";
import type { GrpcCall, RequestHandler } from "./grpc-request.ts";
import { sendData, sendFields, sendTrailers } from "./http2/answers.ts";
import { resetStream } from "./http2/closing.ts";
import { errorCodes } from "./http2/frames.ts";
import type { Stream } from "./http2/state.ts";

/** Answers a message, framed. Whatever is thrown becomes the status. */
export type UnaryHandler<From> = Pick<RequestHandler<From>, "refuseAtOnce"> & {
  answer(call: GrpcCall<From>): Promise<Buffer>;
};

export const unary = <From>({ answer, ...rest }: UnaryHandler<From>): RequestHandler<From> => ({
  ...rest,
  run(stream, call) {
    answer(call)
      .then(
        (message) => reply(stream, message),
        (thrown: unknown) => sendTrailers(stream, refusal(statusOfThrown(thrown))),
      )
      // A defect in what is above costs the call and not the process.
      .catch(() => resetStream(stream.connection, { stream: stream.id, code: errorCodes.internalError }));
    return undefined;
  },
});

/** `message` has its prefix. */
function reply(stream: Stream, message: Buffer): void {
  sendFields(stream, answerFields);
  sendData(stream, message);
  sendTrailers(stream, succeeded);
}
