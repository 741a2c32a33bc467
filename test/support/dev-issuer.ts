// A development issuer for one test file, a clock that the test moves, and the requests every test begins with.
import { createHash } from "node:crypto";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { expect } from "vitest";
import { type DevIssuer, type DevIssuerOptions, startDevIssuer } from "../../src/dev/issuer.ts";
import { systemRandom } from "../../src/random.ts";

export const ada = {
  subject: "user-ada",
  username: "ada",
  name: "Ada <Lovelace>",
  email: "ada@example.test",
  emailVerified: true,
  phone: "+4915112345678",
};
const bob = { subject: "user-bob", username: "bob", name: "Bob", email: "bob@example.test", emailVerified: false };
const web = { clientId: "web", redirectUris: ["http://127.0.0.1:5173/callback", "https://app.example.test/callback"] };
const native = { clientId: "native", redirectUris: ["app.example:/callback"] };

export const time = { ahead: 0 };
export const options: DevIssuerOptions = {
  users: [ada, bob],
  clients: [web, native],
  audience: "urn:example:upstream",
  clock: { now: () => Date.now() + time.ahead },
  random: systemRandom,
};

export const verifier = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";

/** The body of an answer, which is always a JSON object here. */
export const read = async (response: Response) => (await response.json()) as Record<string, unknown>;

export const bearer = (token: unknown) => ({ headers: { authorization: `Bearer ${String(token)}` } });

export type Browser = Awaited<ReturnType<typeof startDevIssuerWithBrowser>>;

/** The issuer and what a browser or client does there. */
export async function startDevIssuerWithBrowser() {
  const dev: DevIssuer = await startDevIssuer(options);
  const keys = createRemoteJWKSet(new URL(`${dev.issuer}/jwks`));
  const [redirectUri = ""] = web.redirectUris;
  const request = {
    response_type: "code",
    client_id: "web",
    redirect_uri: redirectUri,
    scope: "openid email",
    state: "state &=1",
    nonce: "nonce-1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const form = (path: string, fields: Record<string, string>) =>
    fetch(dev.issuer + path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });

  /** Signs ada in and answers where the browser is sent. */
  const signIn = async (change: Record<string, string> = {}): Promise<URL> => {
    const response = await form("/authorize", { ...request, username: "ada", ...change });
    expect(response.status).toBe(303);
    return new URL(response.headers.get("location") ?? "");
  };

  /** Signs ada in and redeems the code. */
  const redeem = async (change: Record<string, string> = {}): Promise<Response> => {
    const code = (await signIn()).searchParams.get("code") ?? "";
    const base = { grant_type: "authorization_code", client_id: "web", redirect_uri: redirectUri };
    return form("/token", { ...base, code, code_verifier: verifier, ...change });
  };

  const verify = (token: unknown, audience: string) => jwtVerify(String(token), keys, { issuer: dev.issuer, audience });
  return { dev, redirectUri, request, form, signIn, redeem, verify };
}
