// The tokens of the development issuer: who gets them, what they say, and reading them back for userinfo.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";
import { type Codes, provesChallenge } from "./authorization.ts";
import type { DevClient, DevUser } from "./registry.ts";
import { need, type Parameters, Refusal } from "./wire.ts";

/** The grant by which a script gets a token for a demo user without a browser. */
export const devUserGrant = "urn:tessera:grant:dev-user";

export type TokenAnswer = {
  access_token: string;
  id_token: string;
  token_type: "Bearer";
  expires_in: number;
  scope: string;
};

type Subject = { user: DevUser; clientId: string; scope: string; nonce?: string };

export type Tokens = {
  jwk: JWK;
  /** The token endpoint (RFC 6749 section 3.2). Throws Refusal. */
  grant(parameters: Parameters): Promise<TokenAnswer>;
  /** The claims about the holder of an access token; undefined if it is not one of ours. */
  profile(accessToken: string): Promise<object | undefined>;
};

type Parts = {
  issuer: string;
  audience: string;
  users: readonly DevUser[];
  clients: readonly DevClient[];
  codes: Codes;
  signer: Awaited<ReturnType<typeof createSigner>>;
  clock: Clock;
  random: Random;
};

const lifeSeconds = 3600;

/** A new ES256 key, with its public half as a JWK that names it. */
export async function createSigner() {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { publicKey, privateKey, kid, jwk: { ...jwk, kid, alg: "ES256", use: "sig" } };
}

export function openTokens(parts: Parts): Tokens {
  const { issuer, audience, users, clock, random } = parts;
  const { publicKey, privateKey, kid, jwk } = parts.signer;
  const sign = (typ: string, user: DevUser, claims: Record<string, unknown>) => {
    const now = Math.floor(clock.now() / 1000);
    return new SignJWT({ ...profileOf(user), ...claims, iss: issuer, iat: now, exp: now + lifeSeconds })
      .setProtectedHeader({ alg: "ES256", typ, kid })
      .sign(privateKey);
  };

  return {
    jwk,
    async grant(parameters) {
      const { user, clientId, scope, nonce } = subjectOf(parts, parameters);
      const jti = Buffer.from(random.bytes(16)).toString("base64url");
      return {
        access_token: await sign("at+jwt", user, { aud: audience, client_id: clientId, azp: clientId, scope, jti }),
        id_token: await sign("JWT", user, { aud: clientId, azp: clientId, ...(nonce && { nonce }) }),
        token_type: "Bearer",
        expires_in: lifeSeconds,
        scope,
      };
    },
    async profile(accessToken) {
      const rules = { issuer, audience, typ: "at+jwt", algorithms: ["ES256"], currentDate: new Date(clock.now()) };
      const verified = await jwtVerify(accessToken, publicKey, rules).catch(() => undefined);
      const user = users.find(({ subject }) => subject === verified?.payload.sub);
      return user && profileOf(user);
    },
  };
}

function subjectOf({ users, clients, codes }: Parts, parameters: Parameters): Subject {
  const clientId = need(parameters, "client_id");
  if (!clients.some((client) => client.clientId === clientId)) {
    throw new Refusal("invalid_client", "client_id is unknown", "unauthenticated");
  }
  const grantType = need(parameters, "grant_type");
  if (grantType === devUserGrant) {
    const user = users.find(({ username }) => username === need(parameters, "username"));
    if (user === undefined) throw new Refusal("invalid_grant", "there is no such demo user");
    return { user, clientId, scope: "openid email profile" };
  }
  if (grantType !== "authorization_code") throw new Refusal("unsupported_grant_type", "this grant is not offered");
  const authorization = codes.redeem(need(parameters, "code"));
  const isHeld =
    authorization?.clientId === clientId &&
    authorization.redirectUri === need(parameters, "redirect_uri") &&
    provesChallenge(need(parameters, "code_verifier"), authorization.challenge);
  if (!isHeld) throw new Refusal("invalid_grant", "the code was refused");
  return authorization;
}

const profileOf = ({ subject, username, name, email, emailVerified, phone }: DevUser) => ({
  sub: subject,
  email,
  email_verified: emailVerified,
  name,
  preferred_username: username,
  ...(phone !== undefined && { phone_number: phone }),
});
