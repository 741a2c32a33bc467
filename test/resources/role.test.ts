// Roles and groups as they are managed: which scopes and which holders fit, and what new users get.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asking, asking, fresh, nobody, permissionId, withAdministrators } from "../support/administrators.ts";
import { doors } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await withAdministrators(world.red);
});
afterAll(() => world.close());

const precondition = { kind: "precondition", reason: "FAILED_PRECONDITION", fields: [] };
const notFound = { kind: "notFound", reason: "NOT_FOUND", fields: [] };
const scopeId = (name: string) => world.red.ids.get(`scope ${name}`) ?? "";
const read = () => scopeId("https://api.example.test / read");
const userId = (username: string) => world.red.ids.get(`user ${username}`) ?? "";

describe.each(doors)("over $name, a role", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const make = async (role = {}) => boss.ok("role.createRole", { role: { name: fresh("role"), ...role } });

  it("has a name of its own, scopes that are there, and one kind of holder for good", async () => {
    const { id, name } = await make({ type: "ROLE_TYPE_USER", scopeIds: [read()] });
    expect((await boss.refusal("role.createRole", { role: { name } })).kind).toBe("exists");
    const unknown = await boss.refusal("role.createRole", { role: { name: fresh("role"), scopeIds: [nobody] } });
    expect(unknown).toMatchObject({ kind: "invalid", fields: ["scope_ids[0]"] });
    const other = await boss.refusal("role.updateRole", { role: { id, type: "ROLE_TYPE_MACHINE" } });
    expect(other).toMatchObject({ kind: "invalid", fields: ["type"] });
  });

  it("loses a scope that goes", async () => {
    const resourceId = world.red.ids.get("resource https://billing.example.test") ?? "";
    const scope = await boss.ok("resource.createScope", { scope: { resourceId, name: fresh("scope") } });
    const { id } = await make({ scopeIds: [read(), scope.id] });
    await boss.ok("resource.deleteScope", { id: scope.id });
    expect(await boss.ok("role.getRole", { id })).toMatchObject({ scopeIds: [read()] });
    await boss.ok("role.updateRole", { role: { id, description: "still works" } });
  });

  it("holds no scope of organizations", async () => {
    const scope = await boss.ok("organizationScope.createOrganizationScope", { name: fresh("scope") });
    const role = { name: fresh("role"), scopeIds: [read(), scope.id] };
    expect(await boss.refusal("role.createRole", { role })).toEqual(precondition);
    const { id } = await make();
    expect(await boss.refusal("role.updateRole", { role: { id, scopeIds: [scope.id] } })).toEqual(precondition);
  });

  it("is a default for users only, and without management permissions", async () => {
    for (const type of ["ROLE_TYPE_MACHINE", "ROLE_TYPE_UNSPECIFIED"])
      expect(await boss.refusal("role.createRole", { role: { name: "x", type, isDefault: true } })).toEqual(
        precondition,
      );
    const strong = { name: "x", type: "ROLE_TYPE_USER", scopeIds: [await permissionId(world, world.red, "user:read")] };
    expect(await boss.refusal("role.createRole", { role: { ...strong, isDefault: true } })).toEqual(precondition);
    const { id } = await make({ ...strong, name: fresh("role") });
    expect(await boss.refusal("role.updateRole", { role: { id, isDefault: true } })).toEqual(precondition);
  });

  it("that is a default is held by users made after it, each of several", async () => {
    const before = await boss.ok("user.createUser", { user: { username: fresh("user") } });
    const made = [await make({ type: "ROLE_TYPE_USER", isDefault: true, scopeIds: [read()] })];
    made.push(await make({ type: "ROLE_TYPE_USER", isDefault: true }));
    const { id } = await boss.ok("user.createUser", { user: { username: fresh("user") } });
    const held = await boss.ok("user.listUserRoles", { userId: id });
    expect(held.roles.map((role) => role.id).sort()).toEqual(made.map((role) => role.id).sort());
    expect(await boss.ok("user.listUserRoles", { userId: before.id })).toMatchObject({ roles: [] });
    for (const role of made) await boss.ok("role.deleteRole", { id: role.id });
    expect(await boss.ok("user.listUserRoles", { userId: id })).toMatchObject({ roles: [] });
  });

  it("that is a default is also held by who comes just in time, once", async () => {
    const { id } = await make({ type: "ROLE_TYPE_USER", isDefault: true });
    const token = world.token(world.red, fresh("newcomer"), { aud: "red-join" });
    const backend = asking(world, world.red.as("backend"), door);
    const answer = await backend.ok("exchange", { access_token: token });
    const user = answer.user.id;
    const { roles } = await boss.ok("user.listUserRoles", { userId: user });
    const held = roles.map((role) => role.id);
    expect(held).toEqual(expect.arrayContaining([id, world.red.ids.get("role reader")]));
    expect(held).toHaveLength(2);
    await boss.ok("role.deleteRole", { id });
  });

  it("is listed by type, among those that fit either", async () => {
    const stem = fresh("listed");
    for (const type of ["MACHINE", "USER", "UNSPECIFIED"])
      await make({ name: `${stem} ${type}`, type: `ROLE_TYPE_${type}` });
    const listed = async (more = {}) => {
      const { roles } = await boss.ok("role.listRoles", { search: { text: `${stem} ` }, ...more });
      return roles.map(({ name }) => name.slice(stem.length + 1));
    };
    expect(await listed({ type: "ROLE_TYPE_MACHINE" })).toEqual(["MACHINE", "UNSPECIFIED"]);
    expect(await listed({ type: "ROLE_TYPE_USER" })).toEqual(["UNSPECIFIED", "USER"]);
    expect(await listed()).toEqual(["MACHINE", "UNSPECIFIED", "USER"]);
  });
});

describe.each(doors)("over $name, an assignment", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const roleFor = async (type: string) =>
    (await boss.ok("role.createRole", { role: { name: fresh("role"), type } })).id;
  const machine = () => world.red.ids.get("application other") ?? "";

  it("gives a role once to one holder of its kind, and can only end at another time", async () => {
    const roleId = await roleFor("ROLE_TYPE_USER");
    const given = { roleAssignment: { roleId, userId: userId("ben") } };
    const { id } = await boss.ok("role.createRoleAssignment", given);
    expect((await boss.refusal("role.createRoleAssignment", given)).kind).toBe("exists");
    const expireTime = "2100-01-01T00:00:00Z";
    const ending = { roleAssignment: { id, expireTime }, updateMask: "expireTime" };
    expect(await boss.ok("role.updateRoleAssignment", ending)).toMatchObject({ expireTime });
    const moved = await boss.refusal("role.updateRoleAssignment", { roleAssignment: { id, userId: userId("ada") } });
    expect(moved).toMatchObject({ kind: "invalid", fields: ["user_id"] });
    await boss.ok("role.deleteRoleAssignment", { id });
    expect(await boss.refusal("role.getRoleAssignment", { id })).toEqual(notFound);
  });

  it("is refused for the other kind of holder, for both at once, and for nobody", async () => {
    const [forUsers, forMachines] = [await roleFor("ROLE_TYPE_USER"), await roleFor("ROLE_TYPE_MACHINE")];
    const give = async (roleAssignment: Record<string, string>) =>
      boss.refusal("role.createRoleAssignment", { roleAssignment });
    expect(await give({ roleId: forUsers, applicationId: machine() })).toEqual(precondition);
    expect(await give({ roleId: forMachines, userId: userId("ben") })).toEqual(precondition);
    const both = { roleId: forUsers, userId: userId("ben"), applicationId: machine() };
    expect((await give(both)).kind).toBe("invalid");
    expect((await give({ roleId: forUsers })).kind).toBe("invalid");
    expect(await give({ roleId: forUsers, userId: nobody })).toEqual(notFound);
    expect(await give({ roleId: nobody, userId: userId("ben") })).toEqual(notFound);
  });

  it("is given to a user as a set: equal twice, expired ones left out, and none of a machine's", async () => {
    const [first, second] = [await roleFor("ROLE_TYPE_USER"), await roleFor("ROLE_TYPE_UNSPECIFIED")];
    const { id } = await boss.ok("user.createUser", { user: { username: fresh("user") } });
    const set = { userId: id, roleIds: [first, second, first] };
    expect(await boss.ok("user.assignUserRoles", set)).toMatchObject({ addedRoleIds: [first, second] });
    expect(await boss.ok("user.assignUserRoles", set)).toMatchObject({ addedRoleIds: [] });
    for (const _ of [1, 2]) await boss.ok("user.replaceUserRoles", { userId: id, roleIds: [second, second] });
    const { roles } = await boss.ok("user.listUserRoles", { userId: id });
    expect(roles).toMatchObject([{ id: second }]);
    const wrong = { userId: id, roleIds: [first, await roleFor("ROLE_TYPE_MACHINE")] };
    expect(await boss.refusal("user.replaceUserRoles", wrong)).toEqual(precondition);
    expect((await boss.ok("user.listUserRoles", { userId: id })).roles).toMatchObject([{ id: second }]);
    await boss.ok("user.removeUserRole", { userId: id, roleId: second });
    expect(await boss.refusal("user.removeUserRole", { userId: id, roleId: second })).toEqual(notFound);
  });
});

describe.each(doors)("over $name, a group", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });

  it("has roles for users or for both, and none for machines", async () => {
    const roleIds = [world.red.ids.get("role inspector")];
    const refused = { group: { name: fresh("group"), roleIds } };
    expect(await boss.refusal("group.createGroup", refused as never)).toEqual(precondition);
    const { id } = await boss.ok("group.createGroup", { group: { name: fresh("group") } });
    expect(await boss.refusal("group.updateGroup", { group: { id, roleIds } } as never)).toEqual(precondition);
    const reader = world.red.ids.get("role reader") ?? "";
    expect(await boss.ok("group.updateGroup", { group: { id, roleIds: [reader] } })).toMatchObject({
      roleIds: [reader],
    });
  });
});
