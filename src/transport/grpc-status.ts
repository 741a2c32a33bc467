// How a gRPC call ends: statuses, and the fields that carry them (PROTOCOL-HTTP2 of gRPC).
import { asFailure } from "../failure.ts";
import { grpcStatus } from "./errors.ts";
import { encodeFields } from "./http2/hpack.ts";

/** Those that the doors say of themselves (google.rpc.Code). */
export const codes = { ok: 0, deadlineExceeded: 4, resourceExhausted: 8, unimplemented: 12, internal: 13 } as const;

/** Name and value. */
export type Fields = readonly (readonly [name: string, value: string])[];

const answer: Fields = [
  [":status", "200"],
  ["content-type", "application/grpc+proto"],
  ["grpc-accept-encoding", "identity,deflate,gzip"],
];

/** Before the messages of an answer, and after them. */
export const answerFields = encodeFields(answer);
export const succeeded = encodeFields([["grpc-status", String(codes.ok)]]);

/** Instead of an answer: `Trailers-Only`. */
export const refusal = (status: Fields): Buffer => encodeFields([...answer, ...status]);

/** Instead of an answer to what is no gRPC at all. */
export const plainRefusal = (httpStatus: number): Buffer => encodeFields([[":status", String(httpStatus)]]);

/** `message` travels in percent-encoding. */
export const statusOf = (code: number, message: string): Fields => [
  ["grpc-status", String(code)],
  ["grpc-message", encodeURI(message.toWellFormed())],
];

/** Of whatever was thrown. */
export function statusOfThrown(thrown: unknown): Fields {
  const { code, message, details } = grpcStatus(asFailure(thrown));
  return [...statusOf(code, message), ["grpc-status-details-bin", Buffer.from(details).toString("base64")]];
}
