// The tRPC client against a real tRPC server on loopback that answers as the service's door does.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import {
  createTesseraClient,
  type IntrospectResponseJson,
  type Reason,
  TesseraError,
  type UserJson,
} from "../../clients/typescript/src/index.ts";

type Seen = Pick<IncomingMessage, "method" | "url" | "headers">;
type Refusal = { code: TRPCError["code"]; message: string; data: object };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The service's door in small: what it saw, and one refusal for every call if there is one. */
async function door(refusal?: Refusal) {
  const seen: Seen[] = [];
  const { router, procedure } = initTRPC.create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, ...refusal?.data } }),
  });
  const answering = procedure
    .input((input) => input as Record<string, unknown>)
    .use(({ next }) => {
      if (refusal) throw new TRPCError(refusal);
      return next();
    });
  const auth = {
    exchange: answering.mutation(({ input }) => ({
      token: `for ${String(input["access_token"])}`,
      expires_in: 900,
      user: { email: "ada@example.com", user_permissions: ["orders:read"] },
    })),
    introspect: answering.query(({ input }) => ({ active: input["token"] === "live" })),
  };
  const handle = createHTTPHandler({
    router: router({ auth: router(auth) }),
    basePath: "/trpc/",
    allowMethodOverride: true,
  });
  const url = await listen((request, response) => {
    seen.push(request);
    handle(request, response);
  });
  return { url, seen };
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "fulfilled",
    (error: unknown) => error,
  );

describe("a call", () => {
  it("is typed from the contract and answers the contract's JSON", async () => {
    const { url } = await door();
    const client = createTesseraClient({ url, clientId: "web" });
    const answer = await client.auth.exchange.mutate({ access_token: "upstream" });
    expectTypeOf(answer.user).toEqualTypeOf<UserJson | undefined>();
    expectTypeOf(client.auth.introspect.query).returns.resolves.toEqualTypeOf<IntrospectResponseJson>();
    expect(answer).toMatchObject({ token: "for upstream", user: { user_permissions: ["orders:read"] } });
    // @ts-expect-error A field that the contract does not have.
    await client.auth.exchange.mutate({ acces_token: "upstream" });
  });

  it("N5-05: is a POST whose URL holds no token, for queries as well", async () => {
    const { url, seen } = await door();
    const client = createTesseraClient({ url: `${url}/`, clientId: "web" });
    expect(await client.auth.introspect.query({ token: "live" })).toEqual({ active: true });
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual(["POST /trpc/auth.introspect"]);
    expect(seen[0]?.headers["content-type"]).toBe("application/json");
  });

  it("carries HTTP Basic, with an empty secret for a public application", async () => {
    const { url, seen } = await door();
    await createTesseraClient({ url, clientId: "web" }).auth.exchange.mutate({});
    await createTesseraClient({ url, clientId: "a:b", clientSecret: "é" }).auth.exchange.mutate({});
    const pairs = seen.map(({ headers }) => atob(headers.authorization?.replace("Basic ", "") ?? ""));
    expect(pairs).toEqual(["web:", "a%3Ab:%C3%A9"]);
  });

  it("carries the bearer token of a source where that is the credential", async () => {
    const { url, seen } = await door();
    await createTesseraClient({ url, token: async () => "abc" }).auth.introspect.query({ token: "live" });
    expect(seen[0]?.headers.authorization).toBe("Bearer abc");
  });
});

describe("a refusal", () => {
  it("becomes a TesseraError with reason, violations and the time to wait", async () => {
    const violations = [{ field: "access_token", description: "is required", rule: "required" }];
    const data = { reason: "RATE_LIMITED", violations: [...violations, "not one"], retry_after_ms: 1500 };
    const { url } = await door({ code: "TOO_MANY_REQUESTS", message: "too many calls", data });
    const failure = await failureOf(createTesseraClient({ url, clientId: "web" }).auth.exchange.mutate({}));
    expect(failure).toBeInstanceOf(TesseraError);
    expect(failure).toMatchObject({
      message: "too many calls",
      reason: "RATE_LIMITED",
      violations,
      retryAfterMs: 1500,
    });
  });

  it("may be tried again only where that can help", async () => {
    const retryable = async (reason: Reason) => {
      const { url } = await door({ code: "BAD_REQUEST", message: "no", data: { reason } });
      const failure = await failureOf(createTesseraClient({ url, clientId: "web" }).auth.exchange.mutate({}));
      return failure instanceof TesseraError && failure.reason === reason && failure.retryable;
    };
    expect(await Promise.all(["RATE_LIMITED", "DEPENDENCY_UNAVAILABLE", "DEADLINE_EXCEEDED"].map(retryable))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await Promise.all(["INVALID_GRANT", "INTERNAL", "A_NEW_WORD"].map(retryable))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("no answer of the service", () => {
  const reasonAt = async (url: string, call: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
    const client = createTesseraClient({ url, clientId: "web", timeoutMs: call.timeoutMs ?? 5_000 });
    const options = call.signal ? { signal: call.signal } : {};
    const failure = await failureOf(client.auth.exchange.mutate({}, options));
    return failure instanceof TesseraError ? [failure.reason, failure.retryable] : failure;
  };

  it("is UNREACHABLE when nobody listens, and when a proxy answers with a page", async () => {
    const url = await listen((_, response) => void response.writeHead(502).end("<h1>Bad gateway</h1>"));
    expect(await reasonAt(url)).toEqual(["UNREACHABLE", true]);
    closers.splice(0).forEach((close) => close());
    expect(await reasonAt(url)).toEqual(["UNREACHABLE", true]);
  });

  it("is DEADLINE_EXCEEDED when it takes too long", async () => {
    const url = await listen(() => {});
    expect(await reasonAt(url, { timeoutMs: 50 })).toEqual(["DEADLINE_EXCEEDED", true]);
  });

  it("is CANCELLED when the caller gives up", async () => {
    const caller = new AbortController();
    const url = await listen(() => caller.abort());
    expect(await reasonAt(url, { signal: caller.signal })).toEqual(["CANCELLED", false]);
  });
});
