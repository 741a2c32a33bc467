// Nobody hands on a management permission without holding it, nor gets one by changing or being somebody who holds more.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Answer,
  type Asking,
  asking,
  fresh,
  permissionId,
  withAdministrators,
} from "../support/administrators.ts";
import type { MethodName } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";
import type { JsonObject } from "@bufbuild/protobuf";

const both = (...names: string[]) => names.flatMap((name) => [`${name}:read`, `${name}:write`]);

/** What the clerk holds: enough to call every method below, and not the permission that is at stake. */
const held = [
  "role:assign",
  "resource:read",
  ...both("role", "group", "user", "organization", "connector", "application", "secret"),
];

let world: World;
let boss: Asking;
let clerk: Asking;
/** The id of a permission that the clerk lacks, of one that it has, and of one that is not about management. */
let scarce: string;
let common: string;
let plain: string;

beforeAll(async () => {
  world = await createWorld();
  await withAdministrators(world.red, { clerk: held });
  boss = asking(world, world.red.as("boss"));
  clerk = asking(world, world.red.as("clerk"));
  scarce = await permissionId(world, world.red, "project:write");
  common = await permissionId(world, world.red, "group:read");
  plain = world.red.ids.get("scope https://api.example.test / read") ?? "";
});
afterAll(() => world.close());

const denied = { kind: "denied", reason: "INSUFFICIENT_SCOPE", fields: [] };
const made = async (asked: Promise<Answer>) => (await asked).id;
const roleWith = (scopeIds: string[], type = "ROLE_TYPE_USER") =>
  made(boss.ok("role.createRole", { role: { name: fresh("role"), type, scopeIds } }));
const organizationRoleWith = (scopeIds: string[], type = "ROLE_TYPE_USER") =>
  made(boss.ok("organizationRole.createOrganizationRole", { organizationRole: { name: fresh("r"), scopeIds, type } }));
const newUser = () => made(boss.ok("user.createUser", { user: { username: fresh("user") } }));
const newMachine = async () => {
  const application = { name: fresh("machine"), type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" };
  return made(boss.ok("application.createApplication", { application }));
};
const organizationId = () => world.red.ids.get("organization north") ?? "";

/** Refused for who lacks the permission, and done for who has it. */
async function bossOnly(method: MethodName, request: JsonObject): Promise<void> {
  expect(await clerk.refusal(method, request)).toEqual(denied);
  await boss.ok(method, request);
}

describe("who lacks a management permission", () => {
  it("makes roles of what it holds itself, and no other", async () => {
    const role = (scopeIds: string[]) => ({ role: { name: fresh("role"), scopeIds } });
    await clerk.ok("role.createRole", role([common, plain]));
    await bossOnly("role.createRole", role([common, scarce]));
  });

  it("adds it to no role, and changes or removes none that has it", async () => {
    const weak = await roleWith([common]);
    await clerk.ok("role.updateRole", { role: { id: weak, description: "mine" } });
    await bossOnly("role.updateRole", { role: { id: weak, scopeIds: [scarce] } });
    await bossOnly("role.updateRole", { role: { id: weak, description: "still" } });
    await bossOnly("role.updateRole", { role: { id: weak }, updateMask: "scopeIds" });
    const strong = await roleWith([scarce]);
    await bossOnly("role.deleteRole", { id: strong });
  });

  it("gives no role that has it, by an assignment or as a set, and takes none away", async () => {
    const [roleId, weak, userId] = [await roleWith([scarce]), await roleWith([common]), await newUser()];
    await clerk.ok("user.assignUserRoles", { userId, roleIds: [weak] });
    expect(await clerk.refusal("user.assignUserRoles", { userId, roleIds: [weak, roleId] })).toEqual(denied);
    expect(await clerk.refusal("user.replaceUserRoles", { userId, roleIds: [roleId] })).toEqual(denied);
    expect(await clerk.refusal("role.createRoleAssignment", { roleAssignment: { userId, roleId } })).toEqual(denied);
    const { id } = await boss.ok("role.createRoleAssignment", { roleAssignment: { userId, roleId } });
    const endless = { roleAssignment: { id }, updateMask: "expireTime" };
    expect(await clerk.refusal("role.updateRoleAssignment", endless)).toEqual(denied);
    expect(await clerk.refusal("role.deleteRoleAssignment", { id })).toEqual(denied);
    expect(await clerk.refusal("user.removeUserRole", { userId, roleId })).toEqual(denied);
    expect(await clerk.refusal("user.replaceUserRoles", { userId, roleIds: [weak] })).toEqual(denied);
    await bossOnly("role.deleteRoleAssignment", { id });
  });

  it("gives no machine a role that has it", async () => {
    const [applicationId, roleId] = [await newMachine(), await roleWith([scarce], "ROLE_TYPE_MACHINE")];
    expect(await clerk.refusal("role.createRoleAssignment", { roleAssignment: { applicationId, roleId } })).toEqual(
      denied,
    );
    await bossOnly("applicationRole.assignApplicationRoles", { applicationId, roleIds: [roleId] });
    await bossOnly("applicationRole.removeApplicationRole", { applicationId, roleId });
  });

  it("gives it to no group, changes no group that has it, and lets nobody in", async () => {
    const [strong, weak, userId] = [await roleWith([scarce]), await roleWith([common]), await newUser()];
    await clerk.ok("group.createGroup", { group: { name: fresh("group"), roleIds: [weak] } });
    await bossOnly("group.createGroup", { group: { name: fresh("group"), roleIds: [strong] } });
    const { id } = await boss.ok("group.createGroup", { group: { name: fresh("group"), roleIds: [strong] } });
    await bossOnly("group.updateGroup", { group: { id, description: "x" } });
    await bossOnly("group.createGroupMember", { groupMember: { groupId: id, userId } });
    const { groupMembers } = await boss.ok("group.listGroupMembers", { groupId: id });
    const [member] = groupMembers;
    await bossOnly("group.deleteGroupMember", { id: member?.id ?? "" });
    await bossOnly("group.deleteGroup", { id });
  });

  it("puts it into no organization role, and gives none that has it to a member or a machine", async () => {
    const role = (scopeIds: string[]) => ({ organizationRole: { name: fresh("role"), scopeIds } });
    await clerk.ok("organizationRole.createOrganizationRole", role([common, plain]));
    await bossOnly("organizationRole.createOrganizationRole", role([scarce]));
    const [roleId, userId] = [await organizationRoleWith([scarce]), await newUser()];
    await bossOnly("organizationRole.updateOrganizationRole", { organizationRole: { id: roleId, description: "x" } });
    const member = { organizationId: organizationId(), userId, organizationRoleIds: [roleId] };
    expect(
      await clerk.refusal("organizationInvitation.createOrganizationInvitation", {
        organizationInvitation: {
          organizationId: organizationId(),
          invitee: "new@example.test",
          organizationRoleIds: [roleId],
        },
      }),
    ).toEqual(denied);
    await bossOnly("organization.createOrganizationMember", { organizationMember: member });
    const replaced = { organizationId: organizationId(), userIds: [world.red.ids.get("user ada") ?? ""] };
    await bossOnly("organization.replaceOrganizationMembers", replaced);
    const machineRole = await organizationRoleWith([scarce], "ROLE_TYPE_MACHINE");
    const applicationId = await newMachine();
    const application = { organizationId: organizationId(), applicationId, organizationRoleIds: [machineRole] };
    await bossOnly("organization.createOrganizationApplication", { organizationApplication: application });
    await bossOnly("organizationRole.deleteOrganizationRole", { id: roleId });
  });

  it.each(["directly", "through a group", "in an organization"])(
    "neither changes a user who has it %s, nor signs in as one",
    async (way) => {
      const id = await newUser();
      if (way === "directly")
        await boss.ok("user.assignUserRoles", { userId: id, roleIds: [await roleWith([scarce])] });
      if (way === "through a group") {
        const group = { name: fresh("group"), roleIds: [await roleWith([scarce])] };
        const groupId = await made(boss.ok("group.createGroup", { group }));
        await boss.ok("group.createGroupMember", { groupMember: { groupId, userId: id } });
      }
      if (way === "in an organization") {
        const organizationRoleIds = [await organizationRoleWith([scarce])];
        const member = { organizationId: organizationId(), userId: id, organizationRoleIds };
        await boss.ok("organization.createOrganizationMember", { organizationMember: member });
      }
      const identity = { userId: id, connectorId: world.red.ids.get("connector idp") ?? "", subject: fresh("subject") };
      await bossOnly("user.updateUser", { user: { id, email: `${fresh("e")}@example.test`, emailVerified: true } });
      await bossOnly("user.createUserIdentity", { userIdentity: identity });
      const { userIdentities } = await boss.ok("user.listUserIdentities", { userId: id });
      await bossOnly("user.deleteUserIdentity", { id: userIdentities[0]?.id ?? "" });
      await bossOnly("user.suspendUser", { id });
      await bossOnly("user.reactivateUser", { id });
      await bossOnly("user.deleteUser", { id });
    },
  );

  it("changes a user whose permission has expired", async () => {
    const [id, roleId] = [await newUser(), await roleWith([scarce])];
    const ended = { userId: id, roleId, expireTime: new Date(world.now() - 1000).toISOString() };
    await boss.ok("role.createRoleAssignment", { roleAssignment: ended });
    await clerk.ok("user.suspendUser", { id });
  });

  it("makes no secret and sets no certificate of a machine that has it", async () => {
    const [applicationId, weak] = [await newMachine(), await newMachine()];
    const roleIds = [await roleWith([scarce], "ROLE_TYPE_MACHINE")];
    await boss.ok("applicationRole.assignApplicationRoles", { applicationId, roleIds });
    const secret = (of: string) => ({ applicationSecret: { applicationId: of, name: fresh("secret") } });
    await clerk.ok("applicationSecret.createApplicationSecret", secret(weak));
    await bossOnly("applicationSecret.createApplicationSecret", secret(applicationId));
    const certificate = {
      application: { id: applicationId, certificateUris: [`spiffe://example.test/${fresh("a")}`] },
    };
    await bossOnly("application.updateApplication", certificate);
  });

  it("lets no connector give a role that has it to newcomers", async () => {
    const id = world.red.ids.get("connector idp-join") ?? "";
    const joining = { connector: { id, justInTimeRoleIds: [await roleWith([scarce])] } };
    expect(await clerk.refusal("connector.updateConnector", joining)).toEqual(denied);
    const weak = { connector: { id, justInTimeRoleIds: [await roleWith([common])] } };
    await clerk.ok("connector.updateConnector", weak);
  });
});
