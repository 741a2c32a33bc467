// The issuer whose tokens are exchanged: a key set over https on loopback, and ID tokens signed by its one key.
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import Sqlite from "better-sqlite3";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type Person, upstreamAudience, upstreamClient } from "./declaration.ts";

export type Upstream = {
  issuer: string;
  jwksUri: string;
  token(user: Person): Promise<string>;
  close(): Promise<void>;
};

const kid = "upstream-1";

/** PEM. */
export async function startUpstream(certificate: { cert: string; key: string }): Promise<Upstream> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }] });
  const server = createServer(certificate, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(keySet);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    token: (user) =>
      new SignJWT(idClaims(user))
        .setProtectedHeader({ alg: "ES256", typ: "JWT", kid })
        .setIssuer(issuer)
        .setAudience(upstreamAudience)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Has the tenants of a stopped instance's file trust this issuer, in place of the one that was here before it. */
export function moveUpstream(path: string, { issuer, jwksUri }: Pick<Upstream, "issuer" | "jwksUri">): void {
  const file = new Sqlite(path);
  file.prepare("UPDATE connector SET issuer = ?, jwks_uri = ?").run(issuer, jwksUri);
  file.prepare("UPDATE connector_audience SET issuer = ?").run(issuer);
  file.close();
}

/** As a social sign-in has them (OpenID Connect Core section 2). */
const idClaims = ({ subject, username, name, email }: Person) => ({
  sub: subject,
  azp: upstreamClient,
  auth_time: Math.floor(Date.now() / 1000),
  sid: randomUUID(),
  at_hash: randomBytes(16).toString("base64url"),
  nonce: randomBytes(16).toString("base64url"),
  preferred_username: username,
  name,
  email,
  email_verified: true,
  locale: "en-GB",
});
