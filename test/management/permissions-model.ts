// What a user may do at an audience, said a second time and as plainly as can be: rows in maps, asked anew each time. It
// shares no code with the service, whose answers are held against it.

/** A scope, role, group, organization role, organization, resource or user, by what the others need of it. */
export type Thing = {
  kind: "resource" | "scope" | "role" | "group" | "organizationRole" | "organization" | "user";
  /** Disabled, or suspended. */
  off?: boolean;
  /** Of a scope: its name and its audience. */
  name?: string;
  resourceId?: string;
  /** Of a role or organization role. */
  scopeIds?: readonly string[];
  /** Of a group. */
  roleIds?: readonly string[];
  /** A role that new users get. */
  isDefault?: boolean;
};

/** A user holds a role, is in a group, or is a member of an organization. `until` is milliseconds. */
export type Link = { ownerId: string; userId: string; until: number; organizationRoleIds: readonly string[] };

/** For whom, where, and acting for which organization. */
export type Question = { userId: string; resourceId: string; organizationId?: string | undefined };

export type Model = {
  put(id: string, change: Partial<Thing> & Pick<Thing, "kind">): void;
  /** With everything that hangs on it. Ids never come back, so what refers to it need not be touched. */
  remove(id: string): void;
  link(ownerId: string, userId: string, terms?: Partial<Pick<Link, "until" | "organizationRoleIds">>): void;
  unlink(ownerId: string, userId: string): void;
  linked(ownerId: string, userId: string): Link | undefined;
  /** Names in order; undefined where no token is to be had. */
  permissions(question: Question, now: number): readonly string[] | undefined;
};

export function createModel(): Model {
  const things = new Map<string, Thing>();
  const links = new Map<string, Link>();
  const nameOf = (ownerId: string, userId: string) => `${ownerId} ${userId}`;

  const model: Model = {
    put(id, change) {
      const isNew = !things.has(id);
      things.set(id, { ...things.get(id), ...change });
      if (!isNew || change.kind !== "user") return;
      for (const [roleId, role] of things) if (role.kind === "role" && role.isDefault) model.link(roleId, id);
    },
    remove(id) {
      things.delete(id);
      for (const [name, { ownerId, userId }] of links) if (ownerId === id || userId === id) links.delete(name);
    },
    link(ownerId, userId, terms = {}) {
      const before = links.get(nameOf(ownerId, userId));
      const link = { until: Infinity, organizationRoleIds: [], ...before, ...terms, ownerId, userId };
      links.set(nameOf(ownerId, userId), link);
    },
    unlink: (ownerId, userId) => void links.delete(nameOf(ownerId, userId)),
    linked: (ownerId, userId) => links.get(nameOf(ownerId, userId)),
    permissions({ userId, resourceId, organizationId }, now) {
      const user = things.get(userId);
      const resource = things.get(resourceId);
      if (user === undefined || user.off || resource === undefined || resource.off) return undefined;
      const membership = organizationId === undefined ? undefined : links.get(nameOf(organizationId, userId));
      const organization = things.get(organizationId ?? "");
      if (organizationId !== undefined && (organization === undefined || organization.off || !membership))
        return undefined;

      const held = [...links.values()].filter((link) => link.userId === userId && link.until > now);
      const holders = held.map((link) => things.get(link.ownerId));
      const groups = holders.filter((thing) => thing?.kind === "group");
      const roles = [
        ...holders.filter((thing) => thing?.kind === "role"),
        ...groups.flatMap((group) => group?.roleIds ?? []).map((id) => things.get(id)),
        ...(membership?.organizationRoleIds ?? []).map((id) => things.get(id)),
      ];
      const scopes = roles.flatMap((role) => role?.scopeIds ?? []).map((id) => things.get(id));
      const names = scopes.filter((scope) => scope?.resourceId === resourceId).map((scope) => scope?.name ?? "");
      return [...new Set(names)].sort();
    },
  };
  return model;
}
