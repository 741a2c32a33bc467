// Which audience an access token is for (RFC 8707): the one asked for, else the application's default, else the tenant's.
import type { Policy, PolicyResource } from "./permissions.ts";

/** The management resource of every tenant: Tessera's own audience. */
export const managementIndicator = "urn:tessera:management";

/** The audience of what organization roles allow within an organization itself. */
export const organizationIndicator = "urn:tessera:organization";

/** The permission to introspect tokens of audiences that the caller does not serve. */
export const crossAudience = "token:introspect";

export type AudienceRequest = {
  /** Indicators asked for; at most one is served. */
  requested: readonly string[];
  application: { defaultResourceId: string; resourceIds: readonly string[]; thirdParty: boolean };
};

export type AudienceDecision =
  | { resource: PolicyResource }
  | { refuse: "none" | "several" | "unknown" | "not allowed" };

export function chooseAudience(policy: Policy, { requested, application }: AudienceRequest): AudienceDecision {
  if (requested.length > 1) return { refuse: "several" };
  const [indicator] = requested;
  const fallback = defaultResource(policy, application.defaultResourceId);
  const resource = indicator === undefined ? fallback : policy.resourceByIndicator.get(indicator);
  const otherwise = indicator === undefined ? "none" : "unknown";
  if (resource === undefined || mayTarget(application, resource)) return usable(resource, otherwise);
  return { refuse: "not allowed" };
}

/**
 * Whether the audience is one of the application's: its own or the tenant's default, or one it was given. A third party
 * never administers.
 */
export function mayTarget(
  { defaultResourceId, resourceIds, thirdParty }: AudienceRequest["application"],
  { id, indicator, isDefault }: Pick<PolicyResource, "id" | "indicator" | "isDefault">,
): boolean {
  if (thirdParty && indicator === managementIndicator) return false;
  if (resourceIds.includes(id)) return true;
  return defaultResourceId === "" ? isDefault : defaultResourceId === id;
}

const defaultResource = (policy: Policy, id: string): PolicyResource | undefined =>
  id === "" ? [...policy.resources.values()].find((resource) => resource.isDefault) : policy.resources.get(id);

const usable = (resource: PolicyResource | undefined, otherwise: "none" | "unknown"): AudienceDecision =>
  resource === undefined || resource.disabled ? { refuse: otherwise } : { resource };
