// A gRPC client over one connection that stays open, with HTTP Basic.
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
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`);
  return {
    call: (name, request) => {
      const method = methodNamed(name);
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: Uint8Array) => Buffer.from(message),
        (bytes: Buffer) => fromBinary(method.output, bytes) as unknown as Answer,
        toBinary(method.input, fromJson(method.input, request)),
        metadata,
        (error, answer) => (error ? reject(error) : resolve(answer ?? {})),
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
