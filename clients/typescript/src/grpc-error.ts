// Reads the google.rpc.Status in the trailers of a failed gRPC call.
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import { type ServiceError, status } from "@grpc/grpc-js";
import { type Reason, TesseraError } from "./error.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "./gen/google/rpc/status_pb.ts";

/** What the channel itself says where the service did not get to speak. */
const channelReasons: Partial<Record<status, Reason>> = {
  [status.CANCELLED]: "CANCELLED",
  [status.DEADLINE_EXCEEDED]: "DEADLINE_EXCEEDED",
  [status.RESOURCE_EXHAUSTED]: "RATE_LIMITED",
  [status.UNAVAILABLE]: "UNREACHABLE",
  [status.UNIMPLEMENTED]: "UNIMPLEMENTED",
};

export function errorOfGrpc(error: ServiceError | null): TesseraError {
  if (!error) return new TesseraError("INTERNAL", "the answer was empty");
  const details = detailsOf(error);
  const info = find(details, ErrorInfoSchema);
  if (info?.domain !== "tessera") {
    return new TesseraError(channelReasons[error.code] ?? "INTERNAL", error.details, { cause: error });
  }
  const violations = find(details, BadRequestSchema)?.fieldViolations ?? [];
  const delay = find(details, RetryInfoSchema)?.retryDelay;
  return new TesseraError(info.reason, error.details, {
    violations: violations.map(({ field, description, reason }) => ({ field, description, rule: reason })),
    retryAfterMs: delay && durationMs(delay),
  });
}

/** None where the trailer is missing or is not what it should be: a proxy may have written it. */
function detailsOf({ metadata }: ServiceError): Any[] {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Uint8Array)) return [];
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    return [];
  }
}

function find<Schema extends DescMessage>(details: readonly Any[], schema: Schema): MessageShape<Schema> | undefined {
  const found = details.find(({ typeUrl }) => typeUrl.endsWith(`/${schema.typeName}`));
  try {
    return found && anyUnpack(found, schema);
  } catch {
    return undefined;
  }
}
