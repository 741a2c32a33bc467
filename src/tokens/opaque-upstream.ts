// Opaque upstream tokens: what they are is asked at the issuer's introspection endpoint, at userinfo alone, or at GitHub.
import { badToken, unavailable } from "../failure.ts";
import { type Claims, judgeIntrospection, judgeUserinfo } from "../policy/trust.ts";
import { isObject } from "./compact.ts";
import { verifyByGithub } from "./github-upstream.ts";
import {
  basic,
  believe,
  type OpaqueConnector,
  type OpaqueInput,
  type OpaqueParts,
  type Recognized,
} from "./opaque-connector.ts";

/**
 * Shows the token to this connector's issuer and to nobody else. `now` in milliseconds. Throws badToken on the
 * issuer's definite no, or if its answer does not satisfy the connector; unavailable on anything else.
 */
export function verifyOpaque(parts: OpaqueParts, connector: OpaqueConnector, input: OpaqueInput): Promise<Recognized> {
  // RFC 6750 section 2.1: what may stand in an Authorization header, so that a token cannot end it.
  if (!/^[\w.~+/-]+=*$/.test(input.token)) throw badToken("opaque: not a bearer token");
  const verify = { userinfo: verifyByUserinfo, github: verifyByGithub, introspection: verifyByIntrospection };
  const { verification } = connector;
  return verify[verification === "jwks" ? "introspection" : verification](parts, connector, input);
}

async function verifyByUserinfo(
  parts: OpaqueParts,
  connector: OpaqueConnector,
  input: OpaqueInput,
): Promise<Recognized> {
  const endpoint =
    connector.userinfoEndpoint || (await parts.keys.discover(connector.issuer, input.asking)).userinfoEndpoint;
  const told = await readUserinfo(parts, endpoint, input);
  if (told === undefined) throw badToken("userinfo: not for this token");
  const claims = withSubject(told, connector.subjectClaim);
  return { believed: believe(judgeUserinfo(connector, claims, input.now)), claims };
}

/** Profiles that are older than OpenID Connect number their users. Beyond 2^53 two of them would be one. */
function withSubject(told: Claims, claim: string): Claims {
  if (claim === "") return told;
  const id: unknown = told[claim];
  return { ...told, sub: Number.isSafeInteger(id) ? String(id) : id };
}

async function verifyByIntrospection(
  parts: OpaqueParts,
  connector: OpaqueConnector,
  input: OpaqueInput,
): Promise<Recognized> {
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
async function endpointsOf({ keys }: OpaqueParts, connector: OpaqueConnector, asking: OpaqueInput["asking"]) {
  const { introspectionEndpoint: introspection, userinfoEndpoint: userinfo } = connector;
  if (introspection !== "") return { introspection, userinfo };
  const found = await keys.discover(connector.issuer, asking);
  return { introspection: found.introspectionEndpoint, userinfo: userinfo || found.userinfoEndpoint };
}

/** RFC 7662 section 2. */
async function introspect({ outbound }: OpaqueParts, connector: OpaqueConnector, endpoint: string, input: OpaqueInput) {
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

/** The claims, or undefined if the token is good but not for userinfo (RFC 6750 section 3.1, insufficient_scope). */
async function readUserinfo({ outbound }: OpaqueParts, endpoint: string, { token, asking }: OpaqueInput) {
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
