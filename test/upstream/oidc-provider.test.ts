// Tokens of the npm package oidc-provider, a certified OpenID provider: a real code flow, then ID token, JWT access token
// and opaque access token.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIssuers, type TrustedConnector, type VerifyInput } from "../../src/tokens/issuers.ts";
import { connectorFor, loopback, newKey } from "../support/upstream-issuer.ts";

const api = "https://tessera.example/api";
const redirect = "https://app.example/callback";
const web = { client_id: "web", client_secret: "web-secret", redirect_uris: [redirect] };
/** Tessera at the provider: may introspect. */
const us = { client_id: "tessera", client_secret: "s3cret", redirect_uris: [], grant_types: [], response_types: [] };

/** The little of the package that is used here; it brings no types. */
type Provider = {
  callback(): RequestListener;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  Grant: new (
    about: object,
  ) => {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  };
};
type ProviderContext = { oidc: { client: { clientId: string }; session: { accountId: string } } };

const server = createServer();
let issuer = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await openProvider();
  const serve = provider.callback();
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/interaction/"))
      return void provider.interactionFinished(request, response, { login: { accountId: "alice" } });
    return serve(request, response);
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function openProvider(): Promise<Provider> {
  const name: string = "oidc-provider";
  const { default: Provider } = (await import(name)) as { default: new (issuer: string, options: object) => Provider };
  const [key, other] = [newKey("RS256", "rs"), newKey("ES256", "es")];
  const provider: Provider = new Provider(issuer, {
    clients: [web, us],
    jwks: {
      keys: [key, other].map(({ privateKey, kid, alg }) => ({
        ...privateKey.export({ format: "jwk" }),
        kid,
        alg,
        use: "sig",
      })),
    },
    cookies: { keys: ["test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_ctx: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, name: "Alice", email: "alice@example.com", email_verified: true }),
    }),
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }: ProviderContext) => {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      grant.addResourceScope(api, "read");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: () => ({
          scope: "read",
          audience: api,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
        useGrantedResource: () => false,
      },
    },
    pkce: { required: () => false },
    ttl: { AccessToken: 3600, IdToken: 3600, Grant: 3600, Session: 3600, Interaction: 3600, AuthorizationCode: 60 },
  });
  return provider;
}

/** Signs in as alice, following every redirect as a browser does, and redeems the code. */
async function signIn(resource?: string): Promise<{ access_token: string; id_token: string }> {
  const cookies = new Map<string, string>();
  const wanted = { scope: resource ? "openid read" : "openid email profile", ...(resource && { resource }) };
  const query = new URLSearchParams({
    client_id: "web",
    redirect_uri: redirect,
    response_type: "code",
    nonce: "n-1",
    ...wanted,
  });
  let at = new URL(`${issuer}/auth?${query.toString()}`);
  while (at.origin === issuer) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`no way on from ${at.pathname}: ${response.status}`);
    at = new URL(location, at);
  }
  const code = at.searchParams.get("code") ?? "";
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirect,
    ...(resource && { resource }),
  });
  const authorization = `Basic ${btoa(`${web.client_id}:${web.client_secret}`)}`;
  const answer = await fetch(`${issuer}/token`, { method: "POST", body, headers: { authorization } });
  return (await answer.json()) as { access_token: string; id_token: string };
}

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
