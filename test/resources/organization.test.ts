// Organizations as they are managed: members and applications with their roles, and scopes of their own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { organizationIndicator } from "../../src/policy/audience.ts";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
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
const idOf = (label: string) => world.red.ids.get(label) ?? "";
const [ada, ben, zoe] = ["ada", "ben", "zoe"].map((name) => () => idOf(`user ${name}`)) as [
  () => string,
  () => string,
  () => string,
];

describe.each(doors)("over $name", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const make = async () => {
    const { id } = await boss.ok("organization.createOrganization", { organization: { name: fresh("organization") } });
    return id;
  };
  const makeRole = async (organizationRole = {}) => {
    const role = { organizationRole: { name: fresh("role"), ...organizationRole } };
    return (await boss.ok("organizationRole.createOrganizationRole", role)).id;
  };
  const membersOf = async (organizationId: string) => {
    const { organizationMembers } = await boss.ok("organization.listOrganizationMembers", { organizationId });
    return organizationMembers;
  };

  describe("an organization", () => {
    it("keeps up to 16 KiB of custom data, and has a name of its own", async () => {
      const data = (length: number) => ({ name: fresh("organization"), customData: { text: "x".repeat(length) } });
      const most = 16 * 1024 - '{"text":""}'.length;
      const made = await boss.ok("organization.createOrganization", { organization: data(most) });
      expect(made).toMatchObject({ customData: { text: "x".repeat(most) } });
      const larger = await boss.refusal("organization.createOrganization", { organization: data(most + 1) });
      expect(larger).toMatchObject({ kind: "invalid", fields: ["custom_data"] });
      const twin = await boss.refusal("organization.createOrganization", { organization: { name: made.name } });
      expect(twin.kind).toBe("exists");
    });

    it("goes with its members", async () => {
      const id = await make();
      await boss.ok("organization.addOrganizationMembers", { organizationId: id, userIds: [ada()] });
      const [member] = await membersOf(id);
      await boss.ok("organization.deleteOrganization", { id });
      expect(await boss.refusal("organization.getOrganizationMember", { id: member?.id ?? "" })).toEqual(notFound);
      expect(await boss.refusal("organization.listOrganizationMembers", { organizationId: id })).toEqual(notFound);
    });
  });

  describe("members", () => {
    it("are added once each, and who is one already stays as it is", async () => {
      const organizationId = await make();
      const userIds = [ada(), ben(), ada()];
      const added = await boss.ok("organization.addOrganizationMembers", { organizationId, userIds });
      expect(added).toEqual({ addedUserIds: [ada(), ben()] });
      const again = await boss.ok("organization.addOrganizationMembers", { organizationId, userIds: [zoe(), ben()] });
      expect(again).toEqual({ addedUserIds: [zoe()] });
      expect(await membersOf(organizationId)).toHaveLength(3);
    });

    it("are replaced in one step, and those who stay keep their roles and their row", async () => {
      const [organizationId, role] = [await make(), await makeRole()];
      const organizationMember = { organizationId, userId: ada(), organizationRoleIds: [role] };
      const { id } = await boss.ok("organization.createOrganizationMember", { organizationMember });
      await boss.ok("organization.addOrganizationMembers", { organizationId, userIds: [ben()] });
      for (const _ of [1, 2])
        await boss.ok("organization.replaceOrganizationMembers", { organizationId, userIds: [zoe(), ada(), zoe()] });
      const members = await membersOf(organizationId);
      expect(members.map(({ userId }) => userId).sort()).toEqual([ada(), zoe()].sort());
      expect(members.find(({ userId }) => userId === ada())).toMatchObject({ id, organizationRoleIds: [role] });
      await boss.ok("organization.replaceOrganizationMembers", { organizationId, userIds: [] });
      expect(await membersOf(organizationId)).toEqual([]);
    });

    it("stay as they were when one of the new ones is unknown", async () => {
      const organizationId = await make();
      await boss.ok("organization.addOrganizationMembers", { organizationId, userIds: [ada()] });
      const userIds = [ben(), nobody];
      expect(await boss.refusal("organization.replaceOrganizationMembers", { organizationId, userIds })).toEqual(
        notFound,
      );
      expect(await boss.refusal("organization.addOrganizationMembers", { organizationId, userIds })).toEqual(notFound);
      expect(await membersOf(organizationId)).toMatchObject([{ userId: ada() }]);
      const unknown = { organizationId: nobody, userIds: [] };
      expect(await boss.refusal("organization.replaceOrganizationMembers", unknown)).toEqual(notFound);
      const none = await boss.refusal("organization.addOrganizationMembers", { organizationId, userIds: [] });
      expect(none).toMatchObject({ kind: "invalid", fields: ["user_ids"] });
    });

    it("lose their roles with their membership", async () => {
      const [organizationId, role] = [await make(), await makeRole()];
      const organizationMember = { organizationId, userId: ben(), organizationRoleIds: [role] };
      const { id } = await boss.ok("organization.createOrganizationMember", { organizationMember });
      await boss.ok("organization.deleteOrganizationMember", { id });
      await boss.ok("organization.addOrganizationMembers", { organizationId, userIds: [ben()] });
      expect(await membersOf(organizationId)).toMatchObject([{ organizationRoleIds: [] }]);
    });

    it("hold roles for members, and no role for applications", async () => {
      const organizationId = await make();
      const organizationMember = { organizationId, userId: ben(), organizationRoleIds: [await makeRole()] };
      const { id } = await boss.ok("organization.createOrganizationMember", { organizationMember });
      const wrong = [await makeRole({ type: "ROLE_TYPE_MACHINE" })];
      const given = { organizationMember: { organizationId, userId: ada(), organizationRoleIds: wrong } };
      expect(await boss.refusal("organization.createOrganizationMember", given)).toEqual(precondition);
      const changed = { organizationMember: { id, organizationRoleIds: wrong } };
      expect(await boss.refusal("organization.updateOrganizationMember", changed)).toEqual(precondition);
      const unknown = { organizationMember: { id, organizationRoleIds: [nobody] } };
      expect(await boss.refusal("organization.updateOrganizationMember", unknown)).toMatchObject({
        kind: "invalid",
        fields: ["organization_role_ids[0]"],
      });
    });

    it("may do what their roles say, at every resource, each thing once", async () => {
      const organizationId = await make();
      const own = await boss.ok("organizationScope.createOrganizationScope", { name: fresh("scope") });
      const invite = idOf("scope https://api.example.test / invite");
      const roles = [await makeRole({ scopeIds: [invite, own.id] }), await makeRole({ scopeIds: [invite] })];
      const organizationMember = { organizationId, userId: ada(), organizationRoleIds: roles };
      await boss.ok("organization.createOrganizationMember", { organizationMember });
      const { scopes } = await boss.ok("organization.listMemberScopes", { organizationId, userId: ada() });
      expect(scopes.map(({ id }) => id)).toEqual([invite, own.id].sort());
      expect(await boss.refusal("organization.listMemberScopes", { organizationId, userId: ben() })).toEqual(
        precondition,
      );
      for (const asked of [
        { organizationId: nobody, userId: ada() },
        { organizationId, userId: nobody },
      ])
        expect(await boss.refusal("organization.listMemberScopes", asked)).toEqual(notFound);
    });
  });

  describe("applications", () => {
    const application = (name: string) => idOf(`application ${name}`);

    it("belong to an organization where they are machines, with roles for applications", async () => {
      const organizationId = await make();
      const role = await makeRole({ type: "ROLE_TYPE_MACHINE" });
      const given = { organizationId, applicationId: application("other"), organizationRoleIds: [role] };
      const { id } = await boss.ok("organization.createOrganizationApplication", { organizationApplication: given });
      const listed = await boss.ok("organization.listOrganizationApplications", { organizationId, count: true });
      expect(listed).toMatchObject({ organizationApplications: [{ id, ...given }], totalSize: 1 });
      const twin = await boss.refusal("organization.createOrganizationApplication", { organizationApplication: given });
      expect(twin.kind).toBe("exists");
      await boss.ok("organization.deleteOrganizationApplication", { id });
      expect(await boss.refusal("organization.getOrganizationApplication", { id })).toEqual(notFound);
    });

    it.each(["backend", "page", "phone"])("of another type are refused: %s", async (name) => {
      const given = { organizationId: await make(), applicationId: application(name) };
      const refused = await boss.refusal("organization.createOrganizationApplication", {
        organizationApplication: given,
      });
      expect(refused).toEqual(precondition);
    });

    it.each(["ROLE_TYPE_USER", "ROLE_TYPE_UNSPECIFIED"])("hold no role for members: %s", async (type) => {
      const organizationRoleIds = [await makeRole({ type })];
      const given = { organizationId: await make(), applicationId: application("other"), organizationRoleIds };
      const refused = await boss.refusal("organization.createOrganizationApplication", {
        organizationApplication: given,
      });
      expect(refused).toEqual(precondition);
    });

    it("can be declared", async () => {
      await world.red.apply((declared) => {
        declared.organizationApplications = [{ organizationId: "south", applicationId: "other" }];
      });
      const organizationId = idOf("organization south");
      const listed = await boss.ok("organization.listOrganizationApplications", { organizationId });
      expect(listed).toMatchObject({ organizationApplications: [{ applicationId: application("other") }] });
    });
  });

  describe("an organization role", () => {
    it("leaves nothing behind when one of its scopes is unknown", async () => {
      const name = fresh("role");
      const role = { name, scopeIds: [idOf("scope https://api.example.test / invite"), nobody] };
      const refused = await boss.refusal("organizationRole.createOrganizationRole", { organizationRole: role });
      expect(refused).toMatchObject({ kind: "invalid", fields: ["scope_ids[1]"] });
      await makeRole({ name });
      expect((await boss.refusal("organizationRole.createOrganizationRole", { organizationRole: { name } })).kind).toBe(
        "exists",
      );
    });

    it("is gone from its members when it is removed", async () => {
      const [organizationId, role] = [await make(), await makeRole()];
      const organizationMember = { organizationId, userId: ada(), organizationRoleIds: [role] };
      await boss.ok("organization.createOrganizationMember", { organizationMember });
      await boss.ok("organizationRole.deleteOrganizationRole", { id: role });
      expect(await membersOf(organizationId)).toMatchObject([{ organizationRoleIds: [] }]);
    });
  });

  describe("an organization scope", () => {
    it("is a scope of the organization audience, unique there, and changed only here", async () => {
      const name = fresh("scope");
      const made = await boss.ok("organizationScope.createOrganizationScope", { name, description: "d" });
      const resource = await boss.ok("resource.getResource", { id: made.resourceId });
      expect(resource).toMatchObject({ indicator: organizationIndicator });
      expect((await boss.refusal("organizationScope.createOrganizationScope", { name })).kind).toBe("exists");
      const { id } = made;
      const changed = { scope: { id, description: "e", revision: 1 } };
      expect(await boss.refusal("resource.updateScope", changed)).toEqual(precondition);
      expect(await boss.refusal("resource.deleteScope", { id })).toEqual(precondition);
      expect(await boss.ok("organizationScope.updateOrganizationScope", changed)).toMatchObject({ description: "e" });
      expect((await boss.refusal("organizationScope.updateOrganizationScope", changed)).kind).toBe("stale");
      const search = { text: name, mode: "SEARCH_MODE_EXACT" };
      expect((await boss.ok("organizationScope.listOrganizationScopes", { search })).scopes).toHaveLength(1);
      await boss.ok("organizationScope.deleteOrganizationScope", { id });
      expect(await boss.refusal("organizationScope.getOrganizationScope", { id })).toEqual(notFound);
    });

    it("is none that belongs to another audience", async () => {
      const id = idOf("scope https://api.example.test / read");
      expect(await boss.refusal("organizationScope.getOrganizationScope", { id })).toEqual(notFound);
      const changed = { scope: { id, description: "x" } };
      expect(await boss.refusal("organizationScope.updateOrganizationScope", changed)).toEqual(notFound);
      expect(await boss.refusal("organizationScope.deleteOrganizationScope", { id })).toEqual(notFound);
      const search = { text: "read", mode: "SEARCH_MODE_EXACT" };
      expect((await boss.ok("organizationScope.listOrganizationScopes", { search })).scopes).toEqual([]);
      await boss.ok("resource.getScope", { id });
    });

    it("is refused with a space in its name", async () => {
      const refused = await boss.refusal("organizationScope.createOrganizationScope", { name: "with space" });
      expect(refused).toMatchObject({ kind: "invalid", fields: ["name"] });
    });

    it("is carried by a token for that audience and organization", async () => {
      const { id, name } = await boss.ok("organizationScope.createOrganizationScope", { name: fresh("scope") });
      const organizationId = await make();
      const organizationRoleIds = [await makeRole({ scopeIds: [id] })];
      await boss.ok("organization.createOrganizationMember", {
        organizationMember: { organizationId, userId: ada(), organizationRoleIds },
      });
      const { resources } = await boss.ok("resource.listResources", {
        search: { field: "indicator", text: organizationIndicator },
      });
      const resourceIds = resources.map((resource) => resource.id);
      await boss.ok("application.updateApplication", { application: { id: idOf("application backend"), resourceIds } });
      const answer = await asking(world, world.red.as("backend"), door).ok("exchange", {
        access_token: world.token(world.red, "ada"),
        connector_id: idOf("connector idp"),
        resource: [organizationIndicator],
        organization_id: organizationId,
      });
      expect(answer).toMatchObject({ user: { org_permissions: [name] } });
    });
  });
});
