// What a machine may do at Tessera itself: the scopes of the management resource that its roles hold.
import type { ClientState } from "../call.ts";
import type { Parts } from "../parts.ts";
import { managementIndicator } from "../policy/audience.ts";
import { allPermissions, effectivePermissions } from "../policy/permissions.ts";

/** `now` is milliseconds. Expired assignments and roles for users count for nothing. A third party never administers. */
export const machinePermissions =
  (parts: Pick<Parts, "store" | "policies">) =>
  async ({ application, tenant }: ClientState, now: number): Promise<ReadonlySet<string>> => {
    if (application.thirdParty) return new Set();
    const policy = await parts.policies.of(application.tenantId, tenant.policyEpoch);
    const management = policy.resourceByIndicator.get(managementIndicator);
    const roleIds = await parts.store.tenant(application.tenantId).applicationRoleIds(application.id, now);
    if (management === undefined || roleIds.length === 0) return new Set();
    const holdings = { kind: "machine", roleIds, groupIds: [], organizationRoleIds: [] } as const;
    return new Set(allPermissions(effectivePermissions(policy, holdings, management.id)));
  };
