// Introspect and IntrospectBatch (RFC 7662): whether one of our tokens is active, and what it may still do.
import { setImmediate as nextTurn } from "node:timers/promises";
import { create, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { Call, UseCase } from "../call.ts";
import {
  type IntrospectBatchRequestSchema,
  type IntrospectBatchResponseSchema,
  type IntrospectRequestSchema,
  IntrospectResponseSchema,
} from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { crossAudience } from "../policy/audience.ts";
import type { Consent } from "../policy/consent.ts";
import { endedBecause } from "../policy/standing.ts";
import { createMemo, type Memo } from "../store/memo.ts";
import type { Standing } from "../store/standing.ts";
import type { AccessClaims } from "../tokens/mint.ts";
import { isRefreshToken, parseRefreshToken } from "../tokens/refresh-token.ts";
import { callingClient } from "../call.ts";
import { decidePresentation } from "./family.ts";
import { type Alive, aliveToken, readOwnToken } from "./liveness.ts";
import { machinePermissions } from "./machine.ts";
import { consentOf } from "./subject.ts";

type Needs = Pick<Parts, "store" | "policies" | "permissions" | "keyring" | "verify" | "issuer">;
type Answer = MessageInitShape<typeof IntrospectResponseSchema>;
type Remembering = Needs & { pictures: Memo<Picture> };

/** What is said of an access token to whoever may read it, until when, and to whom. */
type Picture = {
  answer: MessageShape<typeof IntrospectResponseSchema>;
  /** Milliseconds. */
  until: number;
  serverClientIds: readonly string[];
};

/** Access tokens whose picture is remembered, until something it rests on changes; and how long they are together. */
const picturesKept = { max: 5_000, maxSize: 4_000_000 };

/** Tokens of a batch that are looked at without a break. */
const atOnce = 10;

/** All an inactive token is told about, whatever made it so (RFC 7662 section 2.2). */
const inactive: Answer = { active: false };

export const introspection = (
  parts: Needs,
): {
  introspect: UseCase<typeof IntrospectRequestSchema, typeof IntrospectResponseSchema>;
  introspectBatch: UseCase<typeof IntrospectBatchRequestSchema, typeof IntrospectBatchResponseSchema>;
} => {
  const remembering = { ...parts, pictures: createMemo<Picture>(parts.store.changes, picturesKept) };
  return {
    introspect: (call, request) => answerFor(remembering, call, request.token),
    introspectBatch: async (call, request) => {
      const results: Answer[] = [];
      for (const [at, token] of request.tokens.entries()) {
        // Signatures are checked at once: others are served in between, and the deadline is heard of.
        if (at % atOnce === 0) await nextTurn();
        const ended = call.cancel.reason();
        if (ended !== undefined) throw ended;
        results.push(await answerFor(remembering, call, token));
      }
      return { results };
    },
  };
};

const answerFor = (parts: Remembering, call: Call, token: string): Promise<Answer> =>
  isRefreshToken(token) ? aboutRefreshToken(parts, call, token) : aboutAccessToken(parts, call, token);

async function aboutAccessToken(parts: Remembering, call: Call, token: string): Promise<Answer> {
  const claims = readOwnToken(parts, token, call.now);
  if (claims === undefined || claims.tenant_id !== callingClient(call).application.tenantId) return inactive;
  const known = parts.pictures.get(claims.jti);
  const picture =
    known !== undefined && call.now < known.until
      ? known
      : await pictureOf(parts, claims, { now: call.now, size: token.length });
  if (picture === undefined) return inactive;
  return serves(call, picture) || (await readsAcross(parts, call)) ? picture.answer : inactive;
}

async function pictureOf(
  parts: Remembering,
  claims: AccessClaims,
  { now, size }: { now: number; size: number },
): Promise<Picture | undefined> {
  const since = parts.store.changes.count();
  const alive = await aliveToken(parts, claims, now);
  if (alive === undefined) return undefined;
  const { until, on } = alive.rests;
  const answer = Object.freeze(create(IntrospectResponseSchema, describe(claims, alive)));
  const picture = { answer, until, serverClientIds: alive.standing.resource.serverClientIds };
  parts.pictures.keep(claims.jti, picture, { ids: on, since, size });
  return picture;
}

const describe = (claims: AccessClaims, alive: Alive): Answer => ({
  active: true,
  scope: alive.scope,
  clientId: claims.client_id,
  ...named(alive.standing, alive.consent),
  tokenType: "access_token",
  exp: claims.exp,
  iat: claims.iat,
  sub: claims.sub,
  aud: claims.aud,
  iss: claims.iss,
  jti: claims.jti,
  tenantId: claims.tenant_id,
  sid: claims.sid,
  roles: [...alive.roles],
  permissions: [...alive.permissions],
  ...(claims.organization_id ? { organizationId: claims.organization_id } : {}),
});

/** A refresh token is its own client's business and nobody else's. It is active as long as Refresh would serve it. */
async function aboutRefreshToken(parts: Needs, call: Call, token: string): Promise<Answer> {
  // A user who came by way of the client is not the client.
  if (call.caller.kind !== "client") return inactive;
  const { application } = callingClient(call);
  const presented = parseRefreshToken(parts.keyring, token);
  if (presented === undefined) return inactive;
  const tenant = parts.store.tenant(application.tenantId);
  const family = await tenant.family(presented.familyId);
  if (family === undefined) return inactive;
  const brought = { token, presented, clientId: application.id, now: call.now };
  const decision = decidePresentation(parts.keyring, family, brought);
  if (decision.kind === "refuse" || decision.kind === "reuse") return inactive;
  const standing = await tenant.standing(family.grantId, "");
  if (standing === undefined || endedBecause(standing, call.now) !== undefined) return inactive;
  const consent = await consentOf(tenant, application, standing.grant.resourceId);
  return {
    active: true,
    clientId: application.id,
    ...named(standing, consent),
    tokenType: "refresh_token",
    exp: Math.floor(Math.min(family.idleExpireTime, family.absoluteExpireTime) / 1000),
    iat: Math.floor((family.rotateTime ?? family.createTime) / 1000),
    sub: standing.grant.userId,
    iss: parts.issuer,
    tenantId: family.tenantId,
    sid: family.grantId,
  };
}

/** A third party's token names its user where that was consented to. */
const named = ({ user }: Standing, consent: Consent | undefined) =>
  consent === undefined || consent.picture.has("profile") ? { username: user.username } : {};

/** The caller is an application that serves the audience. */
const serves = (call: Call, { serverClientIds }: Picture): boolean =>
  call.caller.kind === "client" && serverClientIds.includes(callingClient(call).application.id);

/** The caller may read tokens of every audience of its tenant. */
async function readsAcross(parts: Needs, call: Call): Promise<boolean> {
  if (call.caller.kind === "user") return call.caller.permissions.has(crossAudience);
  return (await machinePermissions(parts)(callingClient(call), call.now)).has(crossAudience);
}
