// gRPC reflection, so that tools can list and call the services. Off unless asked for: it tells strangers everything.
import { EventEmitter } from "node:events";
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Failure } from "../failure.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import type { Dialog } from "./grpc-streaming.ts";

/** By path. The package is loaded here, because it brings a second Protobuf runtime. Throws Failure `precondition`. */
export async function createReflection(services: readonly DescService[]): Promise<Map<string, Dialog>> {
  const { ReflectionService } = await import("@grpc/reflection").catch((cause: unknown) => {
    throw new Failure("precondition", "reflection needs the package @grpc/reflection", { cause });
  });
  const files = new Set<DescFile>();
  for (const { file } of [...services, Health]) collect(file, files);
  const fileDescriptorProtos = [...files].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  const format = "Protocol Buffer 3 DescriptorProto";
  const codec = { serialize: () => Buffer.alloc(0), deserialize: () => ({}) };
  const handlers = new Map<string, Dialog>();
  const addService: AddService = (definition, implementation) => {
    for (const [name, method] of Object.entries(definition)) {
      const serve = implementation[name];
      if (serve !== undefined) handlers.set(method.path, adapted(method, serve));
    }
  };
  const reflection = new ReflectionService({ tessera: { format, type: {}, fileDescriptorProtos, ...codec } });
  // All that it asks of a server of grpc-js, for which it was written.
  reflection.addToServer({ addService });
  return handlers;
}

type Coded = { path: string; requestDeserialize(bytes: Buffer): unknown; responseSerialize(message: unknown): Buffer };
type Serve = (call: EventEmitter & { write(message: unknown): void; end(): void }) => void;
type AddService = (definition: Record<string, Coded>, implementation: Record<string, Serve>) => void;

const adapted =
  ({ requestDeserialize, responseSerialize }: Coded, serve: Serve): Dialog =>
  ({ send, end }) => {
    const call = Object.assign(new EventEmitter(), {
      write: (message: unknown) => send(responseSerialize(message)),
      end,
    });
    serve(call);
    return {
      onMessage: (message) => void call.emit("data", requestDeserialize(message)),
      onEnd: () => void call.emit("end"),
    };
  };

function collect(file: DescFile, into: Set<DescFile>): void {
  if (into.has(file)) return;
  into.add(file);
  for (const imported of file.dependencies) collect(imported, into);
}
