// oidc-provider as lean as its configuration makes it: client credentials with JWT access tokens for a resource, opaque
// ones without, and introspection.
import type { RequestListener } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import type { PeerOptions } from "./start.ts";

/** The little of the package that is used here; it brings no types. */
type Provider = { callback(): RequestListener };

export async function openProvider(issuer: string, options: PeerOptions): Promise<RequestListener> {
  const name: string = "oidc-provider";
  const { default: Provider } = (await import(name)) as { default: new (issuer: string, options: object) => Provider };
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: "peer-1", alg: "ES256", use: "sig" };
  return new Provider(issuer, configurationOf(options, key)).callback();
}

const configurationOf = ({ clientId, clientSecret, resource, scope }: PeerOptions, key: object) => ({
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: "ES256",
      scope,
    },
  ],
  jwks: { keys: [key] },
  scopes: scope.split(" "),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({
        scope,
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 3600,
        jwt: { sign: { alg: "ES256" } },
      }),
      useGrantedResource: () => false,
    },
  },
  ttl: { ClientCredentials: 3600 },
});
