// Refresh: rotates a refresh token and resolves the permissions anew. One chain, no forks, no logout after a lost answer.
import { auditEvent } from "../audit.ts";
import type { Call, ClientState, UseCase } from "../call.ts";
import { Failure, invalidGrant } from "../failure.ts";
import type { ExchangeResponseSchema, RefreshRequestSchema } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { idleExpiry } from "../policy/rotation.ts";
import { narrow } from "../policy/scopes.ts";
import { endedBecause } from "../policy/standing.ts";
import type { Standing } from "../store/standing.ts";
import type { Row } from "../store/tables.ts";
import type { RotateFamily } from "../store/token-operations.ts";
import { newSalt, type PresentedRefreshToken, parseRefreshToken, successorOf } from "../tokens/refresh-token.ts";
import { callingClient } from "../call.ts";
import { accessTokenType } from "./exchange.ts";
import { decidePresentation } from "./family.ts";
import { mintAccess, readScope, type Subject, subjectAt } from "./issue.ts";
import { actingIn } from "./subject.ts";
import { userPicture } from "./user-picture.ts";

type Needs = Pick<Parts, "store" | "permissions" | "keyring" | "mint" | "lifetimes" | "random" | "log">;

/** A lost race is decided anew on the row that won it; the second look always finds a repeat or an ending. */
const mostAttempts = 4;

export const refresh =
  (parts: Needs): UseCase<typeof RefreshRequestSchema, typeof ExchangeResponseSchema> =>
  async (call, request) => {
    const client = callingClient(call);
    const asked = readScope(request.scope);
    const presented = parseRefreshToken(parts.keyring, request.refreshToken);
    if (presented === undefined) throw invalidGrant("not one of our refresh tokens");
    const tenant = parts.store.tenant(client.application.tenantId);
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const family = await tenant.family(presented.familyId);
      if (family === undefined) throw invalidGrant("no such family");
      const answered = await present(parts, call, { client, family, presented, token: request.refreshToken, asked });
      if (answered !== "lost the race") return answered;
    }
    throw invalidGrant("the family kept moving");
  };

type Presentation = {
  client: ClientState;
  family: Row<"refreshFamily">;
  presented: PresentedRefreshToken;
  token: string;
  asked: readonly string[] | null;
};

/** Throws invalid_grant for every refusal. */
async function present(parts: Needs, call: Call, presentation: Presentation) {
  const { client, family, presented, token } = presentation;
  const brought = { token, presented, clientId: client.application.id, now: call.now };
  const decision = decidePresentation(parts.keyring, family, brought);
  if (decision.kind === "refuse") throw invalidGrant(decision.reason);
  if (decision.kind === "reuse") {
    await endFamily(parts, call, family);
    throw invalidGrant("reuse");
  }
  // All that can refuse comes before anything is spent: what an operator takes away and gives back costs no sign-in.
  const { jti, ...answered } = await answer(parts, call, presentation);
  const salt = decision.kind === "repeat" ? decision.salt : newSalt(parts);
  const successor = successorOf(parts.keyring, token, salt);
  const moved =
    decision.kind === "repeat" ||
    (await rotate(parts, call, family, { salt, successor: successor.digest, token: { grantId: family.grantId, jti } }));
  return moved ? { ...answered, refreshToken: successor.token } : "lost the race";
}

/** True for the one caller whose rotation it is. */
const rotate = (
  parts: Needs,
  call: Call,
  family: Row<"refreshFamily">,
  made: Pick<RotateFamily, "salt" | "successor" | "token">,
): Promise<boolean> =>
  parts.store.write(
    "rotateFamily",
    {
      tenantId: family.tenantId,
      familyId: family.id,
      head: family.headDigest,
      ...made,
      now: call.now,
      idleExpireTime: idleExpiry(call.now, family.idleTtlMs, family.absoluteExpireTime),
    },
    call.deadline,
  );

async function standingOf(parts: Needs, call: Call, family: Row<"refreshFamily">): Promise<Standing> {
  const standing = await parts.store.tenant(family.tenantId).standing(family.grantId, "");
  if (standing === undefined) throw invalidGrant("no such grant");
  const ended = endedBecause(standing, call.now);
  if (ended !== undefined) throw invalidGrant(ended);
  return standing;
}

/** Theft, as far as anybody can tell: this family ends with its grant, and no other (RFC 9700 section 4.14.2). */
const endFamily = (parts: Needs, call: Call, family: Row<"refreshFamily">) =>
  parts.store.write("endGrant", {
    tenantId: family.tenantId,
    grantId: family.grantId,
    now: call.now,
    reason: "refresh_reuse",
    audit: auditEvent(call, {
      event: "refresh.reused",
      subject: family.id,
      tenantId: family.tenantId,
      outcome: "refused",
      reason: "refresh_reuse",
    }),
  });

/** The answer but for the refresh token: the access token and the user's picture, as of now. */
async function answer(parts: Needs, call: Call, { client, family, asked }: Presentation) {
  const standing = await standingOf(parts, call, family);
  const subject = await currentSubject(parts, call, client, standing);
  const { grant, upstreamSubject } = standing;
  const scopes = within(grant.scope, asked);
  const access = await mintAccess(parts, call, { ...subject, grantId: grant.id, asked: scopes, ttl: 0 });
  return {
    jti: access.jti,
    token: access.token,
    expiresIn: access.expiresIn,
    tokenType: "Bearer",
    issuedTokenType: accessTokenType,
    scope: access.scope,
    user: userPicture(subject, upstreamSubject),
  };
}

/** The grant's subject as it is now: roles that were taken away are gone from the next token. */
function currentSubject(parts: Needs, call: Call, client: ClientState, standing: Standing): Promise<Subject> {
  const { user, resource, membership } = standing;
  const organization = membership === null ? undefined : actingIn(membership);
  return subjectAt(parts, call, { client, user, resource, organization }).catch((thrown: unknown) => {
    throw thrown instanceof Failure && thrown.kind === "badToken" ? invalidGrant(thrown.cause) : thrown;
  });
}

/** The scopes asked now, cut to those of the grant; either may ask for everything (RFC 6749 section 6). */
function within(granted: string | null, asked: readonly string[] | null): readonly string[] | null {
  return granted === null ? asked : narrow(readScope(granted) ?? [], asked);
}
