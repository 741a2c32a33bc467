// The same call through both doors: one answer, one refusal.
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { ServiceError } from "@grpc/grpc-js";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import type { TesseraRouter } from "../../src/transport/trpc.ts";
import { basic, openDoors, statusOf } from "../support/doors.ts";

let doors: Awaited<ReturnType<typeof openDoors>>;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const refusalOf = (promise: Promise<unknown>): Promise<ServiceError> =>
  promise.then(
    () => {
      throw new Error("the call was answered");
    },
    (error: ServiceError) => error,
  );

describe("an answer", () => {
  it("says the same over gRPC and tRPC, with snake_case names in JSON", async () => {
    const answer = await doors.call(AuthService.method.exchange, { accessToken: "abc" });
    expect(answer).toMatchObject({ token: "for abc", tokenType: "Bearer", scope: "secret app" });
    const response = await doors.post("/trpc/auth.exchange", { access_token: "abc" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      result: { data: { token: "for abc", token_type: "Bearer", scope: "secret app", expires_in: 0 } },
    });
  });

  it("leaves out what is not set only where its message is sparse", async () => {
    const sparse = await doors.post("/trpc/auth.introspect", { token: "dead" });
    expect(await sparse.json()).toEqual({ result: { data: { active: false, sub: "secret app" } } });
    const full = await doors.post("/trpc/auth.generateToken", {
      realm: "REALM_USER",
      tenant_id: "t1",
      project_id: "p1",
      client_id: "app",
      email_id: "a@b",
    });
    expect(await full.json()).toEqual({
      result: { data: { access_token: "made", expires_in: 0, token_type: "", scope: "secret app" } },
    });
  });
});

describe("a refusal", () => {
  it("has one kind, reason and sentence at both doors, and keeps its cause to itself", async () => {
    const error = await refusalOf(doors.call(AuthService.method.refresh, { refreshToken: "x" }));
    expect(error).toMatchObject({ code: 16, details: "the token was refused" });
    const status = statusOf(error);
    expect(status.details.map((detail) => anyUnpack(detail, ErrorInfoSchema))).toMatchObject([
      { reason: "INVALID_GRANT", domain: "tessera" },
    ]);
    const response = await doors.post("/trpc/auth.refresh", { refresh_token: "x" });
    const body = await response.text();
    expect(response.status).toBe(401);
    expect(JSON.parse(body)).toEqual({
      error: {
        message: "the token was refused",
        code: -32001,
        data: { code: "UNAUTHORIZED", httpStatus: 401, reason: "INVALID_GRANT", violations: [], retry_after_ms: null },
      },
    });
    expect(body).not.toContain("secret reason");
  });

  it("names the broken field, by its proto name and without its value", async () => {
    const error = await refusalOf(doors.call(AuthService.method.refresh, { refreshToken: "s3cr3t".repeat(100) }));
    expect(error.code).toBe(3);
    const bad = statusOf(error).details.find(({ typeUrl }) => typeUrl.endsWith("BadRequest"));
    expect(fromBinary(BadRequestSchema, bad?.value ?? new Uint8Array())).toMatchObject({
      fieldViolations: [{ field: "refresh_token", reason: "string.max_bytes" }],
    });
    const response = await doors.post("/trpc/auth.refresh", { refresh_token: "s3cr3t".repeat(100) });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { data: { httpStatus: 400, violations: [{ field: "refresh_token", rule: "string.max_bytes" }] } },
    });
    expect(text + error.details + JSON.stringify(statusOf(error))).not.toContain("s3cr3t");
  });

  it("names an unknown or mistyped JSON field and never quotes what was in it", async () => {
    const unknown = await (await doors.post("/trpc/auth.refresh", { refreshtoken: "s3cr3t" })).json();
    expect(unknown).toMatchObject({ error: { data: { violations: [{ field: "refreshtoken", rule: "unknown" }] } } });
    const mistyped = await (await doors.post("/trpc/auth.refresh", { refresh_token: { a: "s3cr3t" } })).text();
    expect(mistyped).toContain('"field":"refresh_token"');
    expect(mistyped).not.toContain("s3cr3t");
  });

  it("N6-12 I-CL-05: JSON keys that reach for a prototype are refused as unknown fields", async () => {
    for (const key of ["__proto__", "constructor"]) {
      const response = await doors.post("/trpc/auth.refresh", `{"refresh_token":"x","${key}":{"polluted":true}}`);
      expect(response.status).toBe(400);
    }
    expect(Object.prototype).not.toHaveProperty("polluted");
  });

  it("N6-15: a defect answers 'internal error' and nothing of what went wrong", async () => {
    const broken = await openDoors({
      useCases: {
        refresh: async () => {
          throw new Error("select * from secrets at /srv/app.ts");
        },
      },
    });
    const error = await refusalOf(broken.call(AuthService.method.refresh, { refreshToken: "x" }));
    const response = await broken.post("/trpc/auth.refresh", { refresh_token: "x" });
    const body = await response.text();
    await broken.close();
    expect(error).toMatchObject({ code: 13, details: "internal error" });
    expect(response.status).toBe(500);
    expect(`${body}${error.details}${JSON.stringify(statusOf(error))}`).not.toMatch(/select|secrets|\/srv|stack/);
  });

  it("carries the time to wait, at both doors", async () => {
    const busy = await openDoors({ limits: { perClient: 1 } });
    await busy.call(AuthService.method.revoke, { token: "x" });
    const error = await refusalOf(busy.call(AuthService.method.revoke, { token: "x" }));
    const response = await busy.post("/trpc/auth.revoke", { token: "x" });
    await busy.close();
    expect(error.code).toBe(8);
    const retry = statusOf(error)
      .details.map((detail) => anyUnpack(detail, RetryInfoSchema))
      .find(Boolean);
    expect(retry?.retryDelay?.nanos).toBeGreaterThan(0);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
  });
});

describe("a typed tRPC client", () => {
  it("calls queries and changes with the JSON types of the contract", async () => {
    const headers = { authorization: basic() };
    const link = httpBatchLink({ url: `${doors.url}/trpc`, methodOverride: "POST", headers });
    const client = createTRPCClient<TesseraRouter>({ links: [link] });
    const [found, dead] = await Promise.all([
      client.auth.introspect.query({ token: "live" }),
      client.auth.introspectBatch.query({ tokens: ["dead"] }),
    ]);
    expect(found.active).toBe(true);
    expect(dead.results).toEqual([{ active: false }]);
    const exchanged = await client.auth.exchange.mutate({ access_token: "abc" });
    expectTypeOf(exchanged.expires_in).toEqualTypeOf<number | undefined>();
    expectTypeOf(client.auth).not.toHaveProperty("mint");
    // @ts-expect-error: the contract has no such field
    await expect(client.auth.refresh.mutate({ refreshToken: 1 })).rejects.toThrow(TRPCClientError);
  });

  it("knows reason and violations of an error", async () => {
    const link = httpBatchLink({ url: `${doors.url}/trpc` });
    const client = createTRPCClient<TesseraRouter>({ links: [link] });
    const error: unknown = await client.auth.exchange
      .mutate({ access_token: "abc" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({ data: { reason: "INVALID_CLIENT", httpStatus: 401 } });
  });
});
