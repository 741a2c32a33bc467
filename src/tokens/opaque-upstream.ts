// Opaque upstream tokens: what they are is asked at the issuer's introspection endpoint, or at userinfo alone.
import { badToken, unavailable } from "../failure.ts";
import { type Believed, type Claims, judgeIntrospection, judgeUserinfo, type TrustRule } from "../policy/trust.ts";
import { isObject } from "./compact.ts";
import type { Outbound } from "./outbound.ts";
import type { Asking, UpstreamKeys } from "./upstream-keys.ts";

/** An empty endpoint means the one of the issuer's discovery document. */
export type OpaqueConnector = TrustRule & {
  introspectionEndpoint: string;
  userinfoEndpoint: string;
  /** The credentials of Tessera at the introspection endpoint; the secret is opened only for the request. */
  clientId: string;
  clientSecret: () => string;
};

type Parts = { outbound: Outbound; keys: Pick<UpstreamKeys, "discover"> };

/** `claims` hold the profile. */
export type Recognized = { believed: Believed; claims: Claims };

/**
 * Shows the token to this connector's issuer and to nobody else. `now` in milliseconds. Throws badToken on the
 * issuer's definite no, or if its answer does not satisfy the connector; unavailable on anything else.
 */
export function verifyOpaque(
  parts: Parts,
  connector: OpaqueConnector,
  input: { token: string; now: number; asking: Asking },
): Promise<Recognized> {
  // RFC 6750 section 2.1: what may stand in an Authorization header, so that a token cannot end it.
  if (!/^[\w.~+/-]+=*$/.test(input.token)) throw badToken("opaque: not a bearer token");
  return connector.verification === "userinfo"
    ? verifyByUserinfo(parts, connector, input)
    : verifyByIntrospection(parts, connector, input);
}

type Input = { token: string; now: number; asking: Asking };

async function verifyByUserinfo(parts: Parts, connector: OpaqueConnector, input: Input): Promise<Recognized> {
  const endpoint =
    connector.userinfoEndpoint || (await parts.keys.discover(connector.issuer, input.asking)).userinfoEndpoint;
  const claims = await readUserinfo(parts, endpoint, input);
  if (claims === undefined) throw badToken("userinfo: not for this token");
  return { believed: believe(judgeUserinfo(connector, claims, input.now)), claims };
}

async function verifyByIntrospection(parts: Parts, connector: OpaqueConnector, input: Input): Promise<Recognized> {
  const { introspection, userinfo } = await endpointsOf(parts, connector, input.asking);
  const claims = await introspect(parts, connector, introspection, input);
  const believed = believe(judgeIntrospection(connector, claims, input.now));
  const asksProfile = userinfo !== "" && hasScope(claims.scope, "openid");
  const profile = asksProfile ? await readUserinfo(parts, userinfo, input) : undefined;
  // Only userinfo's welcome tells an access token from a refresh token where the answer names no type.
  if (claims.token_type === undefined && profile === undefined) throw badToken("introspection: no token type");
  // OpenID Connect Core section 5.3.2.
  if (profile !== undefined && profile.sub !== believed.subject) throw badToken("userinfo: another subject");
  return { believed, claims: profile ?? claims };
}

/** An issuer whose introspection endpoint is configured is not asked for its discovery document: it may have none. */
async function endpointsOf({ keys }: Parts, connector: OpaqueConnector, asking: Asking) {
  const { introspectionEndpoint: introspection, userinfoEndpoint: userinfo } = connector;
  if (introspection !== "") return { introspection, userinfo };
  const found = await keys.discover(connector.issuer, asking);
  return { introspection: found.introspectionEndpoint, userinfo: userinfo || found.userinfoEndpoint };
}

/** RFC 7662 section 2. */
async function introspect({ outbound }: Parts, connector: OpaqueConnector, endpoint: string, input: Input) {
  const { status, body } = await outbound.json(endpoint, {
    method: "POST",
    headers: { authorization: basic(connector), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ token: input.token, token_type_hint: "access_token" }).toString(),
    signal: input.asking.signal,
  });
  // A 401 here is about Tessera's own credentials, not about the token (RFC 7662 section 2.3).
  if (status !== 200 || !isObject(body) || typeof body.active !== "boolean") {
    throw unavailable(`introspection: no usable answer (${status})`);
  }
  if (!body.active) throw badToken("introspection: not active");
  if (!["token_type", "token_use", "typ"].every((name) => isAccessKind(body[name]))) {
    throw badToken("introspection: not a bearer access token");
  }
  return body;
}

/** A DPoP token is not a bearer token (RFC 9449 section 6.2), and refresh tokens can be introspected too. */
const isAccessKind = (kind: unknown): boolean =>
  kind === undefined ||
  (typeof kind === "string" && ["bearer", "access", "access_token", "at+jwt"].includes(kind.toLowerCase()));

/** RFC 6749 section 2.3.1: both halves are form-encoded first. */
function basic({ clientId, clientSecret }: OpaqueConnector): string {
  const secret = clientSecret();
  if (clientId === "" || secret === "") throw unavailable("introspection: the connector has no credentials");
  const encode = (value: string) => new URLSearchParams({ v: value }).toString().slice("v=".length);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString("base64")}`;
}

/** The claims, or undefined if the token is good but not for userinfo (RFC 6750 section 3.1, insufficient_scope). */
async function readUserinfo({ outbound }: Parts, endpoint: string, { token, asking }: Input) {
  const { status, body } = await outbound.json(endpoint, {
    headers: { authorization: `Bearer ${token}` },
    signal: asking.signal,
  });
  if (status === 401) throw badToken("userinfo: refused");
  if (status === 403) return undefined;
  if (status !== 200 || !isObject(body)) throw unavailable(`userinfo: no usable answer (${status})`);
  return body;
}

const hasScope = (scope: unknown, name: string): boolean =>
  typeof scope === "string" && scope.split(" ").includes(name);

function believe(verdict: ReturnType<typeof judgeUserinfo>): Believed {
  if (!verdict.ok) throw badToken(`claims: ${verdict.reason}`);
  return verdict;
}
