// The gRPC client: promise methods made from the descriptor, in the same JSON shapes as the tRPC door.
import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { type ChannelCredentials, type ChannelOptions, Client, credentials, Metadata } from "@grpc/grpc-js";
import { authorizationOf, type Credential } from "./credential.ts";
import { TesseraError } from "./error.ts";
import { AuthService } from "./gen/tessera/auth/v1/auth_pb.ts";
import { errorOfGrpc } from "./grpc-error.ts";
import { type AnswerOf, isQuery, type MethodsOf, type RequestOf } from "./router.ts";

export type GrpcOptions = Credential & {
  /** Such as "auth.internal:50051". */
  address: string;
  /** Default: TLS with the system's roots. ChannelCredentials.createInsecure() sends the secret in the clear. */
  credentials?: ChannelCredentials;
  /** Of every call that names none. Default: 10,000. */
  deadlineMs?: number;
  channel?: ChannelOptions;
};

export type GrpcCallOptions = { deadlineMs?: number; signal?: AbortSignal };

type Auth = MethodsOf<typeof AuthService>;

/** Every method of AuthService. Rejects with TesseraError. */
export type GrpcClient = {
  [Name in keyof Auth]: (request: RequestOf<Auth[Name]>, options?: GrpcCallOptions) => Promise<AnswerOf<Auth[Name]>>;
} & { close(): void };

export function createGrpcClient(options: GrpcOptions): GrpcClient {
  const client = new Client(options.address, options.credentials ?? credentials.createSsl(), options.channel ?? {});
  const methods = AuthService.methods.map((method) => [method.localName, methodOf(method, client, options)]);
  return { ...Object.fromEntries(methods), close: () => client.close() } as GrpcClient;
}

function methodOf(method: DescMethod, client: Client, options: GrpcOptions) {
  const path = `/${method.parent.typeName}/${method.name}`;
  // As at the tRPC door: introspection answers only what is so (RFC 7662 section 2.2), the others write defaults out.
  const alwaysEmitImplicit = !isQuery(method.localName);
  return async (request: object, { deadlineMs = options.deadlineMs ?? 10_000, signal }: GrpcCallOptions = {}) => {
    const message = messageOf(method.input, request);
    const metadata = new Metadata();
    metadata.set("authorization", await authorizationOf(options));
    if (signal?.aborted) throw new TesseraError("CANCELLED", "the call was cancelled");
    const deadline = Date.now() + deadlineMs;
    return new Promise<unknown>((resolve, reject) => {
      const call = client.makeUnaryRequest(
        path,
        (given: Message) => Buffer.from(toBinary(method.input, given)),
        (bytes) => fromBinary(method.output, bytes),
        message,
        metadata,
        { deadline },
        (error, answer) => {
          signal?.removeEventListener("abort", cancel);
          if (error || !answer) return reject(errorOfGrpc(error));
          resolve(toJson(method.output, answer, { alwaysEmitImplicit }));
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  };
}

function messageOf(schema: DescMessage, request: object): Message {
  try {
    return fromJson(schema, request as Parameters<typeof fromJson>[1]);
  } catch {
    // The reader's own error quotes the value, which may be a token.
    throw new TesseraError("INVALID_REQUEST", `the request is no ${schema.name}`);
  }
}
