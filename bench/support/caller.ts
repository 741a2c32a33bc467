// A gRPC client over one connection that stays open, with HTTP Basic.
import { readFileSync } from "node:fs";
import {
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { managementContract } from "../../src/resources/contract.ts";
import type { Credential } from "./instance.ts";

/** Calls a method by its service and name, such as "user.getUser". Rejects with the error of the call. */
export type Caller = {
  call(method: string, request: JsonObject): Promise<Answer>;
  close(): void;
};

/** A message by its field names. */
export type Answer = Readonly<Record<string, unknown>>;

export function createCaller(address: string, { clientId, secret }: Credential): Caller {
  const raw = createRawCaller({ address, authorization: basic({ clientId, secret }) });
  return {
    async call(name, request) {
      const method = methodNamed(name);
      const answer = await raw.send(pathOf(method), toBinary(method.input, fromJson(method.input, request)));
      return fromBinary(method.output, answer);
    },
    close: raw.close,
  };
}

/** The Authorization header of an application. */
export const basic = ({ clientId, secret }: Credential): string =>
  `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;

/** Of a call: `/tessera.auth.v1.AuthService/Introspect`. */
export const pathOf = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`;

/** Messages as bytes, in both directions. Rejects with the error of the call. */
export type RawCaller = {
  send(path: string, request: Uint8Array): Promise<Uint8Array>;
  close(): void;
};

/** `caFile` makes it TLS, to a server whose certificate is that of localhost. */
export function createRawCaller(to: { address: string; authorization: string; caFile?: string }): RawCaller {
  const { address, authorization, caFile } = to;
  const client =
    caFile === undefined
      ? new Client(address, credentials.createInsecure())
      : new Client(address, credentials.createSsl(readFileSync(caFile)), {
          "grpc.ssl_target_name_override": "localhost",
        });
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  return {
    send(path, request) {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      client.makeUnaryRequest(
        path,
        asBuffer,
        (bytes: Buffer) => bytes,
        request,
        metadata,
        (error, answer) => (error ? reject(error) : resolve(answer ?? new Uint8Array())),
      );
      return promise;
    },
    close: () => client.close(),
  };
}

const services: Readonly<Record<string, DescService>> = managementContract;

function methodNamed(name: string): DescMethodUnary {
  const [service = "", local = ""] = name.split(".");
  const method = services[service]?.method[local];
  if (!isUnary(method)) throw new Error(`there is no method ${name}`);
  return method;
}

const isUnary = (method: DescMethod | undefined): method is DescMethodUnary => method?.methodKind === "unary";
