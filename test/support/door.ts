// One way to call the service through either typed door, with one shape of answer, so that a scenario can be run
// through both and compared.
import { type DescMethodUnary, fromBinary, fromJson, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import { Client, credentials, type Metadata, Metadata as MetadataClass, type ServiceError } from "@grpc/grpc-js";
import { kinds, type Kind } from "../../src/failure.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Credential, World } from "./world.ts";

export type MethodName = keyof typeof AuthService.method;
export type Outcome =
  | { ok: true; answer: JsonObject }
  | { ok: false; kind: Kind; reason: string; message: string; fields: string[] };

export type Door = {
  name: "gRPC" | "tRPC";
  call(world: World, method: MethodName, request: JsonObject, credential: Credential): Promise<Outcome>;
};

const authorizationOf = (credential: Credential): string | undefined => {
  if (credential === "none") return undefined;
  if ("bearer" in credential) return `Bearer ${credential.bearer}`;
  return `Basic ${Buffer.from(credential.basic.map(encodeURIComponent).join(":")).toString("base64")}`;
};

const grpcDoor: Door = {
  name: "gRPC",
  async call(world, name, request, credential) {
    const method: DescMethodUnary = AuthService.method[name];
    const client = clientTo(world.grpc);
    const metadata = new MetadataClass();
    const authorization = authorizationOf(credential);
    if (authorization !== undefined) metadata.set("authorization", authorization);
    try {
      const bytes = toBinary(method.input, fromJson(method.input, request));
      const answer = fromBinary(
        method.output,
        await unary(client, `/${AuthService.typeName}/${method.name}`, bytes, metadata),
      );
      return { ok: true, answer: toJson(method.output, answer, { alwaysEmitImplicit: !isSparse(name) }) as JsonObject };
    } catch (thrown) {
      return refusedGrpc(thrown as ServiceError);
    } finally {
      client.close();
    }
  },
};

const trpcDoor: Door = {
  name: "tRPC",
  async call(world, name, request, credential) {
    const authorization = authorizationOf(credential);
    const origin = typeof credential === "object" && "origin" in credential ? credential.origin : undefined;
    const answer = await fetch(`${world.http}/trpc/auth.${name}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(authorization === undefined ? {} : { authorization }),
        ...(origin === undefined ? {} : { origin }),
      },
      body: JSON.stringify(request),
    });
    const body = (await answer.json()) as TrpcBody;
    return body.result === undefined ? refusedTrpc(body) : { ok: true, answer: body.result.data };
  },
};

export const doors: readonly Door[] = [grpcDoor, trpcDoor];

/** The answer of a call that has to succeed. */
export async function expectOk(outcome: Promise<Outcome>): Promise<JsonObject & Record<string, never>> {
  const settled = await outcome;
  if (!settled.ok)
    throw new Error(`refused: ${settled.kind} ${settled.reason} ${settled.message} ${settled.fields.join()}`);
  return settled.answer as JsonObject & Record<string, never>;
}

const isSparse = (name: MethodName): boolean => name === "introspect" || name === "introspectBatch";
const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const clientTo = (address: string) => new Client(address, credentials.createInsecure());

function unary(client: Client, path: string, bytes: Uint8Array, metadata: Metadata): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, (error, answer) =>
      error ? reject(error) : resolve(asIs(answer ?? new Uint8Array())),
    );
  });
}

function refusedGrpc(error: ServiceError): Outcome {
  const [raw] = error.metadata.get("grpc-status-details-bin");
  const { details } = fromBinary(StatusSchema, raw instanceof Buffer ? raw : new Uint8Array());
  const info = details.map((any) => anyUnpack(any, ErrorInfoSchema)).find((message) => message !== undefined);
  const bad = details.map((any) => anyUnpack(any, BadRequestSchema)).find((message) => message !== undefined);
  const fields = bad?.fieldViolations.map((violation) => violation.field) ?? [];
  const reason = info?.reason ?? "";
  return { ok: false, kind: kindOf("grpc", error.code, reason), reason, message: error.details, fields };
}

type TrpcBody = {
  result?: { data: JsonObject };
  error?: { message: string; data: { code: string; reason: string; violations?: { field: string }[] } };
};

function refusedTrpc({ error }: TrpcBody): Outcome {
  const { code = "", reason = "", violations = [] } = error?.data ?? {};
  return { ok: false, kind: kindOf("trpc", code, reason), reason, message: error?.message ?? "", fields: violations.map(({ field }) => field) };
}

/** Some kinds share a code on a wire: the reason tells them apart. */
function kindOf(wire: "grpc" | "trpc", code: number | string, reason: string): Kind {
  if (reason === "INVALID_GRANT") return "badToken";
  const fitting = (Object.keys(kinds) as Kind[]).filter((name) => kinds[name][wire] === code);
  const kind = fitting.find((name) => kinds[name].reason === reason) ?? fitting[0];
  if (kind === undefined) throw new Error(`an unknown code: ${code}`);
  return kind;
}
