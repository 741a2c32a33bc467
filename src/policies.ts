// Tenants' policies, read once per epoch. The epoch comes with every client or grant that is read, so a policy that
// changed is never served: a new epoch is another key.
import { LRUCache } from "lru-cache";
import { managementIndicator } from "./policy/audience.ts";
import { buildPolicy, effectivePermissions, heldAt, type Policy } from "./policy/permissions.ts";
import type { Store } from "./store/store.ts";

/** Tenants whose policy stays in memory. */
const tenantsKept = 500;

export type PolicyCache = {
  of(tenantId: string, epoch: number): Promise<Policy>;
};

export function createPolicyCache({ store }: { store: Pick<Store, "tenant"> }): PolicyCache {
  const kept = new LRUCache<string, { epoch: number; policy: Promise<Policy> }>({ max: tenantsKept });
  return {
    of(tenantId, epoch) {
      const known = kept.get(tenantId);
      if (known !== undefined && known.epoch === epoch) return known.policy;
      const policy = store.tenant(tenantId).policy().then(buildPolicy);
      kept.set(tenantId, { epoch, policy });
      // A read that failed is not remembered.
      policy.catch(() => kept.delete(tenantId));
      return policy;
    },
  };
}

/** What the machine roles of an application let do at Tessera itself. `now` is milliseconds. */
export async function machinePermissionsOf(
  { store, policies }: { store: Pick<Store, "tenant">; policies: PolicyCache },
  tenant: { id: string; policyEpoch: number },
  applicationId: string,
  now: number,
): Promise<readonly string[]> {
  const policy = await policies.of(tenant.id, tenant.policyEpoch);
  const management = policy.resourceByIndicator.get(managementIndicator);
  const roleIds = heldAt(await store.tenant(tenant.id).applicationRoles(applicationId), now);
  if (management === undefined || roleIds.length === 0) return [];
  const holdings = { kind: "machine", roleIds, groupIds: [], organizationRoleIds: [] } as const;
  return effectivePermissions(policy, holdings, management.id).permissions;
}
