// gRPC reflection, so that tools can list and call the services. Off unless asked for: it tells strangers everything.
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { Failure } from "../failure.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";

/** The package is loaded here because it brings a second Protobuf runtime. Throws Failure `precondition` without it. */
export async function serveReflection(server: Server, services: readonly DescService[]): Promise<void> {
  const { ReflectionService } = await import("@grpc/reflection").catch((cause: unknown) => {
    throw new Failure("precondition", "reflection needs the package @grpc/reflection", { cause });
  });
  const files = new Set<DescFile>();
  for (const { file } of [...services, Health]) collect(file, files);
  const fileDescriptorProtos = [...files].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  const format = "Protocol Buffer 3 DescriptorProto";
  const codec = { serialize: () => Buffer.alloc(0), deserialize: () => ({}) };
  new ReflectionService({ tessera: { format, type: {}, fileDescriptorProtos, ...codec } }).addToServer(server);
}

function collect(file: DescFile, into: Set<DescFile>): void {
  if (into.has(file)) return;
  into.add(file);
  for (const imported of file.dependencies) collect(imported, into);
}
