// The npm package oidc-provider, a certified OpenID provider, on loopback: a real code flow, then ID token, JWT access
// token and opaque access token.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { newKey } from "./upstream-issuer.ts";

/** The audience of its JWT access tokens. */
export const providerApi = "https://tessera.example/api";
const redirect = "https://app.example/callback";
/** The application that its users sign in to: the audience of its ID tokens. */
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

export type ProviderTokens = { access_token: string; id_token: string };

/** `clientId` and `clientSecret` are Tessera's there. Everybody who signs in is alice; the nonce is "n-1". */
export type TestProvider = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** With a resource the access token is a JWT for it, without one it is opaque. */
  signIn(resource?: string): Promise<ProviderTokens>;
  close(): void;
};

export async function startProvider(): Promise<TestProvider> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await openProvider(issuer);
  const serve = provider.callback();
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/interaction/"))
      return void provider.interactionFinished(request, response, { login: { accountId: "alice" } });
    return serve(request, response);
  });
  return {
    issuer,
    clientId: us.client_id,
    clientSecret: us.client_secret,
    signIn: (resource) => signIn(issuer, resource),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function openProvider(issuer: string): Promise<Provider> {
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
      grant.addResourceScope(providerApi, "read");
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
          audience: providerApi,
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

/** Follows every redirect as a browser does, and redeems the code. */
async function signIn(issuer: string, resource?: string): Promise<ProviderTokens> {
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
  return (await answer.json()) as ProviderTokens;
}
