// A caller of the service over gRPC that tells three ends apart: an answer, a refusal of the token, and no answer.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { DevFile } from "../../src/dev/demo.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";

/** `lost` holds the status code: nobody knows whether the call was done. */
export type Outcome = { kind: "token"; refreshToken: string } | { kind: "refused" } | { kind: "lost"; code: string };

export type Caller = {
  refresh(token: string): Promise<Outcome>;
  /** Signs in upstream and opens a new family. */
  signIn(): Promise<Outcome>;
  close(): void;
};

const deadlineMs = 5000;
/** Connections: the server takes a hundred calls at once on each. */
const connections = 4;

export function createCaller(dev: DevFile): Caller {
  // Each has a subchannel of its own, or grpc-js would put them on one connection.
  const options = { "grpc.use_local_subchannel_pool": 1 };
  const clients = Array.from(
    { length: connections },
    () => new Client(dev.grpc, credentials.createInsecure(), options),
  );
  const basic = [dev.client_id, dev.client_secret].map(encodeURIComponent).join(":");
  const metadata = new Metadata();
  metadata.set("authorization", `Basic ${Buffer.from(basic).toString("base64")}`);
  let turn = 0;
  const call = <Input extends DescMessage>(
    method: DescMethodUnary<Input>,
    request: MessageInitShape<Input>,
  ): Promise<Outcome> => {
    turn = (turn + 1) % connections;
    const client = clients[turn];
    if (client === undefined) throw new Error("there is no connection");
    return unary(client, metadata, method, toBinary(method.input, create(method.input, request)));
  };
  return {
    refresh: (refreshToken) => call(AuthService.method.refresh, { refreshToken }),
    async signIn() {
      const accessToken = await signInUpstream(dev).catch(() => "");
      if (accessToken === "") return { kind: "lost", code: "UPSTREAM" };
      return call(AuthService.method.exchange, { accessToken });
    },
    close: () => clients.forEach((client) => client.close()),
  };
}

function unary(client: Client, metadata: Metadata, method: DescMethodUnary, request: Uint8Array): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const path = `/${AuthService.typeName}/${method.name}`;
  const bytes = Buffer.from(request);
  const asIs = (value: Buffer) => value;
  client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, { deadline: Date.now() + deadlineMs }, (error, answer) => {
    if (error !== null || answer === undefined) return resolve(failed(error));
    const { refreshToken } = fromBinary(AuthService.method.refresh.output, answer);
    resolve({ kind: "token", refreshToken });
  });
  return promise;
}

/** Only the service itself says invalid_grant; whatever else went wrong says nothing about the token. */
function failed(error: ServiceError | null): Outcome {
  const [details] = error?.metadata?.get("grpc-status-details-bin") ?? [];
  if (details instanceof Buffer) {
    const infos = fromBinary(StatusSchema, details).details.map((any) => anyUnpack(any, ErrorInfoSchema));
    if (infos.some((info) => info?.reason === "INVALID_GRANT")) return { kind: "refused" };
  }
  return { kind: "lost", code: error === null ? "NOTHING" : (status[error.code] ?? String(error.code)) };
}

async function signInUpstream({ upstream }: DevFile): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(upstream.token_endpoint, {
    method: "POST",
    headers,
    body: JSON.stringify(upstream.example_body),
  });
  return ((await answer.json()) as { access_token?: string }).access_token ?? "";
}
