// Who the subject is and what it may do now: the user, the organization it acts for, and what was consented to.
import { badToken, Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { cappedBy, type Consent, consentAt } from "../policy/consent.ts";
import type { TenantStore } from "../store/store.ts";
import type { Row } from "../store/tables.ts";
import type { Allowed, Asked } from "../user-permissions.ts";

type Membership = NonNullable<Awaited<ReturnType<TenantStore["membership"]>>>;
type Application = Pick<Row<"application">, "id" | "thirdParty">;
export type ActingOrganization = { id: string; name: string; roleIds: readonly string[] };

/**
 * The organization the user acts for. Throws denied alike for one that is unknown, disabled, not the user's, or one that
 * the user has not opened to this third-party application.
 */
export async function organizationOf(
  tenant: TenantStore,
  user: Row<"user">,
  application: Application,
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
  application: Application,
  resourceId: string,
): Promise<Consent | undefined> =>
  application.thirdParty ? consentAt(await tenant.consentedScopes(application.id), resourceId) : undefined;

/** What the user may do at the audience by this application, with the consent that limits it. */
export async function permissionsOf(
  { store, permissions }: Pick<Parts, "store" | "permissions">,
  application: Application,
  asked: Asked,
): Promise<Allowed & { consent: Consent | undefined }> {
  const consent = await consentOf(store.tenant(asked.tenant.id), application, asked.resourceId);
  const { effective, until } = await permissions.of(asked);
  return { consent, effective: consent === undefined ? effective : cappedBy(effective, consent), until };
}

/** The user, unless it is gone or suspended; both are refused like any bad token. */
export function activeUser(user: Row<"user"> | undefined): Row<"user"> {
  if (user === undefined) throw badToken("no such user");
  if (user.suspended) throw badToken("the user is suspended");
  return user;
}
