// What a subject may do at an audience: the scopes of its roles, its groups' roles, and its roles in one organization.

export type PolicyRows = {
  resources: readonly PolicyResource[];
  scopes: readonly { id: string; name: string; resourceId: string }[];
  roles: readonly { id: string; name: string; type: number; scopeIds: readonly string[] }[];
  groups: readonly { id: string; name: string; roleIds: readonly string[] }[];
  organizationRoles: readonly { id: string; name: string; scopeIds: readonly string[] }[];
};

export type PolicyResource = {
  id: string;
  indicator: string;
  isDefault: boolean;
  disabled: boolean;
  accessTokenTtl: number;
  signingAlgorithm: number;
  serverClientIds: readonly string[];
};

/** A role with its scope names by resource id. */
type ResolvedRole = { id: string; name: string; type: number; scopes: ReadonlyMap<string, readonly string[]> };

/** A tenant's policy, ready to be asked. It is as old as the epoch it was read at. */
export type Policy = {
  resources: ReadonlyMap<string, PolicyResource>;
  resourceByIndicator: ReadonlyMap<string, PolicyResource>;
  roles: ReadonlyMap<string, ResolvedRole>;
  groups: ReadonlyMap<string, { name: string; roleIds: readonly string[] }>;
  organizationRoles: ReadonlyMap<string, ResolvedRole>;
  /** By what was asked. Few sets of roles are held by many, and a policy never changes. */
  answers: Map<string, Effective>;
};

/** Answers that a policy keeps; beyond it it begins anew. */
const answersKept = 200;

/** What the subject holds: ids only, expired bindings left out. */
export type Holdings = {
  kind: "user" | "machine";
  roleIds: readonly string[];
  groupIds: readonly string[];
  organizationRoleIds: readonly string[];
};

/** Ids of what is held at `now`, both in milliseconds; an expiry of null is never. */
export const heldAt = (held: readonly { id: string; expireTime: number | null }[], now: number): string[] =>
  held.filter(({ expireTime }) => expireTime === null || now < expireTime).map(({ id }) => id);

/** The first moment after `now` at which something of this ends; Infinity where nothing does. Milliseconds. */
export const heldUntil = (held: readonly { expireTime: number | null }[], now: number): number =>
  Math.min(...held.flatMap(({ expireTime }) => (expireTime !== null && now < expireTime ? [expireTime] : [])));

/** Names sorted, without duplicates; roles in the order they are held. */
export type Effective = {
  roles: readonly { id: string; name: string }[];
  groups: readonly string[];
  permissions: readonly string[];
  organizationRoles: readonly { id: string; name: string }[];
  organizationPermissions: readonly string[];
  /** All permissions of the subject at the audience: its own, and those in the organization it acts for. */
  all: readonly string[];
  /** The same as a scope. */
  scope: string;
  /** Of its own roles, then of those in the organization. */
  roleNames: readonly string[];
};

/** RoleType of tessera.admin.v1: a role for the other kind of subject grants nothing. */
const roleTypes = { user: 1, machine: 2 } as const;

export function buildPolicy(rows: PolicyRows): Policy {
  const scopes = new Map(rows.scopes.map((scope) => [scope.id, scope]));
  const resolve = (role: { id: string; name: string; type?: number; scopeIds: readonly string[] }): ResolvedRole => {
    const byResource = new Map<string, string[]>();
    for (const id of role.scopeIds) {
      const scope = scopes.get(id);
      if (scope) byResource.set(scope.resourceId, [...(byResource.get(scope.resourceId) ?? []), scope.name]);
    }
    return { id: role.id, name: role.name, type: role.type ?? 0, scopes: byResource };
  };
  return {
    resources: new Map(rows.resources.map((resource) => [resource.id, resource])),
    resourceByIndicator: new Map(rows.resources.map((resource) => [resource.indicator, resource])),
    roles: new Map(rows.roles.map((role) => [role.id, resolve(role)])),
    groups: new Map(rows.groups.map((group) => [group.id, { name: group.name, roleIds: group.roleIds }])),
    organizationRoles: new Map(rows.organizationRoles.map((role) => [role.id, resolve(role)])),
    answers: new Map(),
  };
}

export function effectivePermissions(policy: Policy, holdings: Holdings, resourceId: string): Effective {
  const { kind, roleIds, groupIds, organizationRoleIds } = holdings;
  // Ids have neither sign.
  const asked = [kind, resourceId, roleIds.join(), groupIds.join(), organizationRoleIds.join()].join(";");
  const known = policy.answers.get(asked);
  if (known !== undefined) return known;
  const effective = decide(policy, holdings, resourceId);
  if (policy.answers.size >= answersKept) policy.answers.clear();
  policy.answers.set(asked, effective);
  return effective;
}

function decide(policy: Policy, holdings: Holdings, resourceId: string): Effective {
  const groups = present(holdings.groupIds, policy.groups);
  const roleIds = unique([...holdings.roleIds, ...groups.flatMap((group) => group.roleIds)]);
  const fits = (role: ResolvedRole) => role.type === 0 || role.type === roleTypes[holdings.kind];
  const roles = present(roleIds, policy.roles).filter(fits);
  const organizationRoles = present(unique(holdings.organizationRoleIds), policy.organizationRoles);
  return effectiveOf({
    roles: shown(roles, resourceId),
    groups: unique(groups.map((group) => group.name)).sort(),
    permissions: scopesAt(roles, resourceId),
    organizationRoles: shown(organizationRoles, resourceId),
    organizationPermissions: scopesAt(organizationRoles, resourceId),
  });
}

/** With what follows from it, so that it is spelled once for all who ask. */
export function effectiveOf(held: Omit<Effective, "all" | "scope" | "roleNames">): Effective {
  const all = unique([...held.permissions, ...held.organizationPermissions]).sort();
  const roleNames = [...held.roles, ...held.organizationRoles].map(({ name }) => name);
  return { ...held, all, scope: all.join(" "), roleNames };
}

/** Some of its permissions as a scope. */
export const scopeOf = ({ all, scope }: Effective, permissions: readonly string[]): string =>
  permissions === all ? scope : permissions.join(" ");

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

const present = <T>(ids: readonly string[], known: ReadonlyMap<string, T>): T[] =>
  ids.flatMap((id) => {
    const found = known.get(id);
    return found === undefined ? [] : [found];
  });

const scopesAt = (roles: readonly ResolvedRole[], resourceId: string): string[] =>
  unique(roles.flatMap((role) => role.scopes.get(resourceId) ?? [])).sort();

// A role that grants something elsewhere only is of no interest here; one that grants nothing anywhere is a label.
const shown = (roles: readonly ResolvedRole[], resourceId: string) =>
  roles.filter((role) => role.scopes.size === 0 || role.scopes.has(resourceId)).map(({ id, name }) => ({ id, name }));
