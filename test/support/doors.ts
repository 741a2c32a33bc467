// Both doors on loopback, over the real contract, with use-cases small enough to be told apart from what is tested.
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { type ClientState, serve, type UseCases } from "../../src/call.ts";
import { steadyClock } from "../../src/clock.ts";
import { badToken, Failure } from "../../src/failure.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { systemRandom } from "../../src/random.ts";
import { createChanges } from "../../src/store/changes.ts";
import { createLog, createMetrics } from "../../src/telemetry.ts";
import { type CallerParts, createIdentify } from "../../src/transport/caller.ts";
import { createDispatch, type DispatchParts } from "../../src/transport/dispatch.ts";
import { type GrpcParts, startGrpc } from "../../src/transport/grpc.ts";
import { type HttpParts, startHttp } from "../../src/transport/http.ts";
import { createLimits, type LimitSettings } from "../../src/transport/limits.ts";
import { resolveMethods } from "../../src/transport/method.ts";
import { createHttpServer, plainFront } from "../../src/transport/tls.ts";
import { createRouter } from "../../src/transport/trpc.ts";
import { createValidation } from "../../src/validation.ts";

type AuthUseCases = UseCases<typeof AuthService>;

export type DoorOptions = {
  useCases?: Partial<AuthUseCases>;
  clients?: readonly ClientState[];
  /** By the URI of a certificate. */
  certificates?: Readonly<Record<string, ClientState>>;
  caller?: Partial<CallerParts>;
  limits?: Partial<LimitSettings>;
  grpc?: Partial<GrpcParts>;
  http?: Partial<HttpParts>;
  onDenied?: DispatchParts["onDenied"];
  createServer?: HttpParts["createServer"];
  issuer?: string;
  ready?: () => Promise<{ ok: boolean; checks: Record<string, boolean> }>;
};

export const loopback = { host: "127.0.0.1", port: 0 };
export const secret = "right";
export const keySet = { body: '{"keys":[]}', etag: '"one"' };

/** Opens both doors. `log` holds every line that was logged. */
export async function openDoors(options: DoorOptions = {}) {
  const parts = createParts(options);
  const { methods, dispatch, metrics } = parts;
  const grpc = await startGrpc(
    {
      methods,
      dispatch,
      front: plainFront,
      secure: false,
      maxConcurrentStreams: 100,
      reflection: false,
      log: parts.log,
      ...options.grpc,
    },
    loopback,
  );
  const http = await startHttp(
    {
      router: createRouter({ methods, dispatch }),
      secure: false,
      issuer: options.issuer ?? "https://sts.example",
      jwks: () => keySet,
      jwksMaxAge: 300,
      algorithms: ["ES256"],
      knowsOrigin: async (origin) =>
        (options.clients ?? [application()]).some((client) => client.application.origins.includes(origin)),
      ready: options.ready ?? (async () => ({ ok: true, checks: { store: true } })),
      registry: metrics.registry,
      log: parts.log,
      createServer: options.createServer ?? ((handler) => createHttpServer(undefined, handler)),
      ...options.http,
    },
    loopback,
  );
  const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure());
  return {
    ...parts,
    grpc,
    http,
    url: `http://127.0.0.1:${http.port}`,
    call: caller(client),
    post: poster(`http://127.0.0.1:${http.port}`),
    async close() {
      client.close();
      await Promise.all([grpc.drain(0), http.drain(0)]);
    },
  };
}

/** Everything behind the doors. */
export function createParts(options: DoorOptions = {}) {
  const lines: string[] = [];
  const log = createLog({ format: "json", level: "debug", destination: { write: (line) => void lines.push(line) } });
  const limits = createLimits({ perSource: 10_000, perClient: 10_000, ...options.limits });
  const methods = resolveMethods([serve(AuthService, { ...useCases, ...options.useCases })]);
  const metrics = createMetrics();
  const clock = steadyClock();
  const dispatch = createDispatch({
    identify: createIdentify({ ...callerParts(options), limits }),
    limits,
    validate: createValidation(),
    clock,
    random: systemRandom,
    log,
    metrics,
    onDenied: (...denied) => options.onDenied?.(...denied),
  });
  return { methods, dispatch, metrics, log, lines, clock };
}

export function callerParts({ clients = [application()], certificates = {}, caller = {} }: DoorOptions): CallerParts {
  return {
    findClient: async (id) => clients.find(({ application }) => application.id === id),
    findClientByCertificate: async (uri) => certificates[uri],
    secrets: {
      verify: async ({ presented, now }) => (presented === secret ? { kind: "ok", until: now } : { kind: "wrong" }),
    },
    changes: createChanges(),
    machinePermissions: async () => new Set(["token:introspect"]),
    verifyBearer: async (token) => {
      const [client] = clients;
      if (token !== "good-token" || !client) throw badToken("not the good one");
      return { client, claims: claimsOf(client), permissions: new Set(["user:read"]) };
    },
    ...caller,
  };
}

/** Each answers something that shows which one it was, and what it was told. */
const useCases: AuthUseCases = {
  exchange: async (call, { accessToken }) => ({
    token: `for ${accessToken}`,
    tokenType: "Bearer",
    scope: whoCalls(call),
  }),
  refresh: async () => {
    throw new Failure("badToken", "the token was refused", { reason: "INVALID_GRANT", cause: "a secret reason" });
  },
  introspect: async (call, { token }) => ({ active: token === "live", sub: whoCalls(call) }),
  introspectBatch: async (_call, { tokens }) => ({ results: tokens.map((token) => ({ active: token === "live" })) }),
  generateToken: async (call) => ({ accessToken: "made", scope: whoCalls(call) }),
  oidcToken: async (call) => ({ accessToken: "made", scope: whoCalls(call) }),
  revoke: async () => ({}),
};

export const whoCalls = ({ caller }: Parameters<AuthUseCases["exchange"]>[0]): string => {
  if (caller.kind === "anonymous") return "anonymous";
  return `${caller.kind === "client" ? caller.proof : "user"} ${caller.client.application.id}`;
};

export function application(changes: Partial<ClientState["application"]> = {}): ClientState {
  const project = { id: "p1", disabled: false };
  const standard = { revision: 1, createTime: 0, updateTime: 0, tenantId: "t1", name: "", disabled: false };
  const lifetimes = { accessTokenTtl: 0, refreshTokenIdleTtl: 0, refreshTokenAbsoluteTtl: 0, refreshRetryWindow: null };
  const uris = { redirectUris: [], postLogoutRedirectUris: [], certificateUris: [] };
  const lists = { origins: [], connectorIds: [], resourceIds: [], ...uris };
  const flags = { publicClient: false, thirdParty: false, deviceFlow: false };
  const texts = { description: "", defaultConnectorId: "", defaultResourceId: "" };
  const absent = { customData: null, protectedAppMetadata: null, subDomain: null };
  const rest = { projectId: "p1", type: 4, ...flags, ...texts, ...absent };
  return {
    application: { id: "app", ...standard, ...lifetimes, ...lists, ...rest, ...changes },
    project,
    tenant: { id: "t1", disabled: false, policyEpoch: 1 },
  };
}

const claimsOf = ({ application, tenant }: ClientState) => ({
  iss: "https://sts.example",
  sub: "u1",
  aud: "urn:tessera:management",
  exp: 2,
  iat: 1,
  jti: "j1",
  client_id: application.id,
  tenant_id: tenant.id,
  sid: "g1",
  pev: [1, 1] satisfies [number, number],
});

/** HTTP Basic as RFC 6749 section 2.3.1 wants it. */
export const basic = (id = "app", password = secret): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(password)}`).toString("base64")}`;

type Calling = { authorization?: string; deadline?: number; metadata?: Record<string, string | Buffer> };

/** One unary call; rejects with grpc-js's error. */
export function caller(client: Client) {
  return <M extends DescMethodUnary>(
    method: M & { parent: { typeName: string } },
    request: MessageInitShape<M["input"]>,
    { authorization = basic(), deadline, metadata = {} }: Calling = {},
  ): Promise<MessageShape<M["output"]>> =>
    new Promise((resolve, reject) => {
      const sent = new Metadata();
      if (authorization !== "") sent.set("authorization", authorization);
      for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
      client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: MessageShape<M["input"]>) => Buffer.from(toBinary<M["input"]>(method.input, message)),
        (bytes) => fromBinary<M["output"]>(method.output, bytes),
        create<M["input"]>(method.input, request),
        sent,
        deadline === undefined ? {} : { deadline },
        (error, answer) => (error || !answer ? reject(error) : resolve(answer)),
      );
    });
}

/** The google.rpc.Status in the trailers of a refused call. */
export function statusOf({ metadata }: ServiceError) {
  const [bytes] = metadata.get("grpc-status-details-bin");
  return fromBinary(StatusSchema, Buffer.from(bytes ?? ""));
}

type Posting = { authorization?: string; headers?: Record<string, string> };

function poster(url: string) {
  return (path: string, body: unknown, { authorization = basic(), headers = {} }: Posting = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization !== "" && { authorization }), ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
}
