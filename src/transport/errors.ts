// A Failure in the words of each wire. What stands in no field here stays in the process.
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import { TRPCError } from "@trpc/server";
import { type Failure, kinds, type Reason, type Violation } from "../failure.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";

/** `details` is a google.rpc.Status, with ErrorInfo and, where there are any, BadRequest and RetryInfo. */
export type GrpcStatus = { code: number; message: string; details: Uint8Array };

export function grpcStatus({ kind, message, reason, violations, retryAfterMs }: Failure): GrpcStatus {
  const code = kinds[kind].grpc;
  const details = [packed(ErrorInfoSchema, { reason, domain: "tessera" })];
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ rule, ...violation }) => ({ ...violation, reason: rule }));
    details.push(packed(BadRequestSchema, { fieldViolations }));
  }
  if (retryAfterMs !== undefined) {
    details.push(packed(RetryInfoSchema, { retryDelay: durationFromMs(Math.ceil(retryAfterMs)) }));
  }
  return { code, message, details: toBinary(StatusSchema, create(StatusSchema, { code, message, details })) };
}

const packed = <D extends DescMessage>(desc: D, init: MessageInitShape<D>) => anyPack(desc, create(desc, init));

export const trpcError = (failure: Failure): TRPCError =>
  new TRPCError({ code: kinds[failure.kind].trpc, message: failure.message, cause: failure });

/** What an error tells over JSON. */
export type ErrorData = {
  reason: Reason;
  httpStatus: number;
  violations: readonly Violation[];
  retry_after_ms: number | null;
};

export const errorData = ({ kind, reason, violations, retryAfterMs }: Failure): ErrorData => ({
  reason,
  httpStatus: kinds[kind].http,
  violations,
  retry_after_ms: retryAfterMs ?? null,
});

/**
 * The headers of a refusal. WWW-Authenticate speaks the scheme that was used; without a credential it names no error
 * (RFC 6750 section 3).
 */
export function refusalHeaders({ kind, reason, retryAfterMs }: Failure, authorization: string | undefined) {
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  const status = kinds[kind].http;
  if (status === 401 && /^basic /i.test(authorization ?? "")) {
    headers["www-authenticate"] = 'Basic realm="tessera", charset="UTF-8"';
  } else if (status === 401 || reason === "INSUFFICIENT_SCOPE") {
    const names = reason === "INVALID_TOKEN" || reason === "INSUFFICIENT_SCOPE";
    headers["www-authenticate"] = `Bearer realm="tessera"${names ? `, error="${reason.toLowerCase()}"` : ""}`;
  }
  return headers;
}
