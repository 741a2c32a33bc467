// The two audiences that are Tessera's own and that every tenant has: the doors show them and change nothing about them.
import { Failure } from "../../failure.ts";
import { managementIndicator, organizationIndicator } from "../../policy/audience.ts";
import { buildPolicy } from "../../policy/permissions.ts";
import type { TenantStore } from "../../store/store.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";

type Needs = Pick<ResourceParts, "store">;
type Where = Pick<Acting, "tenantId">;

export const ownIndicators: readonly unknown[] = [managementIndicator, organizationIndicator];

export const isOwn = (indicator: unknown): boolean => ownIndicators.includes(indicator);

/** Throws precondition, unless it is the operator, whose declarations are how each version brings its permissions. */
export function refuseOwn({ may }: Pick<Acting, "may">, indicator: unknown): void {
  if (may === "everything" || !isOwn(indicator)) return;
  throw new Failure("precondition", "Tessera's own resources and their scopes are not changed here");
}

export async function ownResourceId(
  { store }: Needs,
  { tenantId }: Where,
  indicator: typeof managementIndicator | typeof organizationIndicator,
): Promise<string> {
  const row = await store.tenant(tenantId).rowByKey("resource", { indicator });
  if (row === undefined) throw new Error(`a tenant without ${indicator}`);
  return String(row["id"]);
}

/** The names of those scopes that belong to the two: what they let do at Tessera itself, and within organizations. */
export async function ownScopesAmong(
  { store }: Needs,
  { tenantId }: Where,
  scopeIds: readonly string[],
): Promise<{ management: string[]; organization: string[] }> {
  const tenant = store.tenant(tenantId);
  const scopes = await Promise.all([...new Set(scopeIds)].map((id) => tenant.row("scope", id)));
  const namesAt = async (indicator: string) => {
    const owner = await tenant.rowByKey("resource", { indicator });
    return scopes.flatMap((row) => (row && row["resourceId"] === owner?.["id"] ? [String(row["name"])] : []));
  };
  return { management: await namesAt(managementIndicator), organization: await namesAt(organizationIndicator) };
}

/** The tenant's policy, and what a role of it lets do at Tessera itself. */
export async function managementPolicy(tenant: Pick<TenantStore, "policy">) {
  const policy = buildPolicy(await tenant.policy());
  const management = policy.resourceByIndicator.get(managementIndicator)?.id ?? "";
  const managed = ({ scopes }: { scopes: ReadonlyMap<string, readonly string[]> }) => scopes.get(management) ?? [];
  return { ...policy, managed };
}
