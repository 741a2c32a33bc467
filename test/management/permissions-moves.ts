// Moves of a random history: each is one call of the management plane, told to the model if the service agreed to it.
import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { timestampFromMs, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { doors, type MethodName } from "../support/door.ts";
import type { Fixture, World } from "../support/world.ts";
import type { Model, Thing } from "./permissions-model.ts";

/** Numbers drawn for one move; each move makes of them what it needs. */
export type Draw = readonly [number, number, number, number];

/** Ids of everything that was ever made, by kind: what is gone is still named at times. */
export type Made = Record<Thing["kind"], string[]>;

export type History = {
  world: World;
  tenant: Fixture;
  model: Model;
  made: Made;
  /** User names by id. */
  usernames: Map<string, string>;
  counts: { done: number; refused: number };
};

/** A word that no other thing of the tenant has. */
const fresh = (history: History, word: string) => `${word} ${history.counts.done + history.counts.refused}`;

/** What a call may be refused with because of what it names; anything else is a fault. */
const refusals = ["notFound", "exists", "precondition", "invalid"];

/** Through either door in turn. Undefined where the service refuses. */
async function ask(history: History, method: MethodName, request: JsonObject): Promise<JsonObject | undefined> {
  const { world, tenant, counts } = history;
  const door = doors[(counts.done + counts.refused) % doors.length];
  const outcome = await door?.call(world, method, request, tenant.as("steward"));
  if (outcome?.ok) {
    counts.done += 1;
    return outcome.answer;
  }
  if (outcome === undefined || !refusals.includes(outcome.kind))
    throw new Error(`${method}: ${outcome?.kind} ${outcome?.message}`);
  counts.refused += 1;
  return undefined;
}

const drawn = (ids: readonly string[], number: number): string => ids[number % ids.length] ?? "0".repeat(21);

/** Mostly two of them, at times one or none. */
const some = (ids: readonly string[], a: number, b: number): string[] =>
  [...new Set([a, b].slice(0, [2, 2, 1, 0][a % 4]).map((number) => drawn(ids, number)))].filter((id) =>
    ids.includes(id),
  );

/** Within five minutes, or now and then without end. */
const endOf = ({ world }: History, number: number): number =>
  number % 4 === 0 ? Infinity : world.now() + 1000 * (1 + (number % 300));

const expiry = (until: number): JsonObject =>
  until === Infinity ? {} : { expireTime: toJson(TimestampSchema, timestampFromMs(until)) };

type Move = (history: History, draw: Draw) => Promise<void>;

type Told = { kind: Thing["kind"]; fields: JsonObject; thing: Partial<Thing> };

const method = (kind: Thing["kind"], verb: string, noun: string = kind): MethodName =>
  `${kind === "scope" ? "resource" : kind}.${verb}${noun.charAt(0).toUpperCase()}${noun.slice(1)}`;

async function create(history: History, { kind, fields, thing }: Told): Promise<string | undefined> {
  const answer = await ask(history, method(kind, "create"), { [kind]: fields });
  if (answer === undefined) return undefined;
  const id = idOf(answer) ?? "";
  history.made[kind].push(id);
  history.model.put(id, { kind, ...thing });
  return id;
}

async function update(history: History, id: string, { kind, fields, thing }: Told): Promise<void> {
  const updateMask = Object.keys(fields).join(",");
  if (await ask(history, method(kind, "update"), { [kind]: { id, ...fields }, updateMask }))
    history.model.put(id, { kind, ...thing });
}

const remove =
  (kind: Thing["kind"]): Move =>
  async (history, [a]) => {
    const id = drawn(history.made[kind], a);
    if (await ask(history, method(kind, "delete"), { id })) history.model.remove(id);
  };

const idOf = (row: JsonObject | undefined): string | undefined =>
  typeof row?.["id"] === "string" ? row["id"] : undefined;

/** The row of a link, where there is one. */
async function rowOf(history: History, list: MethodName, where: JsonObject): Promise<string> {
  const answer = await ask(history, list, where);
  const [rows] = Object.values(answer ?? {}).filter(Array.isArray);
  return idOf(rows?.[0] as JsonObject | undefined) ?? "0".repeat(21);
}

/** Gives roles as the contract says: one that is held keeps its end, one that has ended begins anew without. */
function give({ model, world }: History, userId: string, roleIds: readonly string[]): void {
  for (const roleId of roleIds)
    if ((model.linked(roleId, userId)?.until ?? 0) <= world.now()) model.link(roleId, userId, { until: Infinity });
}

const types = ["ROLE_TYPE_USER", "ROLE_TYPE_USER", "ROLE_TYPE_USER", "ROLE_TYPE_MACHINE", "ROLE_TYPE_UNSPECIFIED"];

const policyMoves = {
  async createScope(history, [a]) {
    const [name, resourceId] = [fresh(history, "scope").replace(" ", "-"), drawn(history.made.resource, a)];
    await create(history, { kind: "scope", fields: { name, resourceId }, thing: { name, resourceId } });
  },
  deleteScope: remove("scope"),
  async createRole(history, [a, b, c, d]) {
    const isDefault = d % 5 === 0;
    const scopeIds = some(history.made.scope, a, b);
    const fields = { name: fresh(history, "role"), type: types[c % types.length] ?? "", scopeIds, isDefault };
    await create(history, { kind: "role", fields, thing: { scopeIds, isDefault } });
  },
  async setRoleScopes(history, [a, b, c]) {
    const scopeIds = some(history.made.scope, b, c);
    await update(history, drawn(history.made.role, a), { kind: "role", fields: { scopeIds }, thing: { scopeIds } });
  },
  deleteRole: remove("role"),
  async createGroup(history, [a, b]) {
    const roleIds = some(history.made.role, a, b);
    const fields = { name: fresh(history, "group"), roleIds };
    await create(history, { kind: "group", fields, thing: { roleIds } });
  },
  async setGroupRoles(history, [a, b, c]) {
    const roleIds = some(history.made.role, b, c);
    await update(history, drawn(history.made.group, a), { kind: "group", fields: { roleIds }, thing: { roleIds } });
  },
  deleteGroup: remove("group"),
  async setResource(history, [a, b]) {
    const off = b % 3 === 0;
    const change: Told = { kind: "resource", fields: { disabled: off }, thing: { off } };
    await update(history, drawn(history.made.resource, a), change);
  },
  async createOrganization(history) {
    await create(history, { kind: "organization", fields: { name: fresh(history, "organization") }, thing: {} });
  },
  async setOrganization(history, [a, b]) {
    const off = b % 3 === 0;
    const change: Told = { kind: "organization", fields: { disabled: off }, thing: { off } };
    await update(history, drawn(history.made.organization, a), change);
  },
  deleteOrganization: remove("organization"),
  async createOrganizationRole(history, [a, b, c]) {
    const scopeIds = some(history.made.scope, a, b);
    const fields = { name: fresh(history, "organization role"), type: types[c % types.length] ?? "", scopeIds };
    await create(history, { kind: "organizationRole", fields, thing: { scopeIds } });
  },
  async setOrganizationRoleScopes(history, [a, b, c]) {
    const scopeIds = some(history.made.scope, b, c);
    const change: Told = { kind: "organizationRole", fields: { scopeIds }, thing: { scopeIds } };
    await update(history, drawn(history.made.organizationRole, a), change);
  },
  deleteOrganizationRole: remove("organizationRole"),
} satisfies Record<string, Move>;

const userMoves = {
  async createUser(history) {
    const username = fresh(history, "user").replace(" ", "-");
    const id = await create(history, { kind: "user", fields: { username }, thing: {} });
    if (id === undefined) return;
    history.usernames.set(id, username);
    const connectorId = history.tenant.ids.get("connector idp") ?? "";
    const userIdentity = { userId: id, connectorId, subject: `${username}-at-idp` };
    await ask(history, "user.createUserIdentity", { userIdentity });
  },
  async suspendUser(history, [a]) {
    const id = drawn(history.made.user, a);
    if (await ask(history, "user.suspendUser", { id })) history.model.put(id, { kind: "user", off: true });
  },
  async reactivateUser(history, [a]) {
    const id = drawn(history.made.user, a);
    if (await ask(history, "user.reactivateUser", { id })) history.model.put(id, { kind: "user", off: false });
  },
  deleteUser: remove("user"),
  async assignRoles(history, [a, b, c]) {
    const [userId, roleIds] = [drawn(history.made.user, a), some(history.made.role, b, c)];
    if (await ask(history, "user.assignUserRoles", { userId, roleIds })) give(history, userId, roleIds);
  },
  async replaceRoles(history, [a, b, c]) {
    const [userId, roleIds] = [drawn(history.made.user, a), some(history.made.role, b, c)];
    if (!(await ask(history, "user.replaceUserRoles", { userId, roleIds }))) return;
    for (const roleId of history.made.role) if (!roleIds.includes(roleId)) history.model.unlink(roleId, userId);
    give(history, userId, roleIds);
  },
  async removeRole(history, [a, b]) {
    const [userId, roleId] = [drawn(history.made.user, a), drawn(history.made.role, b)];
    if (await ask(history, "user.removeUserRole", { userId, roleId })) history.model.unlink(roleId, userId);
  },
  async assignUntil(history, [a, b, c]) {
    const [userId, roleId, until] = [drawn(history.made.user, a), drawn(history.made.role, b), endOf(history, c)];
    const roleAssignment = { userId, roleId, ...expiry(until) };
    if (await ask(history, "role.createRoleAssignment", { roleAssignment }))
      history.model.link(roleId, userId, { until });
  },
  async moveEnd(history, [a, b, c]) {
    const [userId, roleId, until] = [drawn(history.made.user, a), drawn(history.made.role, b), endOf(history, c)];
    const id = await rowOf(history, "role.listRoleAssignments", { userId, roleId });
    const request = { roleAssignment: { id, ...expiry(until) }, updateMask: "expireTime" };
    if (await ask(history, "role.updateRoleAssignment", request)) history.model.link(roleId, userId, { until });
  },
  async joinGroup(history, [a, b, c]) {
    const [userId, groupId, until] = [drawn(history.made.user, a), drawn(history.made.group, b), endOf(history, c)];
    const groupMember = { userId, groupId, ...expiry(until) };
    if (await ask(history, "group.createGroupMember", { groupMember })) history.model.link(groupId, userId, { until });
  },
  async leaveGroup(history, [a, b]) {
    const [userId, groupId] = [drawn(history.made.user, a), drawn(history.made.group, b)];
    const id = await rowOf(history, "group.listGroupMembers", { userId, groupId });
    if (await ask(history, "group.deleteGroupMember", { id })) history.model.unlink(groupId, userId);
  },
} satisfies Record<string, Move>;

const memberMoves = {
  async joinOrganization(history, [a, b, c, d]) {
    const [userId, organizationId] = [drawn(history.made.user, a), drawn(history.made.organization, b)];
    const organizationRoleIds = some(history.made.organizationRole, c, d);
    const organizationMember = { userId, organizationId, organizationRoleIds };
    if (await ask(history, "organization.createOrganizationMember", { organizationMember }))
      history.model.link(organizationId, userId, { organizationRoleIds });
  },
  async setMemberRoles(history, [a, b, c, d]) {
    const [userId, organizationId] = [drawn(history.made.user, a), drawn(history.made.organization, b)];
    const organizationRoleIds = some(history.made.organizationRole, c, d);
    const id = await rowOf(history, "organization.listOrganizationMembers", { userId, organizationId });
    const request = { organizationMember: { id, organizationRoleIds }, updateMask: "organizationRoleIds" };
    if (await ask(history, "organization.updateOrganizationMember", request))
      history.model.link(organizationId, userId, { organizationRoleIds });
  },
  async leaveOrganization(history, [a, b]) {
    const [userId, organizationId] = [drawn(history.made.user, a), drawn(history.made.organization, b)];
    const id = await rowOf(history, "organization.listOrganizationMembers", { userId, organizationId });
    if (await ask(history, "organization.deleteOrganizationMember", { id }))
      history.model.unlink(organizationId, userId);
  },
  async addMembers(history, [a, b, c]) {
    const organizationId = drawn(history.made.organization, a);
    const userIds = [drawn(history.made.user, b), drawn(history.made.user, c)];
    if (await ask(history, "organization.addOrganizationMembers", { organizationId, userIds }))
      for (const userId of userIds) history.model.link(organizationId, userId);
  },
  async replaceMembers(history, [a, b, c]) {
    const [organizationId, userIds] = [drawn(history.made.organization, a), some(history.made.user, b, c)];
    if (!(await ask(history, "organization.replaceOrganizationMembers", { organizationId, userIds }))) return;
    for (const userId of history.made.user) if (!userIds.includes(userId)) history.model.unlink(organizationId, userId);
    for (const userId of userIds) history.model.link(organizationId, userId);
  },
} satisfies Record<string, Move>;

export const moves = {
  ...policyMoves,
  ...userMoves,
  ...memberMoves,
  /** Up to five minutes go by, seldom a quarter of an hour more. */
  async wait({ world }, [a, b]) {
    world.advance(1000 * (a % 300) + (b % 8 === 0 ? 900_000 : 0));
  },
} satisfies Record<string, Move>;

export type MoveName = keyof typeof moves;
