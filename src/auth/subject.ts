// Who the subject is and what it may do now: the rows of a user and its holdings, put before the tenant's policy.
import { badToken, Failure } from "../failure.ts";
import { type Effective, effectivePermissions, type Holdings, type Policy } from "../policy/permissions.ts";
import type { TenantStore } from "../store/store.ts";
import type { Row } from "../store/tables.ts";

export type ActingOrganization = { id: string; name: string; roleIds: readonly string[] };

/** The organization the user acts for. Throws denied alike for one that is unknown, disabled, or not the user's. */
export async function organizationOf(
  tenant: TenantStore,
  user: Row<"user">,
  organizationId: string,
): Promise<ActingOrganization | undefined> {
  if (organizationId === "") return undefined;
  const membership = await tenant.membership(user.id, organizationId);
  if (membership === undefined || membership.organization.disabled)
    throw new Failure("denied", "the user does not act for this organization", { cause: "not a member" });
  const { id, name } = membership.organization;
  return { id, name, roleIds: membership.roleIds };
}

/** Reads what the user holds and asks the policy what that allows at the resource. `now` is milliseconds. */
export async function permissionsOf(
  tenant: TenantStore,
  input: { policy: Policy; userId: string; resourceId: string; organizationRoleIds: readonly string[]; now: number },
): Promise<Effective> {
  const holdings: Holdings = {
    kind: "user",
    roleIds: await tenant.userRoleIds(input.userId, input.now),
    groupIds: await tenant.groupIds(input.userId, input.now),
    organizationRoleIds: input.organizationRoleIds,
  };
  return effectivePermissions(input.policy, holdings, input.resourceId);
}

/** The user, unless it is gone or suspended; both are refused like any bad token. */
export function activeUser(user: Row<"user"> | undefined): Row<"user"> {
  if (user === undefined) throw badToken("no such user");
  if (user.suspended) throw badToken("the user is suspended");
  return user;
}
