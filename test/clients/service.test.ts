// Both clients against the whole service: the same answers and the same refusals by either door.
import { ChannelCredentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createGrpcClient,
  createTesseraClient,
  createTokenSource,
  type ExchangeResponseJson,
  type GrpcClient,
  type IntrospectResponseJson,
  type Reason,
  type TesseraError,
  tokensOf,
} from "../../clients/typescript/src/node.ts";
import { createWorld, type World } from "../support/world.ts";

/** What is asked here, in one vocabulary for both doors. */
type Calls = {
  exchange: (request: { access_token: string }) => Promise<ExchangeResponseJson>;
  refresh: (request: { refresh_token: string }) => Promise<ExchangeResponseJson>;
  introspect: (request: { token: string }) => Promise<IntrospectResponseJson>;
  revoke: (request: { token: string }) => Promise<unknown>;
};

let world: World;
let grpc: GrpcClient;
const doors: Record<string, () => Calls> = { gRPC: () => grpc, tRPC: () => trpcCalls(credential()) };

beforeAll(async () => {
  world = await createWorld();
  grpc = createGrpcClient({ address: world.grpc, ...credential(), credentials: ChannelCredentials.createInsecure() });
});
afterAll(async () => {
  grpc.close();
  await world.close();
});

function credential() {
  const { ids, secrets } = world.red;
  return { clientId: ids.get("application backend") ?? "", clientSecret: secrets.get("backend") ?? "" };
}

function trpcCalls(by: { clientId: string; clientSecret?: string }): Calls {
  const { auth } = createTesseraClient({ url: world.http, ...by });
  return {
    exchange: auth.exchange.mutate,
    refresh: auth.refresh.mutate,
    introspect: auth.introspect.query,
    revoke: auth.revoke.mutate,
  };
}

const reasonOf = (call: Promise<unknown>): Promise<Reason> =>
  call.then(
    () => "fulfilled",
    (error: TesseraError) => error.reason,
  );

describe.each(Object.keys(doors))("by %s", (door) => {
  const calls = () => doors[door]?.() ?? grpc;

  it("an upstream token becomes a session that is refreshed, introspected and revoked", async () => {
    const { exchange, refresh, introspect, revoke } = calls();
    const sentAt = Date.now();
    const answer = await exchange({ access_token: world.token(world.red, "ada") });
    expect(answer.user).toMatchObject({ email: "ada@example.test", user_permissions: ["read", "write"] });
    const source = createTokenSource({
      initial: tokensOf(answer, sentAt),
      refresh: (refreshToken) => refresh({ refresh_token: refreshToken }),
    });
    const { accessToken: token } = await source.refresh();
    expect(await introspect({ token })).toMatchObject({ active: true, client_id: credential().clientId });

    await revoke({ token: source.peek()?.refreshToken ?? "" });
    expect(await introspect({ token })).toEqual({ active: false });
    expect(await reasonOf(source.refresh())).toBe("SIGNED_OUT");
  });

  it("a refresh whose answer was lost is answered again with the same successor", async () => {
    const { exchange, refresh } = calls();
    const { refresh_token = "" } = await exchange({ access_token: world.token(world.red, "ada") });
    const lost = await refresh({ refresh_token });
    expect((await refresh({ refresh_token })).refresh_token).toBe(lost.refresh_token);
  });

  it("refusals carry the contract's words", async () => {
    const { exchange, refresh } = calls();
    expect(await reasonOf(exchange({ access_token: "nonsense" }))).toBe("BAD_TOKEN");
    expect(await reasonOf(refresh({ refresh_token: "rt_nonsense" }))).toBe("INVALID_GRANT");
    const failure: unknown = await refresh({ refresh_token: "" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "INVALID_REQUEST", violations: [{ field: "refresh_token" }] });
  });
});

describe("the wrong credential", () => {
  it("N6-01: is INVALID_CLIENT by either door", async () => {
    const wrong = { ...credential(), clientSecret: "wrong" };
    const request = { access_token: world.token(world.red, "ada") };
    expect(await reasonOf(trpcCalls(wrong).exchange(request))).toBe("INVALID_CLIENT");
    const client = createGrpcClient({
      address: world.grpc,
      ...wrong,
      credentials: ChannelCredentials.createInsecure(),
    });
    expect(await reasonOf(client.exchange(request))).toBe("INVALID_CLIENT");
    client.close();
  });
});
