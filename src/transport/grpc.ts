// The gRPC door: every method of the table, from its descriptor alone. Its calls are read off their HTTP/2 streams here
// (grpc-unary.ts); connections, TLS, health and reflection are grpc-js's.
import { TLSSocket } from "node:tls";
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Server, type ServerCredentials } from "@grpc/grpc-js";
import { type Address, isLoopback } from "../config/address.ts";
import { asFailure, Failure } from "../failure.ts";
import { decodeBinary } from "../validation.ts";
import { type Offered, uriNames } from "./credentials.ts";
import { type Dispatch, tooMany } from "./dispatch.ts";
import { grpcStatus } from "./errors.ts";
import { serveHealth } from "./grpc-health.ts";
import { serveReflection } from "./grpc-reflection.ts";
import { framed, unframed } from "./grpc-message.ts";
import { plainStatus, type Trailers, type UnaryHandler, unaryServer } from "./grpc-unary.ts";
import { type Listener, type ListenerLimits, listenerLimits, listenFor } from "./listener.ts";
import { largestRequest, plainAddress } from "./limits.ts";
import type { Method } from "./method.ts";
import { shareStreams, toldAtFirst } from "./stream-share.ts";

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
  const { methods, dispatch, maxConcurrentStreams, limits = listenerLimits } = parts;
  const server = new Server(serverOptions(maxConcurrentStreams));
  const handlers = new Map(methods.map((method) => [`/${method.name}`, handlerOf(parts, method)]));
  const services = [...new Set(methods.map(({ desc }) => desc.parent))];
  const names = services.map(({ typeName }) => typeName);
  const health = serveHealth(server, names);
  if (parts.reflection) await serveReflection(server, services);
  const serveUnary = unaryServer<Peer>();
  const share = shareStreams(maxConcurrentStreams, dispatch.underWay);
  const takeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const handler = handlers.get(headers[":path"] ?? "");
    if (handler === undefined) return false;
    serveUnary(stream, headers, { handler, from: peerOf(stream.session) });
    return true;
  };
  const listener = await listenFor(server, parts.credentials, { address, limits, share, takeStream });
  return {
    port: listener.port,
    drain(graceMs) {
      health.stop();
      return shutDown(server, listener, graceMs);
    },
  };
}

const serverOptions = (maxConcurrentStreams: number) => ({
  "grpc.max_receive_message_length": largestRequest,
  "grpc.max_concurrent_streams": toldAtFirst(maxConcurrentStreams),
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_connection_idle_ms": 300_000,
  // Clients come back to another process of a balanced group.
  "grpc.max_connection_age_ms": 1_800_000,
  "grpc.max_connection_age_grace_ms": 30_000,
  "grpc-node.max_session_memory": 32,
  "grpc.enable_channelz": 0,
});

/** Messages are decoded in dispatch, where a failure has the same words as at the other doors. */
function handlerOf({ dispatch, secure }: GrpcParts, method: Method): UnaryHandler<Peer> {
  const write = encoderOf(method.desc.output);
  let busy: Trailers | undefined;
  return {
    // Always the same, and made once: refusing must cost little.
    refuseAtOnce: () => (dispatch.turnsAway(method) ? (busy ??= refuse(tooMany())) : undefined),
    answer: ({ headers, from, message, timeoutMs, cancel }) =>
      dispatch({
        method,
        offered: offeredBy(headers, from, secure),
        timeoutMs,
        cancel,
        read: () => {
          refuseBinary(headers);
          return decodeBinary(method.desc.input, message());
        },
        write,
      }),
    refuse,
  };
}

/** Bytes of frozen answers are kept for as long as somebody has the answer: it comes again. */
const kept = new WeakMap<Message, Buffer>();

function encoderOf(desc: DescMessage): (answer: Message) => Buffer {
  const bytesOf = listEncoderOf(desc) ?? ((answer) => toBinary(desc, answer));
  return (answer) => {
    const known = kept.get(answer);
    if (known !== undefined) return known;
    const lasting = Object.isFrozen(answer);
    const bytes = framed(bytesOf(answer), { lasting });
    if (lasting) kept.set(answer, bytes);
    return bytes;
  };
}

/** Of an answer that is nothing but a list of messages, such as a batch's: made of their bytes, which may be kept. */
function listEncoderOf({ fields }: DescMessage): ((answer: Message) => Uint8Array) | undefined {
  const [field] = fields;
  const isList = fields.length === 1 && field?.fieldKind === "list" && field.listKind === "message";
  if (!isList || field.delimitedEncoding) return undefined;
  const { number, localName, message } = field;
  const encode = encoderOf(message);
  return (answer) => {
    const writer = new BinaryWriter();
    for (const item of (answer as unknown as Record<string, Message[]>)[localName] ?? [])
      writer.tag(number, WireType.LengthDelimited).bytes(unframed(encode(item)));
    return writer.finish();
  };
}

function refuse(thrown: unknown): Trailers {
  const { code, details, metadata } = grpcStatus(asFailure(thrown));
  return { ...plainStatus(code, details), ...metadata.toHttp2Headers() };
}

type Peer = Pick<Offered, "certificateUris" | "source"> & { local: boolean };

function offeredBy({ authorization }: IncomingHttpHeaders, peer: Peer, secure: boolean): Offered {
  const { certificateUris, source, local } = peer;
  return {
    certificateUris,
    source,
    authorization: authorization === undefined ? [] : [authorization].flat(),
    origin: undefined,
    secure: secure || local,
  };
}

/** Who is at the other end of a connection does not change while it lasts. */
const peers = new WeakMap<Http2Session, Peer>();

function peerOf(session: Http2Session | undefined): Peer {
  if (session === undefined) return { source: "", certificateUris: [], local: false };
  const known = peers.get(session);
  if (known !== undefined) return known;
  const { socket } = session;
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
  const source = plainAddress(socket.remoteAddress ?? "");
  const peer = { source, certificateUris: uriNames(certificate?.subjectaltname ?? ""), local: isLoopback(source) };
  peers.set(session, peer);
  return peer;
}

/** Nothing in the contract is binary metadata, and Node decodes junk in it without complaint. Tracing may pass. */
function refuseBinary(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    if (name.endsWith("-bin") && name !== "grpc-trace-bin" && name !== "grpc-tags-bin") {
      throw new Failure("invalid", "binary metadata is not taken");
    }
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
