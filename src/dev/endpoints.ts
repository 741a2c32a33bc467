// The endpoints of the development issuer: which request goes where, and what each answers.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AuthorizationRequest, answerUri, authorizationOf, type Codes, redirectOf } from "./authorization.ts";
import { errorPage, signInPage } from "./page.ts";
import type { DevClient, DevUser } from "./registry.ts";
import { devUserGrant, type Tokens } from "./tokens.ts";
import {
  bodyOf,
  need,
  type Parameters,
  parametersOf,
  Refusal,
  sendJson,
  sendPage,
  sendPreflight,
  sendRedirect,
  statusOf,
} from "./wire.ts";

export type Site = {
  issuer: string;
  users: readonly DevUser[];
  clients: readonly DevClient[];
  codes: Codes;
  tokens: Tokens;
};

type Handler = (site: Site, request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/** Answers one request. Never rejects. */
export async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", site.issuer);
    const handler = routes[`${request.method} ${url.pathname}`] ?? notFound;
    await handler(site, request, response, url);
  } catch (error) {
    if (response.headersSent) return;
    const known = error instanceof Refusal ? error : new Refusal("server_error", "internal error", "internal");
    sendJson(response, statusOf(known), { error: known.word, error_description: known.message });
  }
}

const notFound: Handler = (_site, _request, response) => sendJson(response, 404, { error: "not_found" });
const preflight: Handler = (_site, _request, response) => sendPreflight(response);

const discovery: Handler = ({ issuer }, _request, response) =>
  sendJson(response, 200, {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", devUserGrant],
    code_challenge_methods_supported: ["S256"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    token_endpoint_auth_methods_supported: ["none"],
    scopes_supported: ["openid", "email", "profile", "phone"],
    authorization_response_iss_parameter_supported: true,
  });

const jwks: Handler = ({ tokens }, _request, response) => sendJson(response, 200, { keys: [tokens.jwk] });

const token: Handler = async ({ tokens }, request, response) =>
  sendJson(response, 200, await tokens.grant(await bodyOf(request)));

const userinfo: Handler = async ({ tokens }, request, response) => {
  const bearer = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const profile = bearer === undefined ? undefined : await tokens.profile(bearer);
  if (profile !== undefined) return sendJson(response, 200, profile);
  // RFC 6750 section 3.1: no error word for a caller that sent nothing.
  const challenge = bearer === undefined ? "Bearer" : 'Bearer error="invalid_token"';
  sendJson(response, 401, { error: "invalid_token" }, { "www-authenticate": challenge });
};

const askUser: Handler = (site, _request, response, url) =>
  authorize(site, response, parametersOf(url.searchParams), (parameters, { redirectUri }) => {
    const { html, policy } = signInPage(site.users, parameters, redirectUri);
    sendPage(response, 200, html, policy);
  });

const signIn: Handler = async (site, request, response) =>
  authorize(site, response, await bodyOf(request), (parameters, wanted, back) => {
    const user = site.users.find(({ username }) => username === need(parameters, "username"));
    if (user === undefined) throw new Refusal("access_denied", "there is no such demo user");
    sendRedirect(response, back({ code: site.codes.issue({ ...wanted, user }) }));
  });

type Answer = { [name: string]: string };
type Proceed = (parameters: Parameters, wanted: AuthorizationRequest, back: (answer: Answer) => string) => void;

/** Goes on with a sound request. Errors go back only to a redirect URI that is known to be the client's. */
function authorize(site: Site, response: ServerResponse, parameters: Parameters, proceed: Proceed): void {
  let back: ((answer: Answer) => string) | undefined;
  try {
    const redirectUri = redirectOf(site.clients, parameters);
    back = (answer) => answerUri(redirectUri, site.issuer, parameters.get("state"), answer);
    proceed(parameters, authorizationOf(parameters, redirectUri), back);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (back !== undefined)
      return sendRedirect(response, back({ error: error.word, error_description: error.message }));
    const { html, policy } = errorPage(error.message);
    sendPage(response, statusOf(error), html, policy);
  }
}

const routes: Readonly<Record<string, Handler>> = {
  "GET /.well-known/openid-configuration": discovery,
  "GET /jwks": jwks,
  "GET /authorize": askUser,
  "POST /authorize": signIn,
  "POST /token": token,
  "GET /userinfo": userinfo,
  "POST /userinfo": userinfo,
  "OPTIONS /.well-known/openid-configuration": preflight,
  "OPTIONS /jwks": preflight,
  "OPTIONS /token": preflight,
  "OPTIONS /userinfo": preflight,
};
