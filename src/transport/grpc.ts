// The gRPC door: every method of the table, from its descriptor alone.
import { type Message, toBinary } from "@bufbuild/protobuf";
import { type sendUnaryData, Server, type ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { type Address, isLoopback } from "../config/address.ts";
import { asFailure, Failure } from "../failure.ts";
import { type Offered, uriNames } from "./credentials.ts";
import type { Dispatch } from "./dispatch.ts";
import { grpcStatus } from "./errors.ts";
import { serveHealth } from "./grpc-health.ts";
import { serveReflection } from "./grpc-reflection.ts";
import { type Listener, type ListenerLimits, listenerLimits, listenFor } from "./listener.ts";
import { largestRequest, plainAddress } from "./limits.ts";
import type { Method } from "./method.ts";
import { decodeBinary } from "../validation.ts";

export type GrpcParts = {
  methods: readonly Method[];
  dispatch: Dispatch;
  credentials: ServerCredentials;
  /** TLS, or plaintext by explicit setting. Without either, credentials are taken from this machine only. */
  secure: boolean;
  maxConcurrentStreams: number;
  reflection: boolean;
  limits?: ListenerLimits;
};

export type Door = {
  port: number;
  /** Says it is going, finishes what is under way, and after `graceMs` cuts what is left. */
  drain(graceMs: number): Promise<void>;
};

/** Listens at the address. Rejects with the system's error if it is taken. */
export async function startGrpc(parts: GrpcParts, address: Address): Promise<Door> {
  const { methods, maxConcurrentStreams, limits = listenerLimits } = parts;
  const server = new Server(serverOptions(maxConcurrentStreams));
  for (const method of methods) {
    server.register(`/${method.name}`, handler(parts, method), asIs, asIs, "unary");
  }
  const services = [...new Set(methods.map(({ desc }) => desc.parent))];
  const names = services.map(({ typeName }) => typeName);
  const health = serveHealth(server, names);
  if (parts.reflection) await serveReflection(server, services);
  const listener = await listenFor(server, parts.credentials, { address, limits });
  return {
    port: listener.port,
    drain(graceMs) {
      health.stop();
      return shutDown(server, listener, graceMs);
    },
  };
}

/** Messages are decoded in dispatch, where a failure has the same words as at the other doors. */
const asIs = (bytes: Buffer) => bytes;

const serverOptions = (maxConcurrentStreams: number) => ({
  "grpc.max_receive_message_length": largestRequest,
  "grpc.max_concurrent_streams": maxConcurrentStreams,
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_connection_idle_ms": 300_000,
  // Clients come back to another process of a balanced group.
  "grpc.max_connection_age_ms": 1_800_000,
  "grpc.max_connection_age_grace_ms": 30_000,
  "grpc-node.max_session_memory": 32,
  "grpc.enable_channelz": 0,
});

function handler({ dispatch, secure }: GrpcParts, method: Method) {
  return (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
    const cancel = new AbortController();
    const timeoutMs = timeLeft(call);
    const leave = () => cancel.abort(new Failure(timeLeft(call) > 0 ? "cancelled" : "late", "the caller has left"));
    call.once("cancelled", leave);
    dispatch({
      method,
      offered: offeredBy(call, secure),
      timeoutMs,
      cancel,
      read: () => {
        refuseBinary(call);
        return decodeBinary(method.desc.input, call.request);
      },
      write: (answer: Message) => Buffer.from(toBinary(method.desc.output, answer)),
    })
      .finally(() => call.off("cancelled", leave))
      .then((bytes) => reply(null, bytes))
      .catch((thrown: unknown) => reply(grpcStatus(asFailure(thrown))));
  };
}

/** grpc-js has made a wall-clock time of the timeout; only the difference means anything. */
const timeLeft = (call: ServerUnaryCall<Buffer, Buffer>): number => Number(call.getDeadline()) - Date.now();

function offeredBy(call: ServerUnaryCall<Buffer, Buffer>, secure: boolean): Offered {
  // Address and port, joined by a colon in IPv6 as well.
  const peer = call.getPeer();
  const source = plainAddress(peer.slice(0, Math.max(0, peer.lastIndexOf(":"))));
  return {
    authorization: call.metadata.get("authorization").map(String),
    certificateUris: uriNames(call.getAuthContext().sslPeerCertificate?.subjectaltname ?? ""),
    origin: undefined,
    source,
    secure: secure || isLoopback(source),
  };
}

/** Nothing in the contract is binary metadata, and Node decodes junk in it without complaint. Tracing may pass. */
function refuseBinary({ metadata }: ServerUnaryCall<Buffer, Buffer>): void {
  const names = Object.keys(metadata.getMap()).filter((name) => name.endsWith("-bin"));
  if (names.some((name) => name !== "grpc-trace-bin" && name !== "grpc-tags-bin")) {
    throw new Failure("invalid", "binary metadata is not taken");
  }
}

/** Under Node's newer HTTP/2 tryShutdown calls back at once, so the end is read off the connections themselves. */
async function shutDown(server: Server, listener: Listener, graceMs: number): Promise<void> {
  const closed = listener.close();
  server.tryShutdown(() => {});
  const cut = setTimeout(() => {
    server.forceShutdown();
    listener.destroy();
  }, graceMs);
  await closed;
  clearTimeout(cut);
}
