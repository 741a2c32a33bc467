// Is this access token alive, and what may its subject still do? Asked by Introspect and for every bearer.
import { Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import type { Consent } from "../policy/consent.ts";
import { scopeOf } from "../policy/permissions.ts";
import { endedBecause } from "../policy/standing.ts";
import type { Standing } from "../store/standing.ts";
import type { AccessClaims } from "../tokens/mint.ts";
import { realmOf } from "./realm.ts";
import { permissionsOf } from "./subject.ts";

/** The claims of a token that we signed and that has not expired; undefined for any other. */
export function readOwnToken(parts: Pick<Parts, "verify">, token: string, now: number): AccessClaims | undefined {
  try {
    return parts.verify(token, { now });
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === "badToken") return undefined;
    throw thrown;
  }
}

export type Alive = {
  standing: Standing;
  permissions: readonly string[];
  /** The permissions as a scope. */
  scope: string;
  roles: readonly string[];
  /** Limits a third-party application. */
  consent: Consent | undefined;
  /** All of this holds until one of these ids is concerned by a write, and at most until then (milliseconds). */
  rests: { on: readonly string[]; until: number };
};

/** Undefined once anything ended it. Permissions are those embedded ∩ those the subject has now. */
export async function aliveToken(
  parts: Pick<Parts, "store" | "permissions">,
  claims: AccessClaims,
  now: number,
): Promise<Alive | undefined> {
  const standing = await parts.store.tenant(claims.tenant_id).standing(claims.sid, claims.jti);
  if (standing === undefined || endedBecause(standing, now) !== undefined) return undefined;
  // A grant mints for one audience and subject only.
  if (standing.resource.indicator !== claims.aud || standing.grant.userId !== claims.sub) return undefined;
  const ancestors = await ancestorsOf(parts, standing, now);
  if (ancestors === undefined) return undefined;

  const { consent, effective, until } = await permissionsOf(parts, standing.application, {
    tenant: standing.tenant,
    userId: standing.grant.userId,
    resourceId: standing.grant.resourceId,
    organizationRoleIds: standing.membership?.roleIds ?? [],
    now,
  });
  // An admin token is its subject's management role; without one it opens nothing, not even what any user may call.
  if (realmOf(standing.resource) === "admin" && effective.all.length === 0) return undefined;
  const permissions = stillHeld(effective.all, claims.permissions ?? []);
  return {
    standing,
    permissions,
    scope: scopeOf(effective, permissions),
    roles: stillHeld(effective.roleNames, claims.roles ?? []),
    consent,
    rests: {
      on: [claims.tenant_id, claims.jti, ...[standing, ...ancestors].flatMap(({ grant }) => [grant.id, grant.userId])],
      until: Math.min(until, ...[standing, ...ancestors].map(({ grant }) => grant.expireTime)),
    },
  };
}

/** Those embedded that are held, in their order; the very list of what is held where it is the same. */
function stillHeld(held: readonly string[], embedded: readonly string[]): readonly string[] {
  if (embedded.length === held.length && embedded.every((name, at) => name === held[at])) return held;
  const known = new Set(held);
  return embedded.filter((name) => known.has(name));
}

/** A grant stands on its ancestors: ending one ends all that was exchanged from it. Undefined when one has ended. */
async function ancestorsOf(
  { store }: Pick<Parts, "store">,
  { grant: { tenantId, parentId } }: Standing,
  now: number,
): Promise<Standing[] | undefined> {
  if (parentId === null) return [];
  const parent = await store.tenant(tenantId).standing(parentId, "");
  if (parent === undefined || endedBecause(parent, now) !== undefined) return undefined;
  const ancestors = await ancestorsOf({ store }, parent, now);
  return ancestors && [parent, ...ancestors];
}
