// The gRPC door: every method of the table, from its descriptor alone, with health and reflection beside them.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Logger } from "pino";
import { type Address, isLoopback } from "../config/address.ts";
import { Failure } from "../failure.ts";
import { decodeBinary } from "../validation.ts";
import { type Offered, uriNames } from "./credentials.ts";
import { type Dispatch, tooMany } from "./dispatch.ts";
import { createHealth } from "./grpc-health.ts";
import { framed, unframed } from "./grpc-message.ts";
import { createReflection } from "./grpc-reflection.ts";
import { codes, plainRefusal, refusal, statusOf, statusOfThrown } from "./grpc-status.ts";
import { type RequestHandler, requestServer } from "./grpc-request.ts";
import { serveDialog, serverStreaming } from "./grpc-streaming.ts";
import { unary, type UnaryHandler } from "./grpc-unary.ts";
import { sendTrailers } from "./http2/answers.ts";
import { leave } from "./http2/closing.ts";
import { serveConnection } from "./http2/connection.ts";
import { type Field, valueOf, valuesOf } from "./http2/fields.ts";
import { keep, keeping } from "./http2/keeping.ts";
import type { Connection, ConnectionOptions, Stream } from "./http2/state.ts";
import { type ListenerLimits, listenerLimits, listenFor } from "./listener.ts";
import { largestRequest, plainAddress } from "./limits.ts";
import type { Method } from "./method.ts";
import { shareStreams } from "./stream-share.ts";
import type { SocketFront } from "./tls.ts";

export type GrpcParts = {
  methods: readonly Method[];
  dispatch: Dispatch;
  front: SocketFront;
  /** TLS, or plaintext by explicit setting. Without either, credentials are taken from this machine only. */
  secure: boolean;
  maxConcurrentStreams: number;
  reflection: boolean;
  log: Logger;
  limits?: ListenerLimits;
};

export type Door = {
  port: number;
  /** Says it is going, finishes what is under way, and after `graceMs` cuts what is left. */
  drain(graceMs: number): Promise<void>;
};

/** Listens at the address. Rejects with the system's error if it is taken. */
export async function startGrpc(parts: GrpcParts, address: Address): Promise<Door> {
  const { front, limits = listenerLimits } = parts;
  const { routes, stopHealth } = await createRoutes(parts);
  const connections = createConnections(parts, routes);
  const listener = await listenFor({ address, limits, front, serve: connections.serve });
  return {
    port: listener.port,
    async drain(graceMs) {
      stopHealth();
      const closed = listener.close();
      connections.leave();
      const cut = setTimeout(listener.destroy, graceMs);
      await closed;
      clearTimeout(cut);
      connections.stop();
    },
  };
}

type Serve = (stream: Stream) => void;

/** Who serves a stream, by its path. */
async function createRoutes(parts: GrpcParts): Promise<{ routes: Map<string, Serve>; stopHealth: () => void }> {
  const services = [...new Set(parts.methods.map(({ desc }) => desc.parent))];
  const health = createHealth(services.map(({ typeName }) => typeName));
  const serveRequest = requestServer<Peer>();
  const routes = new Map<string, Serve>();
  const add = (path: string, handler: RequestHandler<Peer>) =>
    routes.set(path, (stream) => serveRequest(stream, { handler, from: peerOf(stream.connection) }));
  for (const method of parts.methods) add(`/${method.name}`, unary(handlerOf(parts, method)));
  add("/grpc.health.v1.Health/Check", unary(health.check));
  add("/grpc.health.v1.Health/Watch", serverStreaming(health.watch));
  const dialogs = parts.reflection ? await createReflection(services) : [];
  for (const [path, dialog] of dialogs) routes.set(path, (stream) => serveDialog(stream, dialog));
  return { routes, stopHealth: health.stop };
}

/** All connections of the door. */
function createConnections({ dispatch, maxConcurrentStreams, ...parts }: GrpcParts, routes: Map<string, Serve>) {
  const open = new Set<Connection>();
  const share = shareStreams(maxConcurrentStreams, dispatch.underWay);
  const options = (settle: () => void): ConnectionOptions => ({
    onRequest(stream) {
      share.use(stream.connection);
      route(routes, stream);
    },
    onSettled: settle,
    onAcknowledged: share.acknowledged,
    onClosed(connection) {
      open.delete(connection);
      share.close(connection);
    },
    onDefect: (thrown) => parts.log.error({ err: thrown }, "a connection broke"),
    firstStreams: share.first(),
    // All of a request, so that its sender need not be told to go on.
    streamWindow: 2 * largestRequest,
  });
  const look = () => {
    share.look();
    const now = performance.now();
    for (const connection of open) keep(connection, keeping, now);
  };
  const timer = setInterval(look, 1_000).unref();
  return {
    serve(socket: Socket, settle: () => void) {
      const connection = serveConnection(socket, options(settle));
      open.add(connection);
      share.open(connection);
    },
    leave: () => open.forEach(leave),
    stop: () => clearInterval(timer),
  };
}

function route(routes: Map<string, Serve>, stream: Stream): void {
  const { fields } = stream;
  if (valueOf(fields, ":method") !== "POST") return sendTrailers(stream, plainRefusal(405));
  if (!/^application\/grpc(?:$|[+;])/.test(valueOf(fields, "content-type") ?? ""))
    return sendTrailers(stream, plainRefusal(415));
  const serve = routes.get(valueOf(fields, ":path") ?? "");
  if (serve === undefined) return sendTrailers(stream, noMethod);
  serve(stream);
}

const noMethod = refusal(statusOf(codes.unimplemented, "there is no such method"));

/** Messages are decoded in dispatch, where a failure has the same words as at the other doors. */
function handlerOf({ dispatch, secure }: GrpcParts, method: Method): UnaryHandler<Peer> {
  const write = encoderOf(method.desc.output);
  let busy: Buffer | undefined;
  return {
    // Always the same, and made once: refusing must cost little.
    refuseAtOnce: () => (dispatch.turnsAway(method) ? (busy ??= refusal(statusOfThrown(tooMany()))) : undefined),
    answer: ({ fields, from, message, timeoutMs, cancel }) =>
      dispatch({
        method,
        offered: offeredBy(fields, from, secure),
        timeoutMs,
        cancel,
        read: () => {
          refuseBinary(fields);
          return decodeBinary(method.desc.input, message());
        },
        write,
      }),
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

type Peer = Pick<Offered, "certificateUris" | "source"> & { local: boolean };

function offeredBy(fields: readonly Field[], peer: Peer, secure: boolean): Offered {
  const { certificateUris, source, local } = peer;
  return {
    certificateUris,
    source,
    // Two would both be seen, to be refused (RFC 6750 section 2).
    authorization: valuesOf(fields, "authorization"),
    origin: undefined,
    secure: secure || local,
  };
}

/** Who is at the other end of a connection does not change while it lasts. */
const peers = new WeakMap<Connection, Peer>();

function peerOf(connection: Connection): Peer {
  const known = peers.get(connection);
  if (known !== undefined) return known;
  const { socket } = connection;
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
  const source = plainAddress(socket.remoteAddress ?? "");
  const peer = { source, certificateUris: uriNames(certificate?.subjectaltname ?? ""), local: isLoopback(source) };
  peers.set(connection, peer);
  return peer;
}

/** Nothing in the contract is binary metadata. Tracing may pass. */
function refuseBinary(fields: readonly Field[]): void {
  for (const { name } of fields) {
    if (name.endsWith("-bin") && name !== "grpc-trace-bin" && name !== "grpc-tags-bin") {
      throw new Failure("invalid", "binary metadata is not taken");
    }
  }
}
