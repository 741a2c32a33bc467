// Whether an outside token is believed: whether its claims are what its connector asks for.
// Pure; says nothing about signatures, which are checked before anything here is asked of the claims.
import { type ClaimCondition, type Claims, isMet } from "./conditions.ts";

export type { ClaimCondition, Claims } from "./conditions.ts";

/** What a connector asks of a token: the fields of tessera.admin.v1.Connector. Zero and an empty list mean the default. */
export type TrustRule = {
  id: string;
  issuer: string;
  verification: "jwks" | "introspection" | "userinfo" | "github";
  audiences: readonly string[];
  authorizedClients: readonly string[];
  algorithms: readonly string[];
  tokenKind: "any" | "access_token" | "id_token";
  conditions: readonly ClaimCondition[];
  allowAnyAudience: boolean;
  singleUse: boolean;
  /** Longest exp − iat in seconds; 0 is a day. */
  maxTokenLifetime: number;
  /** Accepted clock difference in seconds, at most 120; 0 is 30. */
  leeway: number;
};

/** The asymmetric JWS algorithms there are. HMAC and `none` cannot be chosen (RFC 8725 section 3.1). */
const algorithms: readonly string[] = "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA".split(" ");

/** What a connector's tokens may be signed with: a positive list, exact in case. */
export function acceptedAlgorithms(rule: Pick<TrustRule, "algorithms">): readonly string[] {
  return rule.algorithms.length === 0
    ? ["ES256", "RS256"]
    : rule.algorithms.filter((name) => algorithms.includes(name));
}

/** `expiresAt` in milliseconds; `tokenId` is the jti. */
export type Believed = {
  ok: true;
  subject: string;
  clientId: string | undefined;
  tokenId: string | undefined;
  expiresAt: number;
};
export type Verdict = Believed | { ok: false; reason: string };

/** Whether the verified claims of a JWT satisfy the connector (RFC 7519 section 4.1, OpenID Connect Core 3.1.3.7). */
export function judgeClaims(
  rule: TrustRule,
  header: Claims,
  claims: Claims,
  now: number,
  expected: { nonce?: string | undefined } = {},
): Verdict {
  const defect =
    kindDefect(rule, header, claims) ??
    (claims.iss === rule.issuer ? undefined : "iss") ??
    timeDefect(rule, claims, now) ??
    (expected.nonce === undefined || claims.nonce === expected.nonce ? undefined : "nonce");
  return defect === undefined ? judgeParties(rule, claims) : refused(defect);
}

/** The same of an introspection answer (RFC 7662 section 2.2), which need not name its issuer and has no type. */
export function judgeIntrospection(rule: TrustRule, claims: Claims, now: number): Verdict {
  const isForeign = claims.iss !== undefined && claims.iss !== rule.issuer;
  const defect = (isForeign ? "iss" : undefined) ?? timeDefect(rule, claims, now);
  return defect === undefined ? judgeParties(rule, claims) : refused(defect);
}

/**
 * The same of a userinfo answer (OpenID Connect Core 5.3.2), which tells neither audience nor client nor lifetime: the
 * token may live as long as the connector allows.
 */
export function judgeUserinfo(rule: TrustRule, claims: Claims, now: number): Verdict {
  if (claims.iss !== undefined && claims.iss !== rule.issuer) return refused("iss");
  const told = { ...claims, aud: undefined, azp: undefined, client_id: undefined };
  return judgeParties(rule, { ...told, exp: now / 1000 + lifetimeOf(rule) });
}

/**
 * The same of what GitHub says of a token. It says so to nobody but the application that the token was made for, so the
 * audience is settled; a token without an end may live as long as the connector allows.
 */
export function judgeGithub(rule: TrustRule, claims: Claims, now: number): Verdict {
  const exp = claims.exp ?? now / 1000 + lifetimeOf(rule);
  const defect = claims.exp === undefined ? undefined : timeDefect(rule, claims, now);
  return defect === undefined ? judgeParties({ ...rule, allowAnyAudience: true }, { ...claims, exp }) : refused(defect);
}

function judgeParties(rule: TrustRule, claims: Claims): Verdict {
  const { sub: subject, exp, jti } = claims;
  if (typeof subject !== "string" || !subjectGrammar.test(subject)) return refused("sub");
  // RFC 9449 section 6 and RFC 8705 section 3: a bound token is worth nothing without its proof.
  if (claims.cnf !== undefined) return refused("cnf");
  if (jti !== undefined && typeof jti !== "string") return refused("jti");
  const defect = audienceDefect(rule, claims) ?? rule.conditions.find((condition) => !isMet(condition, claims))?.claim;
  if (defect !== undefined) return refused(defect);
  return { ok: true, subject, clientId: clientOf(claims), tokenId: jti, expiresAt: Math.floor(Number(exp) * 1000) };
}

/** OpenID Connect Core section 2: at most 255 ASCII characters. Without controls, so also without bidi marks. */
const subjectGrammar = /^[\x20-\x7e]{1,255}$/;

const plainTypes = [undefined, "application/jwt"];
const accessType = "application/at+jwt";

/** Each kind of token has rules no other kind fulfils (RFC 8725 sections 3.11 and 3.12). */
function kindDefect({ tokenKind }: TrustRule, header: Claims, claims: Claims): string | undefined {
  const type = mediaType(header.typ);
  const isPlain = plainTypes.includes(type);
  if (!isPlain && type !== accessType) return "typ";
  if (claims.events !== undefined || claims.htu !== undefined) return "a security event or a proof";
  if (tokenKind === "access_token") return type === accessType ? accessDefect(claims) : "typ";
  if (tokenKind === "id_token") return isPlain ? idDefect(claims) : "typ";
  return markDefect(claims, ["id", "bearer", "access"]);
}

/** RFC 7515 section 4.1.9: case does not matter, and without a slash "application/" is meant. */
function mediaType(typ: unknown): string | undefined {
  if (typ === undefined) return undefined;
  if (typeof typ !== "string") return "";
  const lower = typ.toLowerCase();
  return lower.includes("/") ? lower : `application/${lower}`;
}

/** RFC 9068 section 2.2. */
const accessDefect = (claims: Claims): string | undefined =>
  markDefect(claims, ["bearer", "access"]) ?? ["client_id", "iat", "jti"].find((name) => claims[name] === undefined);

/** OpenID Connect Core section 2. Scopes are of access tokens, which many issuers type as plain JWT too. */
const idDefect = (claims: Claims): string | undefined =>
  markDefect(claims, ["id"]) ??
  (claims.iat === undefined ? "iat" : ["scope", "scp"].find((name) => claims[name] !== undefined));

/** Claims with which issuers mark the kind (Keycloak `typ`, Cognito `token_use`); that is how a refresh token shows. */
const markDefect = (claims: Claims, allowed: readonly string[]): string | undefined =>
  ["typ", "token_use"].find((name) => {
    const mark = claims[name];
    return mark !== undefined && (typeof mark !== "string" || !allowed.includes(mark.toLowerCase()));
  });

const lifetimeOf = ({ maxTokenLifetime }: TrustRule): number => maxTokenLifetime || 86_400;

/** RFC 7519 sections 4.1.4 to 4.1.6, in seconds. A time that is no number is no time. */
function timeDefect(rule: TrustRule, { exp, nbf, iat }: Claims, nowMs: number): string | undefined {
  const now = nowMs / 1000;
  const leeway = Math.min(rule.leeway || 30, 120);
  if (!isTime(exp) || now >= exp + leeway) return "exp";
  if (nbf !== undefined && (!isTime(nbf) || nbf > now + leeway)) return "nbf";
  if (iat !== undefined && (!isTime(iat) || iat > now + leeway || iat > exp)) return "iat";
  const born = iat ?? now + leeway;
  return exp - born > lifetimeOf(rule) ? "lifetime" : undefined;
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** One rule for a string and for a list (RFC 7519 section 4.1.3), then the client (OpenID Connect Core section 2). */
function audienceDefect(rule: TrustRule, claims: Claims): string | undefined {
  const named = audiencesOf(claims.aud);
  if (named === undefined) return "aud";
  if (!rule.allowAnyAudience && !rule.audiences.some((audience) => named.includes(audience))) return "aud";
  return clientDefect(rule, claims, named.length > 1);
}

/** The audiences a claim names, none if it is missing; undefined if it is neither a string nor a list of strings. */
export function audiencesOf(aud: unknown): readonly string[] | undefined {
  if (aud === undefined) return [];
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.every((item) => typeof item === "string") ? list : undefined;
}

function clientDefect(rule: TrustRule, claims: Claims, isShared: boolean): string | undefined {
  const clients = [claims.azp, claims.client_id].filter((client) => client !== undefined);
  if (!clients.every((client) => typeof client === "string")) return "client";
  const allowed = rule.authorizedClients.length > 0 ? rule.authorizedClients : rule.audiences;
  // A token for several audiences is passed around; only its client tells whom it was made for.
  if (rule.authorizedClients.length === 0 && (!isShared || rule.allowAnyAudience)) return undefined;
  return clients.length > 0 && clients.every((client) => allowed.includes(client)) ? undefined : "client";
}

function clientOf({ azp, client_id: clientId }: Claims): string | undefined {
  if (typeof azp === "string") return azp;
  return typeof clientId === "string" ? clientId : undefined;
}

export const refused = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
