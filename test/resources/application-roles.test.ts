// Roles of applications through both doors: given, replaced and taken as a set, by machines only, expiry included.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, refused, steward } from "../support/administered.ts";
import { type Door, doors, grpcDoor } from "../support/door.ts";

let plane: Administered;
let userRole = "";
beforeAll(async () => {
  plane = await createAdministered();
  plane.world.hold();
  userRole = plane.world.red.ids.get("role reader") ?? "";
});
afterAll(() => plane.close());

const held = async (door: Door, applicationId: string, page: JsonObject = {}) => {
  const answer = await plane.ok(door, "applicationRole.listApplicationRoles", { applicationId, ...page });
  return idsIn(answer["roles"]);
};
const idsIn = (listed: { id: string }[] = []) => listed.map(({ id }) => id).sort();
const roles = async (count: number) => {
  const made: string[] = [];
  for (let left = count; left > 0; left--) made.push(await plane.role());
  return made.sort();
};
/** Gives a role until a time from now. */
const giveUntil = (applicationId: string, roleId: string, ms: number) => {
  const expireTime = new Date(plane.world.now() + ms).toISOString();
  return plane.ok(grpcDoor, "role.createRoleAssignment", { roleAssignment: { applicationId, roleId, expireTime } });
};

describe.each(doors)("over $name, AssignApplicationRoles", (door) => {
  const assign = (applicationId: string, roleIds: string[]) =>
    plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId, roleIds });
  const refusal = async (applicationId: string, roleIds: string[]) =>
    (await plane.refusal(door, "applicationRole.assignApplicationRoles", { applicationId, roleIds })).kind;

  it("gives each once, and says which are new", async () => {
    const { id } = await plane.application();
    const [a = "", b = ""] = await roles(2);
    expect(await assign(id, [a, a])).toEqual({ roleIds: [a], addedRoleIds: [a] });
    expect(await assign(id, [a, b])).toEqual({ roleIds: [a, b], addedRoleIds: [b] });
    expect(await assign(id, [b, a])).toEqual({ roleIds: [b, a], addedRoleIds: [] });
    expect(await assign(id, [])).toEqual({ roleIds: [], addedRoleIds: [] });
    expect(await held(door, id)).toEqual([a, b]);
  });

  it("gives none where one cannot be given", async () => {
    const { id } = await plane.application();
    const [a = ""] = await roles(1);
    const foreign = plane.world.blue.ids.get("role inspector") ?? "";
    expect(await refusal(id, [a, nobody])).toBe("notFound");
    expect(await refusal(id, [a, foreign])).toBe("notFound");
    expect(await refusal(id, [a, userRole])).toBe("precondition");
    expect(await refusal(id, ["short"])).toBe("invalid");
    expect(await held(door, id)).toEqual([]);
  });

  it("gives what expired anew and without end", async () => {
    const { id } = await plane.application();
    const [a = ""] = await roles(1);
    await giveUntil(id, a, 60_000);
    expect(await assign(id, [a])).toMatchObject({ addedRoleIds: [] });
    plane.world.advance(59_000);
    expect(await held(door, id)).toEqual([a]);
    plane.world.advance(1000);
    expect(await held(door, id)).toEqual([]);
    expect(await assign(id, [a])).toMatchObject({ addedRoleIds: [a] });
    plane.world.advance(60_000);
    expect(await held(door, id)).toEqual([a]);
  });

  it("gives a role once when two ask at the same time", async () => {
    const { id } = await plane.application();
    const wanted = await roles(3);
    await Promise.all([assign(id, wanted), assign(id, wanted.toReversed()), assign(id, wanted.slice(1))]);
    expect(await held(door, id)).toEqual(wanted);
  });

  it("takes effect on the next call of the application", async () => {
    const { id, defaultSecret } = await plane.application();
    const listing = () => door.call(plane.world, "role.listRoles", {}, { basic: [id, defaultSecret] });
    expect(refused(await listing()).kind).toBe("denied");
    const reader = await plane.role({ scopeIds: [await managementScope("role:read")] });
    await assign(id, [reader]);
    expect((await listing()).ok).toBe(true);
    await plane.ok(door, "applicationRole.removeApplicationRole", { applicationId: id, roleId: reader });
    expect(refused(await listing()).kind).toBe("denied");
  });
});

describe.each(doors)("over $name, ReplaceApplicationRoles", (door) => {
  const replace = (applicationId: string, roleIds: string[]) =>
    plane.ok(door, "applicationRole.replaceApplicationRoles", { applicationId, roleIds });

  it("makes it exactly these, each once, twice the same", async () => {
    const { id } = await plane.application();
    const [a = "", b = "", c = ""] = await roles(3);
    expect(await replace(id, [a, b, b])).toEqual({ roleIds: [a, b] });
    expect(await held(door, id)).toEqual([a, b]);
    for (const wanted of [
      [b, c],
      [c, b],
    ]) {
      await replace(id, wanted);
      expect(await held(door, id)).toEqual([b, c]);
    }
    await replace(id, []);
    expect(await held(door, id)).toEqual([]);
  });

  it("takes nothing away where one of the new ones cannot be given", async () => {
    const { id } = await plane.application();
    const [a = ""] = await roles(1);
    await replace(id, [a]);
    for (const [roleId, kind] of [
      [nobody, "notFound"],
      [userRole, "precondition"],
    ] as const) {
      const request = { applicationId: id, roleIds: [roleId] };
      expect((await plane.refusal(door, "applicationRole.replaceApplicationRoles", request)).kind).toBe(kind);
    }
    expect(await held(door, id)).toEqual([a]);
  });

  it("keeps the end of what is held, and gives what expired without one", async () => {
    const { id } = await plane.application();
    const [a = "", b = "", c = ""] = await roles(3);
    await giveUntil(id, a, 60_000);
    await giveUntil(id, b, 1000);
    await giveUntil(id, c, 1000);
    plane.world.advance(1000);
    await replace(id, [a, b]);
    expect(await held(door, id)).toEqual([a, b]);
    plane.world.advance(59_000);
    expect(await held(door, id)).toEqual([b]);
  });
});

describe.each(doors)("over $name, roles of an application", (door) => {
  const methods = ["listApplicationRoles", "assignApplicationRoles", "replaceApplicationRoles"] as const;

  it("are removed one by one, and not where they are not held", async () => {
    const { id: applicationId } = await plane.application();
    const [a = "", b = ""] = await roles(2);
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId, roleIds: [a] });
    await giveUntil(applicationId, b, 1000);
    plane.world.advance(1000);
    await plane.ok(door, "applicationRole.removeApplicationRole", { applicationId, roleId: a });
    for (const roleId of [a, b, nobody]) {
      const request = { applicationId, roleId };
      expect((await plane.refusal(door, "applicationRole.removeApplicationRole", request)).kind).toBe("notFound");
    }
  });

  it("are listed in pages", async () => {
    const { id: applicationId } = await plane.application();
    const wanted = await roles(3);
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId, roleIds: wanted });
    const first = await plane.ok(door, "applicationRole.listApplicationRoles", { applicationId, pageSize: 2 });
    expect(first["roles"]).toHaveLength(2);
    const rest = await held(door, applicationId, { pageSize: 2, pageToken: String(first["nextPageToken"]) });
    expect([...idsIn(first["roles"]), ...rest].sort()).toEqual(wanted);
  });

  it.each(methods)("are for machine-to-machine applications only: %s", async (method) => {
    const { id: applicationId } = await plane.application({ type: "APPLICATION_TYPE_TRADITIONAL" });
    const roleIds = method === "listApplicationRoles" ? {} : { roleIds: [] };
    const refusal = await plane.refusal(door, `applicationRole.${method}`, { applicationId, ...roleIds });
    expect(refusal.kind).toBe("precondition");
  });

  it.each(methods)("are of applications of this tenant only: %s", async (method) => {
    const roleIds = method === "listApplicationRoles" ? {} : { roleIds: [] };
    for (const applicationId of [nobody, plane.world.blue.ids.get("application other") ?? ""]) {
      const refusal = await plane.refusal(door, `applicationRole.${method}`, { applicationId, ...roleIds });
      expect(refusal.kind).toBe("notFound");
    }
  });

  it("are neither given nor taken by a machine that holds less than they do", async () => {
    const { red } = plane.world;
    const { id: applicationId } = await plane.application();
    const assigner = await plane.application();
    const scopeIds = [await managementScope("role:assign")];
    const roleIds = [await plane.role({ scopeIds })];
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId: assigner.id, roleIds });
    const as = { basic: [assigner.id, assigner.defaultSecret] as [string, string] };
    const powerful = red.ids.get("role steward") ?? "";
    const asked = { applicationId, roleIds: [powerful] };
    const given = await door.call(plane.world, "applicationRole.assignApplicationRoles", asked, as);
    expect(refused(given).kind).toBe("denied");
    await door.call(plane.world, "applicationRole.assignApplicationRoles", asked, steward(red));
    const taken = await door.call(
      plane.world,
      "applicationRole.replaceApplicationRoles",
      { applicationId, roleIds: [] },
      as,
    );
    expect(refused(taken).kind).toBe("denied");
    const one = { applicationId, roleId: powerful };
    expect(refused(await door.call(plane.world, "applicationRole.removeApplicationRole", one, as)).kind).toBe("denied");
    expect(await held(door, applicationId)).toEqual([powerful]);
  });
});

/** The id of a scope of the management resource. */
async function managementScope(name: string): Promise<string> {
  const tenant = plane.world.parts.store.tenant(plane.world.red.id);
  const resource = await tenant.rowByKey("resource", { indicator: "urn:tessera:management" });
  return String((await tenant.rowByKey("scope", { resourceId: resource?.["id"], name }))?.["id"]);
}
