// Who the subject is and what it may do now: the rows of a user and its holdings, put before the tenant's policy.
import { badToken, Failure } from "../failure.ts";
import { cappedBy, type Consent, consentAt } from "../policy/consent.ts";
import {
  type Effective,
  effectivePermissions,
  heldAt,
  heldUntil,
  type Holdings,
  type Policy,
} from "../policy/permissions.ts";
import type { TenantStore } from "../store/store.ts";
import type { Row } from "../store/tables.ts";

type Membership = NonNullable<Awaited<ReturnType<TenantStore["membership"]>>>;
export type ActingOrganization = { id: string; name: string; roleIds: readonly string[] };

/**
 * The organization the user acts for. Throws denied alike for one that is unknown, disabled, not the user's, or one that
 * the user has not opened to this third-party application.
 */
export async function organizationOf(
  tenant: TenantStore,
  user: Row<"user">,
  application: Pick<Row<"application">, "id" | "thirdParty">,
  organizationId: string,
): Promise<ActingOrganization | undefined> {
  if (organizationId === "") return undefined;
  const membership = await tenant.membership(user.id, organizationId);
  if (membership === undefined || membership.organization.disabled) throw notFor("not a member");
  const key = { applicationId: application.id, userId: user.id, organizationId };
  if (application.thirdParty && !(await tenant.consentsToOrganization(key))) throw notFor("no consent");
  return actingIn(membership);
}

export const actingIn = ({ organization: { id, name }, roleIds }: Membership): ActingOrganization => ({
  id,
  name,
  roleIds,
});

const notFor = (cause: string) => new Failure("denied", "the user does not act for this organization", { cause });

/** What limits the application at the audience; undefined, and nothing read, unless it is a third party's. */
export const consentOf = async (
  tenant: TenantStore,
  application: Pick<Row<"application">, "id" | "thirdParty">,
  resourceId: string,
): Promise<Consent | undefined> =>
  application.thirdParty ? consentAt(await tenant.consentedScopes(application.id), resourceId) : undefined;

export type Asked = {
  policy: Policy;
  userId: string;
  resourceId: string;
  organizationRoleIds: readonly string[];
  /** Absent does not limit. */
  consent: Consent | undefined;
  /** Milliseconds. */
  now: number;
};

/**
 * Reads what the user holds and asks the policy what that allows at the resource, as far as was consented. `until`: as of
 * now, the first moment (milliseconds) at which the answer may be another without any write.
 */
export async function permissionsOf(tenant: TenantStore, input: Asked): Promise<Effective & { until: number }> {
  const { userId, now } = input;
  const [roles, groups] = [await tenant.userRoles(userId), await tenant.groups(userId)];
  const holdings: Holdings = {
    kind: "user",
    roleIds: heldAt(roles, now),
    groupIds: heldAt(groups, now),
    organizationRoleIds: input.organizationRoleIds,
  };
  const effective = effectivePermissions(input.policy, holdings, input.resourceId);
  const consented = input.consent === undefined ? effective : cappedBy(effective, input.consent);
  return { ...consented, until: Math.min(heldUntil(roles, now), heldUntil(groups, now)) };
}

/** The user, unless it is gone or suspended; both are refused like any bad token. */
export function activeUser(user: Row<"user"> | undefined): Row<"user"> {
  if (user === undefined) throw badToken("no such user");
  if (user.suspended) throw badToken("the user is suspended");
  return user;
}
