// The authorization endpoint of the development issuer: code flow with PKCE (RFC 6749 section 4.1, RFC 7636).
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import { isLoopback } from "../config/address.ts";
import type { Random } from "../random.ts";
import type { DevClient, DevUser } from "./registry.ts";
import { need, type Parameters, Refusal } from "./wire.ts";

/** A checked request. Only now may an error be sent to `redirectUri`. */
export type AuthorizationRequest = {
  clientId: string;
  redirectUri: string;
  challenge: string;
  scope: string;
  nonce?: string;
};

/** What a code stands for. */
export type Authorization = AuthorizationRequest & { user: DevUser };

export type Codes = {
  issue(authorization: Authorization): string;
  /** Gives what the code stands for, once (RFC 6749 section 4.1.2). */
  redeem(code: string): Authorization | undefined;
};

const codeLifeMs = 60_000;
const maxCodes = 1_000;

export function openCodes({ clock, random }: { clock: Clock; random: Random }): Codes {
  const codes = new Map<string, Authorization & { expires: number }>();
  return {
    issue(authorization) {
      const [oldest] = codes.keys();
      if (oldest !== undefined && codes.size >= maxCodes) codes.delete(oldest);
      const code = Buffer.from(random.bytes(32)).toString("base64url");
      codes.set(code, { ...authorization, expires: clock.now() + codeLifeMs });
      return code;
    },
    redeem(code) {
      const found = codes.get(code);
      codes.delete(code);
      return found !== undefined && clock.now() < found.expires ? found : undefined;
    },
  };
}

/** Finds the client and checks its redirect URI. Throws Refusal; such a refusal is shown, never redirected. */
export function redirectOf(clients: readonly DevClient[], parameters: Parameters): string {
  const client = clients.find(({ clientId }) => clientId === parameters.get("client_id"));
  if (client === undefined) throw new Refusal("invalid_request", "client_id is unknown");
  const wanted = need(parameters, "redirect_uri");
  if (client.redirectUris.some((registered) => isSameRedirect(registered, wanted))) return wanted;
  throw new Refusal("invalid_request", "redirect_uri is not registered for this client");
}

/** Exact match, but a port of loopback may differ, as native applications choose it late (RFC 8252 section 7.3). */
function isSameRedirect(registered: string, wanted: string): boolean {
  if (registered === wanted) return true;
  const [left, right] = [withoutPort(registered), withoutPort(wanted)];
  return left !== undefined && left === right;
}

function withoutPort(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (url?.protocol !== "http:" || !isLoopback(url.hostname.replace(/^\[|\]$/g, ""))) return undefined;
  url.port = "";
  return url.href;
}

/** Checks everything else. Throws Refusal, which goes back to the redirect URI. */
export function authorizationOf(parameters: Parameters, redirectUri: string): AuthorizationRequest {
  if (parameters.get("response_type") !== "code") {
    throw new Refusal("unsupported_response_type", "response_type must be code");
  }
  const challenge = need(parameters, "code_challenge");
  if (parameters.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
    throw new Refusal("invalid_request", "code_challenge must be of the method S256");
  }
  const scope = need(parameters, "scope");
  if (!scope.split(" ").includes("openid")) throw new Refusal("invalid_scope", "scope must contain openid");
  if (parameters.get("prompt") === "none") throw new Refusal("login_required", "somebody has to choose a user");
  const nonce = parameters.get("nonce");
  return { clientId: need(parameters, "client_id"), redirectUri, challenge, scope, ...(nonce && { nonce }) };
}

/** RFC 7636 section 4.6. */
export function provesChallenge(verifier: string, challenge: string): boolean {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false;
  const digest = createHash("sha256").update(verifier).digest("base64url");
  return timingSafeEqual(Buffer.from(digest), Buffer.from(challenge));
}

/** The redirect URI with the answer, the state as it came, and who answers (RFC 9207). */
export function answerUri(
  redirectUri: string,
  issuer: string,
  state: string | undefined,
  answer: Record<string, string>,
): string {
  const url = new URL(redirectUri);
  const fields = { ...answer, ...(state !== undefined && { state }), iss: issuer };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return url.href;
}
