// What users may do at an audience: what they hold, put before their tenant's policy. Nearly every call asks it, so each
// answer is remembered until a write concerns it or something of it ends.
import type { PolicyCache } from "./policies.ts";
import { type Effective, effectivePermissions, heldAt, heldUntil } from "./policy/permissions.ts";
import { createMemo, keyOf } from "./store/memo.ts";
import type { Store } from "./store/store.ts";

export type Asked = {
  /** With the epoch that its policy is asked at. */
  tenant: { id: string; policyEpoch: number };
  userId: string;
  resourceId: string;
  organizationRoleIds: readonly string[];
  /** Milliseconds. */
  now: number;
};

/** `until`: the first moment (milliseconds) after it was read at which it may be another without any write. */
export type Allowed = { effective: Effective; until: number };

/** Answers are shared by all who ask. They are not frozen, since JSON.stringify takes four times as long for frozen lists. */
export type UserPermissions = { of(asked: Asked): Promise<Allowed> };

type Needs = { store: Pick<Store, "tenant" | "changes">; policies: PolicyCache };

/** Of a user at one audience each. */
const answersKept = { max: 5_000 };

export function createUserPermissions({ store, policies }: Needs): UserPermissions {
  const answers = createMemo<Allowed>(store.changes, answersKept);
  return {
    async of(asked) {
      const { tenant, userId, resourceId, organizationRoleIds } = asked;
      const key = keyOf([tenant.id, String(tenant.policyEpoch), userId, resourceId, ...organizationRoleIds]);
      const known = answers.get(key);
      if (known !== undefined && asked.now < known.until) return known;
      const since = store.changes.count();
      const allowed = await readAllowed({ store, policies }, asked);
      answers.keep(key, allowed, { ids: [tenant.id, userId], since });
      return allowed;
    },
  };
}

async function readAllowed({ store, policies }: Needs, asked: Asked): Promise<Allowed> {
  const { tenant, userId, resourceId, organizationRoleIds, now } = asked;
  const policy = await policies.of(tenant.id, tenant.policyEpoch);
  const rows = store.tenant(tenant.id);
  const [roles, groups] = [await rows.userRoles(userId), await rows.groups(userId)];
  const holdings = {
    kind: "user",
    roleIds: heldAt(roles, now),
    groupIds: heldAt(groups, now),
    organizationRoleIds,
  } as const;
  return {
    effective: effectivePermissions(policy, holdings, resourceId),
    until: Math.min(heldUntil(roles, now), heldUntil(groups, now)),
  };
}
