// Opens a grant and mints its first access token: the common end of Exchange, GenerateToken and OidcToken.
import type { Call, ClientState } from "../call.ts";
import { badToken, Failure } from "../failure.ts";
import type { Lifetimes, Parts } from "../parts.ts";
import { accessTokenLifetime, adminLifetime } from "../policy/lifetime.ts";
import type { Consent } from "../policy/consent.ts";
import { type Effective, type PolicyResource, scopeOf } from "../policy/permissions.ts";
import { narrow, parseScope } from "../policy/scopes.ts";
import { newId } from "../random.ts";
import type { Row } from "../store/tables.ts";
import { algorithmOf } from "../policy/keys.ts";
import { newRefreshToken } from "../tokens/refresh-token.ts";
import { realmOf } from "./realm.ts";
import { type ActingOrganization, permissionsOf } from "./subject.ts";

type Needs = Pick<Parts, "store" | "permissions" | "mint" | "keyring" | "lifetimes" | "random" | "log">;

export type Realm = "user" | "admin";

export type Subject = {
  client: ClientState;
  user: Row<"user">;
  resource: PolicyResource;
  effective: Effective;
  organization: ActingOrganization | undefined;
  /** Limits a third-party application. */
  consent: Consent | undefined;
  realm: Realm;
};

export type IssueRequest = Subject & {
  /** Scopes asked for; null asks for everything. */
  asked: readonly string[] | null;
  /** Seconds asked for; 0 is policy's own. */
  ttl: number;
  connectorId: string | null;
  claim: Row<"usedToken"> | undefined;
  refreshable: boolean;
};

export type Issued = { token: string; expiresIn: number; scope: string; refreshToken: string };

const day = 86_400_000;

export async function issue(parts: Needs, call: Call, request: IssueRequest): Promise<Issued> {
  const grant = grantRow(parts, call, request);
  const access = await mintAccess(parts, call, { ...request, grantId: grant.id });
  const refresh = request.refreshable ? newFamily(parts, call, request, grant) : undefined;
  // Nothing leaves before the grant is durable; a single-use token is claimed in the same commit.
  await parts.store.write(
    "openGrant",
    {
      grant: { ...grant, expireTime: Math.max(access.expiresAt, refresh?.family.absoluteExpireTime ?? 0) },
      ...(refresh ? { family: refresh.family } : {}),
      ...(request.claim ? { claim: request.claim } : {}),
      jti: access.jti,
    },
    call.deadline,
  );
  return { token: access.token, expiresIn: access.expiresIn, scope: access.scope, refreshToken: refresh?.token ?? "" };
}

/** Signs an access token for a grant that stands, or is about to. Throws precondition when it would be too large. */
export async function mintAccess(
  parts: Needs,
  call: Pick<Call, "now">,
  input: Subject & { grantId: string; asked: readonly string[] | null; ttl: number },
): Promise<{ token: string; jti: string; expiresIn: number; expiresAt: number; scope: string }> {
  const { client, user, resource, effective, organization, realm } = input;
  const permissions = narrow(effective.all, input.asked);
  const scope = scopeOf(effective, permissions);
  const jti = newId(call.now, parts.random);
  const iat = Math.floor(call.now / 1000);
  const expiresIn = lifetimeOf(parts.lifetimes, input);
  const { token, bytes, isLarge } = await parts.mint(
    {
      sub: user.id,
      aud: resource.indicator,
      exp: iat + expiresIn,
      iat,
      jti,
      client_id: client.application.id,
      tenant_id: client.application.tenantId,
      sid: input.grantId,
      pev: [client.tenant.policyEpoch, user.epoch],
      scope,
      roles: effective.roleNames,
      permissions,
      realm,
      ...(effective.groups.length > 0 ? { groups: effective.groups } : {}),
      ...(organization ? { organization_id: organization.id } : {}),
    },
    algorithmOf(resource.signingAlgorithm),
  );
  if (isLarge) parts.log.warn({ bytes, resource: resource.id }, "a large access token was minted");
  return { token, jti, expiresIn, expiresAt: (iat + expiresIn) * 1000, scope };
}

/** The permissions of the user at the resource. In the admin realm a subject without any is refused. */
export async function subjectAt(
  parts: Pick<Parts, "store" | "permissions">,
  call: Pick<Call, "now">,
  input: Omit<Subject, "consent" | "effective" | "realm">,
): Promise<Subject> {
  const { client, user, resource, organization } = input;
  const { consent, effective } = await permissionsOf(parts, client.application, {
    tenant: client.tenant,
    userId: user.id,
    resourceId: resource.id,
    organizationRoleIds: organization?.roleIds ?? [],
    now: call.now,
  });
  const realm = realmOf(resource);
  if (realm === "admin" && effective.all.length === 0) throw badToken("no management role");
  return { ...input, consent, effective, realm };
}

/** null asks for everything the subject may do. */
export function readScope(scope: string): readonly string[] | null {
  const asked = parseScope(scope);
  if (asked === undefined)
    throw new Failure("invalid", "the scope is malformed", {
      reason: "INVALID_SCOPE",
      violations: [
        { field: "scope", description: "names of RFC 6749 section 3.3, separated by one space", rule: "scope" },
      ],
    });
  return asked.length === 0 ? null : asked;
}

function lifetimeOf(lifetimes: Lifetimes, input: Subject & { ttl: number }): number {
  return accessTokenLifetime({
    requested: input.ttl,
    application: input.client.application.accessTokenTtl,
    resource: input.resource.accessTokenTtl,
    standard: lifetimes.accessToken,
    maximum:
      input.realm === "admin" ? Math.min(adminLifetime, lifetimes.accessTokenMaximum) : lifetimes.accessTokenMaximum,
  });
}

function grantRow(parts: Needs, call: Call, request: IssueRequest): Row<"grant"> {
  const { asked } = request;
  return {
    id: newId(call.now, parts.random),
    tenantId: request.user.tenantId,
    parentId: null,
    userId: request.user.id,
    clientId: request.client.application.id,
    resourceId: request.resource.id,
    organizationId: request.organization?.id ?? null,
    connectorId: request.connectorId,
    realm: request.realm,
    scope: asked === null ? null : asked.join(" "),
    requestId: call.requestId,
    createTime: call.now,
    expireTime: call.now + day,
    revokeTime: null,
    revokeReason: null,
  };
}

function newFamily(parts: Needs, call: Call, request: IssueRequest, grant: Row<"grant">) {
  const { application } = request.client;
  const { lifetimes } = parts;
  const idleTtlMs = 1000 * (application.refreshTokenIdleTtl || lifetimes.refreshIdle);
  const absoluteMs = 1000 * (application.refreshTokenAbsoluteTtl || lifetimes.refreshAbsolute);
  const familyId = newId(call.now, parts.random);
  const first = newRefreshToken({ keyring: parts.keyring, random: parts.random, familyId });
  const family: Row<"refreshFamily"> = {
    id: familyId,
    tenantId: grant.tenantId,
    grantId: grant.id,
    clientId: application.id,
    binding: null,
    generation: first.generation,
    headDigest: first.digest,
    previousDigest: null,
    salt: null,
    retryWindowMs: 1000 * (application.refreshRetryWindow ?? lifetimes.retryWindow),
    idleTtlMs,
    createTime: call.now,
    rotateTime: null,
    idleExpireTime: call.now + Math.min(idleTtlMs, absoluteMs),
    absoluteExpireTime: call.now + absoluteMs,
    revokeTime: null,
  };
  return { token: first.token, family };
}
