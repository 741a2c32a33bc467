// Is this grant alive? One decision for Introspect, Refresh and every bearer, so that no door is more lenient.
import { mayTarget } from "./audience.ts";

export type GrantStanding = {
  grant: { revokeTime: number | null; expireTime: number; organizationId: string | null; connectorId: string | null };
  tenant: { disabled: boolean };
  application: {
    disabled: boolean;
    connectorIds: readonly string[];
    thirdParty: boolean;
    resourceIds: readonly string[];
    defaultResourceId: string;
  };
  project: { disabled: boolean };
  user: { suspended: boolean };
  resource: { id: string; indicator: string; isDefault: boolean; disabled: boolean };
  connector: { disabled: boolean } | null;
  organization: { disabled: boolean } | null;
  membership: object | null;
  /** Who the user is at the grant's connector; undefined where it has none, or that identity is gone. */
  upstreamSubject: string | undefined;
  /** That the user lets a third-party application act for the organization. */
  consented: boolean;
  /** Null also where it has none. */
  family: { revokeTime: number | null };
  tokenRevoked: boolean;
};

export type Ending =
  | "revoked"
  | "expired"
  | "tenant disabled"
  | "application disabled"
  | "project disabled"
  | "user suspended"
  | "resource disabled"
  | "resource withdrawn"
  | "connector disabled"
  | "connector withdrawn"
  | "identity gone"
  | "organization disabled"
  | "not a member"
  | "consent withdrawn"
  | "family revoked";

/** Why the grant stands no more, or undefined while it does. `now` is milliseconds. */
export function endedBecause(standing: GrantStanding, now: number): Ending | undefined {
  const { grant } = standing;
  if (grant.revokeTime !== null || standing.tokenRevoked) return "revoked";
  if (now >= grant.expireTime) return "expired";
  if (standing.tenant.disabled) return "tenant disabled";
  if (standing.application.disabled) return "application disabled";
  if (standing.project.disabled) return "project disabled";
  if (standing.user.suspended) return "user suspended";
  if (standing.resource.disabled) return "resource disabled";
  if (!mayTarget(standing.application, standing.resource)) return "resource withdrawn";
  if (standing.family.revokeTime !== null) return "family revoked";
  // A connector or organization that was deleted leaves its id in the grant and no row to join.
  if (grant.connectorId !== null && standing.connector?.disabled !== false) return "connector disabled";
  if (grant.connectorId !== null && !standing.application.connectorIds.includes(grant.connectorId))
    return "connector withdrawn";
  if (grant.connectorId !== null && standing.upstreamSubject === undefined) return "identity gone";
  if (grant.organizationId === null) return undefined;
  if (standing.organization?.disabled !== false) return "organization disabled";
  if (standing.membership === null) return "not a member";
  return standing.application.thirdParty && !standing.consented ? "consent withdrawn" : undefined;
}
