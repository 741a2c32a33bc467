// Signing in at the upstream issuer: authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 9700).
import type { Configuration } from "./configuration.ts";

type Attempt = { state: string; verifier: string };
type Endpoints = { authorization_endpoint: string; token_endpoint: string };

/** Leaves the page for the issuer's sign-in. */
export async function startSignIn(configuration: Configuration): Promise<void> {
  const attempt: Attempt = { state: randomText(), verifier: randomText() };
  keep(attempt);
  const { authorization_endpoint } = await endpointsOf(configuration);
  const url = new URL(authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: configuration.upstream_client_id,
    redirect_uri: redirectUri(),
    scope: "openid profile email",
    state: attempt.state,
    code_challenge: await challengeOf(attempt.verifier),
    code_challenge_method: "S256",
  }).toString();
  location.assign(url);
}

/** Answers the issuer's access token if the page was just sent back with a code; undefined if it was opened otherwise. */
export async function finishSignIn(configuration: Configuration): Promise<string | undefined> {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("code") && !answer.has("error")) return undefined;
  // The code leaves the address bar before anything else happens, and a reload does not present it again.
  history.replaceState(null, "", location.pathname);
  const attempt = take();
  if (!attempt || answer.get("state") !== attempt.state) throw new Error("This sign-in was not begun here. Try again.");
  // RFC 9207: an answer from another issuer is a mix-up.
  if (answer.get("iss") !== configuration.upstream_issuer) throw new Error("The answer is from another issuer.");
  if (answer.has("error")) throw new Error("The sign-in was not completed.");
  return redeem(answer.get("code") ?? "", attempt.verifier, configuration);
}

async function redeem(code: string, verifier: string, configuration: Configuration): Promise<string> {
  const { token_endpoint } = await endpointsOf(configuration);
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    code_verifier: verifier,
    client_id: configuration.upstream_client_id,
    redirect_uri: redirectUri(),
  });
  const response = await fetch(token_endpoint, { method: "POST", body });
  if (!response.ok) throw new Error("The issuer refused the sign-in.");
  return ((await response.json()) as { access_token: string }).access_token;
}

async function endpointsOf({ upstream_issuer }: Configuration): Promise<Endpoints> {
  const response = await fetch(`${upstream_issuer}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error("The issuer does not answer.");
  return (await response.json()) as Endpoints;
}

const redirectUri = () => `${location.origin}/`;

// The verifier has to outlive the redirect, so memory will not do. sessionStorage is this tab's alone, and what is
// kept there is useless without the code and is removed the moment it is read.
const place = "tessera-sign-in";

const keep = (attempt: Attempt) => sessionStorage.setItem(place, JSON.stringify(attempt));

function take(): Attempt | undefined {
  const kept = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  return kept === null ? undefined : (JSON.parse(kept) as Attempt);
}

const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const challengeOf = async (verifier: string) =>
  base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
