// The development issuer: a real OpenID Connect issuer on loopback with a handful of demo users and no passwords.
// It exists so that Tessera can be tried on its own; nothing outside dev mode starts it.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import type { Random } from "../random.ts";
import { openCodes } from "./authorization.ts";
import { serve } from "./endpoints.ts";
import type { DevClient, DevUser } from "./registry.ts";
import { createSigner, devUserGrant, openTokens } from "./tokens.ts";

export type { DevClient, DevUser } from "./registry.ts";

export type DevIssuerOptions = {
  /** On 127.0.0.1; 0 or absent takes a free one. */
  port?: number;
  users: readonly DevUser[];
  clients: readonly DevClient[];
  /** The `aud` of access tokens. */
  audience: string;
  clock: Clock;
  random: Random;
};

export type DevIssuer = {
  issuer: string;
  tokenEndpoint: string;
  /** Posted as JSON to `tokenEndpoint`, this answers an access token of the first user for the first client. */
  exampleBody: { grant_type: string; client_id: string; username: string };
  close(): Promise<void>;
};

/** Listens on 127.0.0.1 and answers once it does. Its signing key lives as long as it does. */
export async function startDevIssuer(options: DevIssuerOptions): Promise<DevIssuer> {
  const [user, client] = [options.users[0], options.clients[0]];
  if (user === undefined || client === undefined)
    throw new Failure("internal", "the development issuer needs a user and a client");
  const signer = await createSigner();
  const server = createServer();
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");

  const issuer = `http://127.0.0.1:${portOf(server)}`;
  const codes = openCodes(options);
  const tokens = openTokens({ ...options, issuer, codes, signer });
  const site = { ...options, issuer, codes, tokens };
  server.on("request", (request, response) => void serve(site, request, response));
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    exampleBody: { grant_type: devUserGrant, client_id: client.clientId, username: user.username },
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}
