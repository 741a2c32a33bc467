// The standard health service (grpc.health.v1): what load balancers and orchestrators ask before they send calls.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { Failure } from "../failure.ts";
import {
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { grpcStatus } from "./errors.ts";

export type Health = {
  /** From now on NOT_SERVING. Whoever watches is told so and let go, or no shutdown would ever end. */
  stop(): void;
};

/** Registers Check and Watch for these services, and the empty name for the server as a whole. */
export function serveHealth(server: Server, services: readonly string[]): Health {
  const known = new Set(["", ...services]);
  const watchers = new Set<ServerWritableStream<HealthCheckRequest, Status>>();
  let status: Status = Status.SERVING;

  const check = ({ request }: ServerUnaryCall<HealthCheckRequest, Status>, reply: sendUnaryData<Status>) =>
    known.has(request.service) ? reply(null, status) : reply(grpcStatus(unknownService()));

  const watch = (call: ServerWritableStream<HealthCheckRequest, Status>) => {
    call.write(known.has(call.request.service) ? status : Status.SERVICE_UNKNOWN);
    watchers.add(call);
    call.once("cancelled", () => watchers.delete(call));
  };

  server.register("/grpc.health.v1.Health/Check", check, encode, decode, "unary");
  server.register("/grpc.health.v1.Health/Watch", watch, encode, decode, "serverStream");
  return {
    stop() {
      status = Status.NOT_SERVING;
      for (const call of watchers) {
        call.write(status);
        call.end();
      }
      watchers.clear();
    },
  };
}

const unknownService = () => new Failure("notFound", "there is no such service");

const decode = (bytes: Buffer): HealthCheckRequest => fromBinary(HealthCheckRequestSchema, bytes);

const encode = (status: Status): Buffer =>
  Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status })));
