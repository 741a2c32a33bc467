// The gRPC client against a real grpc-js server on loopback that answers as the service's door does.
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import * as rpc from "../../clients/typescript/src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../clients/typescript/src/gen/google/rpc/status_pb.ts";
import * as auth from "../../clients/typescript/src/gen/tessera/auth/v1/auth_pb.ts";
import { createGrpcClient, TesseraError, tokenCallCredentials } from "../../clients/typescript/src/node.ts";

type Introspect = grpc.handleUnaryCall<auth.IntrospectRequest, auth.IntrospectResponse>;

const introspectDefinition: grpc.MethodDefinition<auth.IntrospectRequest, auth.IntrospectResponse> = {
  path: "/tessera.auth.v1.AuthService/Introspect",
  requestStream: false,
  responseStream: false,
  requestSerialize: (message) => Buffer.from(toBinary(auth.IntrospectRequestSchema, message)),
  requestDeserialize: (bytes) => fromBinary(auth.IntrospectRequestSchema, bytes),
  responseSerialize: (message) => Buffer.from(toBinary(auth.IntrospectResponseSchema, message)),
  responseDeserialize: (bytes) => fromBinary(auth.IntrospectResponseSchema, bytes),
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The address of a service whose only method does that. */
async function serve(introspect: Introspect): Promise<string> {
  const server = new grpc.Server();
  server.addService({ introspect: introspectDefinition }, { introspect });
  closers.push(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    );
  });
}

function clientOf(address: string) {
  const credentials = grpc.ChannelCredentials.createInsecure();
  const client = createGrpcClient({ address, clientId: "orders", clientSecret: "s:1", credentials });
  closers.push(() => client.close());
  return client;
}

const answering =
  (init: MessageInitShape<typeof auth.IntrospectResponseSchema>): Introspect =>
  (_call, done) =>
    done(null, create(auth.IntrospectResponseSchema, init));

function refusing(code: grpc.status, details: string, packed: Any[], bytes?: Buffer): Introspect {
  const metadata = new grpc.Metadata();
  const status = toBinary(StatusSchema, create(StatusSchema, { code, message: details, details: packed }));
  metadata.set("grpc-status-details-bin", bytes ?? Buffer.from(status));
  return (_call, done) => done({ code, details, metadata });
}

const info = (reason: string, domain = "tessera") =>
  anyPack(rpc.ErrorInfoSchema, create(rpc.ErrorInfoSchema, { reason, domain }));

async function failureOf(call: Promise<unknown>): Promise<TesseraError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TesseraError) return error;
  throw new Error("not refused as expected", { cause: error });
}

describe("a call", () => {
  it("speaks the contract's JSON and carries HTTP Basic", async () => {
    const seen: unknown[] = [];
    const address = await serve((call, done) => {
      seen.push(call.metadata.get("authorization"), call.request.token, call.getDeadline());
      answering({ active: true, clientId: "web", tenantId: "demo" })(call, done);
    });
    const answer = await clientOf(address).introspect({ token: "abc" });
    expect(answer).toEqual({ active: true, client_id: "web", tenant_id: "demo" });
    expect(seen.slice(0, 2)).toEqual([[`Basic ${btoa("orders:s%3A1")}`], "abc"]);
    expect(seen[2]).not.toBe(Number.POSITIVE_INFINITY);
  });

  it("about an inactive token answers that and nothing else", async () => {
    const address = await serve(answering({ active: false }));
    expect(await clientOf(address).introspect({ token: "abc" })).toEqual({ active: false });
  });
});

describe("a refusal", () => {
  it("of a request that is not the contract's comes before the call, and does not quote it", async () => {
    const request = { token: { secret: "abc" } } as object as { token: string };
    const failure = await failureOf(clientOf(await serve(answering({ active: true }))).introspect(request));
    expect(failure.reason).toBe("INVALID_REQUEST");
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain("abc");
  });

  it("becomes a TesseraError with reason, violations and the time to wait", async () => {
    const broken = { fieldViolations: [{ field: "token", description: "is required", reason: "required" }] };
    const address = await serve(
      refusing(grpc.status.RESOURCE_EXHAUSTED, "too many calls", [
        info("RATE_LIMITED"),
        anyPack(rpc.BadRequestSchema, create(rpc.BadRequestSchema, broken)),
        anyPack(rpc.RetryInfoSchema, create(rpc.RetryInfoSchema, { retryDelay: { seconds: 1n, nanos: 500_000_000 } })),
      ]),
    );
    expect(await failureOf(clientOf(address).introspect({ token: "abc" }))).toMatchObject({
      message: "too many calls",
      reason: "RATE_LIMITED",
      violations: [{ field: "token", description: "is required", rule: "required" }],
      retryAfterMs: 1500,
    });
  });

  it("that is not the service's own counts as what its status says", async () => {
    const code = grpc.status.UNAVAILABLE;
    const packed = { ...info("SIGNED_OUT"), value: new Uint8Array([255]) };
    for (const refusal of [
      refusing(code, "no", []),
      refusing(code, "no", [info("SIGNED_OUT", "proxy")]),
      refusing(code, "no", [packed]),
      refusing(code, "no", [], Buffer.from([255])),
    ]) {
      const failure = await failureOf(clientOf(await serve(refusal)).introspect({ token: "abc" }));
      expect([failure.reason, failure.retryable]).toEqual(["UNREACHABLE", true]);
    }
  });
});

describe("no answer of the service", () => {
  it("is UNREACHABLE when nobody listens", async () => {
    const address = await serve(() => {});
    closers.splice(0).forEach((close) => close());
    expect((await failureOf(clientOf(address).introspect({ token: "abc" }))).reason).toBe("UNREACHABLE");
  });

  it("is DEADLINE_EXCEEDED when it takes too long", async () => {
    const client = clientOf(await serve(() => {}));
    expect((await failureOf(client.introspect({ token: "abc" }, { deadlineMs: 50 }))).reason).toBe("DEADLINE_EXCEEDED");
  });

  it("is CANCELLED when the caller gives up, before or during the call", async () => {
    const caller = new AbortController();
    const client = clientOf(await serve(() => caller.abort()));
    for (const _ of ["during", "before"]) {
      const failure = await failureOf(client.introspect({ token: "abc" }, { signal: caller.signal }));
      expect(failure.reason).toBe("CANCELLED");
    }
  });
});

describe("call credentials", () => {
  it("put the source's token on a call, and fail it when there is none", async () => {
    const metadataOf = (token: () => Promise<string>) =>
      tokenCallCredentials({ token }).generateMetadata({ method_name: "m", service_url: "https://orders.example.com" });
    expect((await metadataOf(async () => "abc")).get("authorization")).toEqual(["Bearer abc"]);
    const ended = new TesseraError("SIGNED_OUT", "the session has ended");
    await expect(metadataOf(() => Promise.reject(ended))).rejects.toBe(ended);
  });
});
