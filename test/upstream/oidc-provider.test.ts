// Tokens of the npm package oidc-provider, a certified OpenID provider: a real code flow, then ID token, JWT access token
// and opaque access token.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIssuers, type TrustedConnector, type VerifyInput } from "../../src/tokens/issuers.ts";
import { providerApi as api, startProvider, type TestProvider } from "../support/oidc-provider.ts";
import { connectorFor, loopback } from "../support/upstream-issuer.ts";

let provider: TestProvider;
let issuer = "";
beforeAll(async () => {
  provider = await startProvider();
  ({ issuer } = provider);
});
afterAll(() => provider.close());
const signIn = (resource?: string) => provider.signIn(resource);

const clock = { now: () => Date.now() };
const issuers = createIssuers({ outbound: loopback(), clock });
const verify = (token: string, overrides: Partial<TrustedConnector>, input: Partial<VerifyInput> = {}) =>
  issuers.verify({
    connectors: [connectorFor(issuer, { jwksUri: "", ...overrides })],
    token,
    now: clock.now(),
    signal: new AbortController().signal,
    ...input,
  });

const idTokens = { tokenKind: "id_token", audiences: ["web"] } as const;
const accessTokens = { tokenKind: "access_token", audiences: [api], authorizedClients: ["web"] } as const;
const opaque = {
  verification: "introspection",
  audiences: [],
  allowAnyAudience: true,
  authorizedClients: ["web"],
} as const;
const named = { connectorId: "connector-1" };

describe("oidc-provider", () => {
  it("its ID token is believed for its audience and nonce, and for no others", async () => {
    const { id_token } = await signIn();
    expect(await verify(id_token, idTokens, { nonce: "n-1" })).toMatchObject({ issuer, subject: "alice" });
    await expect(verify(id_token, idTokens, { nonce: "n-2" })).rejects.toMatchObject({ kind: "badToken" });
    await expect(verify(id_token, { ...idTokens, audiences: ["tessera"] })).rejects.toMatchObject({ kind: "badToken" });
  });

  it("its JWT access token is believed as one, for its audience and client", async () => {
    const { access_token } = await signIn(api);
    expect(await verify(access_token, accessTokens)).toMatchObject({ subject: "alice", clientId: "web" });
    await expect(verify(access_token, { ...accessTokens, authorizedClients: ["x"] })).rejects.toMatchObject({
      kind: "badToken",
    });
  });

  it("N1-24: neither is believed as the other", async () => {
    const { access_token, id_token } = await signIn(api);
    await expect(verify(access_token, { ...idTokens, audiences: [api] })).rejects.toMatchObject({ kind: "badToken" });
    await expect(verify(id_token, { ...accessTokens, audiences: ["web"] })).rejects.toMatchObject({ kind: "badToken" });
  });

  it("its opaque access token is believed after introspection, with the profile of userinfo", async () => {
    const { access_token } = await signIn();
    expect(access_token.split(".")).toHaveLength(1);
    expect(await verify(access_token, opaque, { defaultConnectorId: "connector-1" })).toMatchObject({
      subject: "alice",
      clientId: "web",
      profile: { name: "Alice", email: "alice@example.com", emailVerified: true },
    });
  });

  it("an opaque token of another client, or unknown, is refused, and wrong credentials are our own trouble", async () => {
    const { access_token } = await signIn();
    const refused = { kind: "badToken" };
    await expect(verify(access_token, { ...opaque, authorizedClients: ["x"] }, named)).rejects.toMatchObject(refused);
    await expect(verify(`${access_token}x`, opaque, named)).rejects.toMatchObject(refused);
    await expect(verify(access_token, { ...opaque, clientSecret: () => "wrong" }, named)).rejects.toMatchObject({
      kind: "unavailable",
    });
  });

  it("its userinfo alone is enough where a connector says so", async () => {
    const { access_token } = await signIn();
    const userinfo = {
      ...opaque,
      verification: "userinfo",
      authorizedClients: [],
      conditions: [{ claim: "email", equals: "alice@example.com" }],
    } as const;
    expect(await verify(access_token, userinfo, named)).toMatchObject({ subject: "alice", clientId: undefined });
    await expect(verify("unknown", userinfo, named)).rejects.toMatchObject({ kind: "badToken" });
  });
});
