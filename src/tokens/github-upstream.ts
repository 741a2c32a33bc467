// Tokens of GitHub, which are opaque and open much else: shown to GitHub with the credentials of their own application.
import { badToken, unavailable } from "../failure.ts";
import { type Claims, judgeGithub } from "../policy/trust.ts";
import { isObject } from "./compact.ts";
import {
  basic,
  believe,
  type OpaqueConnector,
  type OpaqueInput,
  type OpaqueParts,
  type Recognized,
} from "./opaque-connector.ts";

const standardEndpoint = "https://api.github.com";

/** GitHub REST "Check a token". Throws badToken on a definite no, unavailable on anything else. */
export async function verifyByGithub(
  { outbound }: Pick<OpaqueParts, "outbound">,
  connector: OpaqueConnector,
  { token, now, asking }: OpaqueInput,
): Promise<Recognized> {
  const base = (connector.introspectionEndpoint || standardEndpoint).replace(/\/$/, "");
  const { status, body } = await outbound.json(`${base}/applications/${encodeURIComponent(connector.clientId)}/token`, {
    method: "POST",
    headers: {
      authorization: basic(connector),
      accept: "application/vnd.github+json",
      "content-type": "application/json",
      "user-agent": "tessera",
      "x-github-api-version": "2022-11-28",
    },
    body: JSON.stringify({ access_token: token }),
    signal: asking.signal,
  });
  // Of another application, revoked or none at all: GitHub tells those apart from our own credentials being wrong.
  if (status === 404 || status === 422) throw badToken("github: not a token of this application");
  if (status !== 200 || !isObject(body)) throw unavailable(`github: no usable answer (${status})`);
  const claims = claimsOf(body, connector.clientId);
  return { believed: believe(judgeGithub(connector, claims, now)), claims };
}

/** Its e-mail is what a page shows, not what was proved, and stays out. */
function claimsOf({ app, user, expires_at: expiry }: Claims, clientId: string): Claims {
  if (!isObject(app) || app.client_id !== clientId)
    throw unavailable("github: the answer is about another application");
  if (!isObject(user) || !Number.isSafeInteger(user.id)) throw badToken("github: not a token of a person");
  const { id, login, name } = user;
  return {
    sub: String(id),
    client_id: clientId,
    login,
    preferred_username: login,
    name,
    ...(typeof expiry === "string" && { exp: Math.floor(Date.parse(expiry) / 1000) }),
  };
}
