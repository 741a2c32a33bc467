// The standard health service (grpc.health.v1): what load balancers and orchestrators ask before they send calls.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { framed } from "./grpc-message.ts";
import type { GrpcCall } from "./grpc-request.ts";
import type { Outgoing, ServerStreaming } from "./grpc-streaming.ts";
import type { UnaryHandler } from "./grpc-unary.ts";

export type Health = {
  check: UnaryHandler<unknown>;
  watch: ServerStreaming<unknown>;
  /** From now on NOT_SERVING. Whoever watches is told so and let go, or no shutdown would ever end. */
  stop(): void;
};

/** Of these services, and by the empty name of the server as a whole. */
export function createHealth(services: readonly string[]): Health {
  const known = new Set(["", ...services]);
  const watchers = new Set<Outgoing>();
  let status: Status = Status.SERVING;
  return {
    check: {
      async answer(call) {
        if (!known.has(serviceOf(call))) throw new Failure("notFound", "there is no such service");
        return framed(encode(status));
      },
    },
    watch(call, outgoing) {
      outgoing.send(encode(known.has(serviceOf(call)) ? status : Status.SERVICE_UNKNOWN));
      watchers.add(outgoing);
      if (status === Status.NOT_SERVING) outgoing.end();
      return () => watchers.delete(outgoing);
    },
    stop() {
      status = Status.NOT_SERVING;
      for (const outgoing of watchers) {
        outgoing.send(encode(status));
        outgoing.end();
      }
      watchers.clear();
    },
  };
}

/** Bytes of a request; a name has no more, and who asks is nobody's caller whom a limit would hold. */
const largestHealthRequest = 1024;

/** Throws Failure. */
function serviceOf({ message }: GrpcCall<unknown>): string {
  const bytes = message(largestHealthRequest);
  try {
    return fromBinary(HealthCheckRequestSchema, bytes).service;
  } catch (cause) {
    throw new Failure("invalid", "the request is malformed", { cause });
  }
}

const encode = (status: Status): Uint8Array =>
  toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
