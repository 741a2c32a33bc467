// One way to call the service through either typed door, with one shape of answer, so that a scenario can be run
// through both and compared.
import {
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { Client, credentials, type Metadata, Metadata as MetadataClass, type ServiceError } from "@grpc/grpc-js";
import { kinds, type Kind } from "../../src/failure.ts";
import { managementContract } from "../../src/resources/contract.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Credential, World } from "./world.ts";

/** A method of AuthService by its name, or any other by its service's name in tRPC and its own: "role.createRole". */
export type MethodName = keyof typeof AuthService.method | `${string}.${string}`;
export type Outcome =
  | { ok: true; answer: JsonObject }
  | { ok: false; kind: Kind; reason: string; message: string; fields: string[] };

/** `bytes` is all that a caller sees of the answer, to compare answers by. */
export type Sent = { outcome: Outcome; bytes: string };
export type Headers = Readonly<Record<string, string>>;

export type Door = {
  name: "gRPC" | "tRPC";
  call(world: Addresses, method: MethodName, request: JsonObject, credential: Credential): Promise<Outcome>;
  /** A request as it goes over the wire. */
  encode(method: MethodName, request: JsonObject): Uint8Array;
  /** Sends a body as it is. */
  send(world: Addresses, method: MethodName, body: Uint8Array, headers: Headers): Promise<Sent>;
};

/** Where a service listens, in this process or another. */
export type Addresses = Pick<World, "grpc" | "http">;

/** A page's origin is told over HTTP only. */
export function headersOf(credential: Credential): Headers {
  const authorization = authorizationOf(credential);
  const origin = typeof credential === "object" && "origin" in credential ? credential.origin : undefined;
  return { ...(authorization && { authorization }), ...(origin && { origin }) };
}

const authorizationOf = (credential: Credential): string | undefined => {
  if (credential === "none") return undefined;
  if ("bearer" in credential) return `Bearer ${credential.bearer}`;
  return `Basic ${Buffer.from(credential.basic.map(encodeURIComponent).join(":")).toString("base64")}`;
};

export const grpcDoor: Door = {
  name: "gRPC",
  call: async (world, name, request, credential) =>
    (await grpcDoor.send(world, name, grpcDoor.encode(name, request), headersOf(credential))).outcome,
  encode: (name, request) => toBinary(methodNamed(name).input, fromJson(methodNamed(name).input, request)),
  async send(world, name, body, { authorization }) {
    const method = methodNamed(name);
    const client = clientTo(world.grpc);
    const metadata = new MetadataClass();
    if (authorization !== undefined) metadata.set("authorization", authorization);
    try {
      const bytes = await unary(client, `/${method.parent.typeName}/${method.name}`, body, metadata);
      const answer = toJson(method.output, fromBinary(method.output, bytes), { alwaysEmitImplicit: !isSparse(name) });
      return { outcome: { ok: true, answer: answer as JsonObject }, bytes: bytes.toString("hex") };
    } catch (thrown) {
      const { code, details, metadata: trailers } = thrown as ServiceError;
      const [raw] = trailers.get("grpc-status-details-bin");
      const bytes = `${code} ${details} ${Buffer.from(raw ?? "").toString("hex")}`;
      return { outcome: refusedGrpc(thrown as ServiceError), bytes };
    } finally {
      client.close();
    }
  },
};

export const trpcDoor: Door = {
  name: "tRPC",
  call: async (world, name, request, credential) =>
    (await trpcDoor.send(world, name, trpcDoor.encode(name, request), headersOf(credential))).outcome,
  encode: (_name, request) => Buffer.from(JSON.stringify(request)),
  async send(world, name, body, headers) {
    const answer = await fetch(`${world.http}/trpc/${name.includes(".") ? name : `auth.${name}`}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: Buffer.from(body),
    });
    const text = await answer.text();
    const { date: _date, ...seen } = Object.fromEntries(answer.headers);
    const parsed = JSON.parse(text) as TrpcBody;
    const outcome: Outcome = parsed.result ? { ok: true, answer: parsed.result.data } : refusedTrpc(parsed);
    return { outcome, bytes: `${answer.status} ${JSON.stringify(seen)} ${text}` };
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

const services: Readonly<Record<string, DescService>> = { auth: AuthService, ...managementContract };

export function methodNamed(name: MethodName): DescMethodUnary {
  const [service = "auth", local = ""] = name.includes(".") ? name.split(".") : ["auth", name];
  const method = services[service]?.method[local];
  if (!isUnary(method)) throw new Error(`there is no method ${name}`);
  return method;
}

const isUnary = (method: DescMethod | undefined): method is DescMethodUnary => method?.methodKind === "unary";
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
  return {
    ok: false,
    kind: kindOf("trpc", code, reason),
    reason,
    message: error?.message ?? "",
    fields: violations.map(({ field }) => field),
  };
}

/** Some kinds share a code on a wire: the reason tells them apart. */
function kindOf(wire: "grpc" | "trpc", code: number | string, reason: string): Kind {
  if (reason === "INVALID_GRANT") return "badToken";
  const fitting = (Object.keys(kinds) as Kind[]).filter((name) => kinds[name][wire] === code);
  const kind = fitting.find((name) => kinds[name].reason === reason) ?? fitting[0];
  if (kind === undefined) throw new Error(`an unknown code: ${code}`);
  return kind;
}
