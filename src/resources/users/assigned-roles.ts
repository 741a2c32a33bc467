// The roles that one user or one application holds: listed, given, replaced as a set, taken away.
// An assignment that has expired counts as not held, although its row is there until somebody gives the role again.
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Failure } from "../../failure.ts";
import { type Role, RoleAssignmentSchema } from "../../gen/tessera/admin/v1/role_pb.ts";
import type { AnyRow, RowWrite } from "../../store/row-operations.ts";
import { fromColumns } from "../columns.ts";
import { requireMayGrantRoles } from "../escalation.ts";
import { allLinks, asWholeSet, untilUndisturbed } from "../links.ts";
import { type PageRequest, pageOf } from "../listing.ts";
import { withoutDangling } from "../reference-checks.ts";
import { carryOut, requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { role, roleAssignment } from "../policy/role.ts";
import { planCreate, planDelete, planUpdate } from "../row-plans.ts";

/** Which column of an assignment names its subject. */
export type RoleOwner = "applicationId" | "userId";

const tables = { applicationId: "application", userId: "user" } as const;

/**
 * Every one throws notFound for an unknown owner, precondition for a role of the other kind of subject, denied for a
 * management permission that whoever acts lacks: such a role is neither given nor taken.
 */
export const assignedRoles = (parts: ResourceParts, owner: RoleOwner) => ({
  /** A page may be short, or empty, before the last one. */
  async list(acting: Acting, id: string, page: PageRequest): Promise<{ roles: Role[]; nextPageToken: string }> {
    await requireRow(parts, { name: tables[owner] }, acting, id);
    const { items, nextPageToken } = await pageOf(parts, roleAssignment, acting, page, { parent: { [owner]: id } });
    const tenant = parts.store.tenant(acting.tenantId);
    const held = items.filter(({ expireTime }) => expireTime === undefined || timestampMs(expireTime) > acting.now);
    const rows = await Promise.all(held.map(({ roleId }) => tenant.row("role", roleId)));
    const roles = rows.flatMap((row) => (row === undefined ? [] : [fromColumns(role.desc, row)]));
    return { roles: await withoutDangling(parts, acting, role.desc, roles), nextPageToken };
  },

  /** Gives the roles without end; what is held already stays as it is. In one transaction. */
  async assign(acting: Acting, id: string, given: readonly string[]) {
    const roleIds = [...new Set(given)];
    const addedRoleIds = await untilUndisturbed(async () => {
      const { missing, writes } = await additions(parts, owner, acting, id, roleIds);
      await carryOut(parts, acting, ...writes);
      return missing;
    });
    return { roleIds, addedRoleIds };
  },

  /** Exactly these from now on, in one transaction; what is held already keeps its row and its expiry. */
  async replace(acting: Acting, id: string, given: readonly string[]) {
    const roleIds = [...new Set(given)];
    await untilUndisturbed(async () => {
      const { writes } = await additions(parts, owner, acting, id, roleIds);
      const rows = await allLinks(parts, { type: roleAssignment, owner: { [owner]: id } }, acting);
      const surplus = rows.filter((row) => !roleIds.includes(String(row["roleId"])));
      const taken = surplus.map((row) => String(row["roleId"]));
      await requireMayGrantRoles(parts, acting, taken);
      const removals = surplus.map((row) => planDelete(roleAssignment, acting, row));
      await carryOut(parts, acting, ...removals, ...asWholeSet(writes, { [owner]: id }, roleIds.length));
    });
    return { roleIds };
  },

  /** Throws notFound where the role is not held. */
  async remove(acting: Acting, id: string, roleId: string): Promise<void> {
    await requireRow(parts, { name: tables[owner] }, acting, id);
    const row = await assignmentOf(parts, owner, acting, id, roleId);
    if (row === undefined || !isLive(row, acting.now)) throw new Failure("notFound", "not found");
    await requireMayGrantRoles(parts, acting, [roleId]);
    await carryOut(parts, acting, planDelete(roleAssignment, acting, row));
  },
});

/** What gives the roles that are not held: a new row, or a new life for an expired one. */
async function additions(
  parts: ResourceParts,
  owner: RoleOwner,
  acting: Acting,
  id: string,
  roleIds: readonly string[],
): Promise<{ missing: string[]; writes: RowWrite[] }> {
  await requireRow(parts, { name: tables[owner] }, acting, id);
  const missing: string[] = [];
  const writes: RowWrite[] = [];
  for (const roleId of roleIds) {
    const row = await assignmentOf(parts, owner, acting, id, roleId);
    if (row !== undefined && isLive(row, acting.now)) continue;
    const { write } =
      row === undefined
        ? await planCreate(parts, roleAssignment, acting, { [owner]: id, roleId })
        : await planUpdate(parts, roleAssignment, acting, { row, change: endless, mask: ["expire_time"] });
    missing.push(roleId);
    writes.push(write);
  }
  return { missing, writes };
}

const endless = create(RoleAssignmentSchema);

const assignmentOf = (
  { store }: Pick<ResourceParts, "store">,
  owner: RoleOwner,
  { tenantId }: Pick<Acting, "tenantId">,
  id: string,
  roleId: string,
): Promise<AnyRow | undefined> =>
  store.tenant(tenantId).rowByKey("roleAssignment", { roleId, userId: null, applicationId: null, [owner]: id });

const isLive = ({ expireTime }: AnyRow, now: number): boolean => expireTime === null || Number(expireTime) > now;
