// Invitations into organizations: their time, their mail, and who may accept them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unavailable } from "../../src/failure.ts";
import type { Message } from "../../src/messages/messages.ts";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
import { doors } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";

const day = 86_400_000;
const service = "organizationInvitation";
const precondition = { kind: "precondition", reason: "FAILED_PRECONDITION", fields: [] };
const notFound = { kind: "notFound", reason: "NOT_FOUND", fields: [] };

let world: World;
/** What left, in place of a mail server. `broken` stands for one that is down. */
let sent: Message[];
let broken = false;

beforeAll(async () => {
  world = await createWorld();
  world.hold();
  await withAdministrators(world.red);
  await withAdministrators(world.blue);
  await world.red.apply((declared) =>
    declared["connectors"]?.push({
      name: "mail",
      factoryId: "smtp",
      endpoint: "smtps://mail.example.test",
      sender: "tessera@example.test",
    }),
  );
  world.parts.messages.email = async (_server, message) => {
    if (broken) throw unavailable("the mail server is down");
    sent.push(message);
  };
});
beforeEach(() => {
  [sent, broken] = [[], false];
});
afterAll(() => world.close());

const idOf = (label: string) => world.red.ids.get(label) ?? "";
const at = (ms: number) => new Date(world.now() + ms).toISOString();

describe.each(doors)("over $name, an invitation", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const organization = async () => {
    const { id } = await boss.ok("organization.createOrganization", { organization: { name: fresh("organization") } });
    return id;
  };
  const role = async (type = "ROLE_TYPE_USER") => {
    const made = { organizationRole: { name: fresh("role"), type } };
    return (await boss.ok("organizationRole.createOrganizationRole", made)).id;
  };
  const asked = async (more: Record<string, string | string[]> = {}) => ({
    organizationId: await organization(),
    invitee: `${fresh("new")}@example.test`,
    ...more,
  });
  const invite = async (more: Record<string, string | string[]> = {}, send = false) =>
    boss.ok(`${service}.createOrganizationInvitation`, { organizationInvitation: await asked(more), send });
  const refused = async (more: Record<string, string | string[]>, send = false) =>
    boss.refusal(`${service}.createOrganizationInvitation`, { organizationInvitation: await asked(more), send });
  const get = (id: string) => boss.ok(`${service}.getOrganizationInvitation`, { id });
  const newUser = async (user: Record<string, string | boolean>) =>
    (await boss.ok("user.createUser", { user: { username: fresh("user"), ...user } })).id;
  const membersOf = async (organizationId: string) => {
    return (await boss.ok("organization.listOrganizationMembers", { organizationId })).organizationMembers;
  };

  it("lasts seven days unless it says otherwise, then reads as expired", async () => {
    const { id, status, expireTime } = await invite();
    expect([status, expireTime]).toEqual(["ORGANIZATION_INVITATION_STATUS_PENDING", at(7 * day)]);
    world.advance(7 * day - 1);
    expect(await get(id)).toMatchObject({ status: "ORGANIZATION_INVITATION_STATUS_PENDING" });
    world.advance(1);
    expect(await get(id)).toMatchObject({ status: "ORGANIZATION_INVITATION_STATUS_EXPIRED" });
    expect(await boss.refusal(`${service}.revokeOrganizationInvitation`, { id })).toEqual(precondition);
  });

  it("ends in the future and at most thirty days ahead", async () => {
    await invite({ expireTime: at(1) });
    await invite({ expireTime: at(30 * day) });
    for (const ms of [0, -1000, 30 * day + 1]) {
      const failure = await refused({ expireTime: at(ms) });
      expect(failure).toMatchObject({ kind: "invalid", fields: ["organization_invitation.expire_time"] });
    }
  });

  it("is refused for an unknown organization or role, a role for machines, and no address", async () => {
    expect(await refused({ organizationId: nobody })).toEqual(notFound);
    expect((await refused({ organizationRoleIds: [nobody] })).kind).toBe("invalid");
    expect(await refused({ organizationRoleIds: [await role("ROLE_TYPE_MACHINE")] })).toEqual(precondition);
    expect((await refused({ invitee: "nobody" })).kind).toBe("invalid");
    expect((await refused({ invitee: "a@10.0.0.1" })).fields).toEqual(["organization_invitation.invitee"]);
  });

  it("is the only pending one of its address in its organization", async () => {
    const [organizationId, invitee] = [await organization(), `${fresh("Twin")}@example.test`];
    const { id } = await invite({ organizationId, invitee });
    for (const same of [invitee, invitee.replace("example.test", "EXAMPLE.test")])
      expect((await refused({ organizationId, invitee: same })).kind).toBe("exists");
    await invite({ invitee });
    await boss.ok(`${service}.revokeOrganizationInvitation`, { id });
    await invite({ organizationId, invitee, expireTime: at(1000) });
    world.advance(1000);
    await invite({ organizationId, invitee });
    const listed = await boss.ok(`${service}.listOrganizationInvitations`, { organizationId });
    const states = listed.organizationInvitations.map(({ status }) => status.slice(31));
    expect(states.sort()).toEqual(["EXPIRED", "PENDING", "REVOKED"]);
  });

  it("makes who has the verified address a member with its roles, once, and forgets the address", async () => {
    const [invitee, roleId] = [`${fresh("Joins")}@example.test`, await role()];
    const { id, organizationId } = await invite({ invitee, organizationRoleIds: [roleId] });
    const userId = await newUser({ email: invitee, emailVerified: true });
    const accepted = await boss.ok(`${service}.acceptOrganizationInvitation`, { id, userId });
    const status = "ORGANIZATION_INVITATION_STATUS_ACCEPTED";
    expect(accepted).toMatchObject({ status, acceptedUserId: userId, invitee: "" });
    expect(await membersOf(organizationId)).toMatchObject([{ userId, organizationRoleIds: [roleId] }]);
    expect(await boss.refusal(`${service}.acceptOrganizationInvitation`, { id, userId })).toEqual(precondition);
    const search = { text: invitee, mode: "SEARCH_MODE_EXACT" };
    const found = await boss.ok(`${service}.listOrganizationInvitations`, { search });
    expect(found.organizationInvitations).toEqual([]);
  });

  it("adds its roles to those of a member, without those that are gone", async () => {
    const [invitee, kept, added, gone] = [`${fresh("m")}@example.test`, await role(), await role(), await role()];
    const { id, organizationId } = await invite({ invitee, organizationRoleIds: [added, gone, kept] });
    const userId = await newUser({ email: invitee, emailVerified: true });
    const organizationMember = { organizationId: organizationId, userId, organizationRoleIds: [kept] };
    await boss.ok("organization.createOrganizationMember", { organizationMember });
    await boss.ok("organizationRole.deleteOrganizationRole", { id: gone });
    await boss.ok(`${service}.acceptOrganizationInvitation`, { id, userId });
    expect(await membersOf(organizationId)).toMatchObject([{ userId, organizationRoleIds: [kept, added] }]);
  });

  it("is accepted for nobody else: another address, an unverified one, none, nobody", async () => {
    const invitee = `${fresh("Only")}@example.test`;
    const { id, organizationId } = await invite({ invitee });
    for (const user of [
      { email: `x${invitee}`, emailVerified: true },
      { email: invitee, emailVerified: false },
      { email: invitee.toLowerCase(), emailVerified: true },
      { username: invitee },
    ]) {
      const userId = await newUser(user);
      expect(await boss.refusal(`${service}.acceptOrganizationInvitation`, { id, userId })).toEqual(precondition);
    }
    const unknown = { id, userId: nobody };
    expect(await boss.refusal(`${service}.acceptOrganizationInvitation`, unknown)).toEqual(notFound);
    expect(await membersOf(organizationId)).toEqual([]);
  });

  it("is accepted by one of two at once, and not after it was taken back or ran out", async () => {
    const invitee = `${fresh("once")}@example.test`;
    const userId = await newUser({ email: invitee, emailVerified: true });
    const accept = (id: string) =>
      door.call(world, `${service}.acceptOrganizationInvitation`, { id: id, userId }, world.red.as("boss"));
    const { id } = await invite({ invitee });
    const both = await Promise.all([accept(id), accept(id)]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    const revoked = await invite({ invitee });
    await boss.ok(`${service}.revokeOrganizationInvitation`, { id: revoked.id });
    const late = await invite({ invitee, expireTime: at(1000) });
    world.advance(1000);
    for (const ended of [revoked, late]) expect(await accept(ended.id)).toMatchObject(precondition);
  });

  it("is mailed where that was asked for, and the mail opens nothing", async () => {
    const invitee = `${fresh("mailed")}@example.test`;
    await invite();
    expect(sent).toEqual([]);
    const { id, organizationId } = await invite({ invitee }, true);
    const { name } = await boss.ok("organization.getOrganization", { id: organizationId });
    expect(sent).toEqual([{ to: invitee, subject: `Invitation to ${name}`, text: expect.stringContaining(id) }]);
    const words = new Set(String(sent[0]?.text).split(/\s+/));
    const long = [...words].filter((word) => word.length > 20);
    expect(long).toEqual([`${id}.`]);
  });

  it("is mailed to one address three times an hour, and no more", async () => {
    const invitee = `${fresh("often")}@example.test`;
    for (const _ of [1, 2, 3]) await invite({ invitee }, true);
    expect((await refused({ invitee: invitee.toUpperCase().replace("EXAMPLE.TEST", "example.test") }, true)).kind).toBe(
      "exhausted",
    );
    expect(sent).toHaveLength(3);
    await invite({ invitee });
    world.advance(3_600_000 - 1);
    expect((await refused({ invitee }, true)).kind).toBe("exhausted");
    world.advance(1);
    await invite({ invitee }, true);
  });

  it("leaves nothing behind when its mail cannot leave", async () => {
    const [organizationId, invitee] = [await organization(), `${fresh("unsent")}@example.test`];
    broken = true;
    expect((await refused({ organizationId, invitee }, true)).kind).toBe("unavailable");
    expect(
      (await boss.ok(`${service}.listOrganizationInvitations`, { organizationId })).organizationInvitations,
    ).toEqual([]);
    const other = asking(world, world.blue.as("boss"), door);
    const { id } = await other.ok("organization.createOrganization", { organization: { name: fresh("organization") } });
    const request = { organizationInvitation: { organizationId: id, invitee }, send: true };
    expect(await other.refusal(`${service}.createOrganizationInvitation`, request)).toEqual(precondition);
    expect((await other.ok(`${service}.listOrganizationInvitations`, {})).organizationInvitations).toEqual([]);
  });
});

describe("ended invitations", () => {
  it("go thirty days after their time, with what they were searched by", async () => {
    const boss = asking(world, world.red.as("boss"));
    const organizationInvitation = { organizationId: idOf("organization north"), invitee: "swept@example.test" };
    const { id } = await boss.ok(`${service}.createOrganizationInvitation`, { organizationInvitation });
    const sweepAt = (ms: number) => world.parts.store.write("sweep", { before: world.now() + ms, grantsBefore: 0 });
    await sweepAt(37 * day);
    await boss.ok(`${service}.getOrganizationInvitation`, { id });
    await sweepAt(37 * day + 1);
    expect(await boss.refusal(`${service}.getOrganizationInvitation`, { id })).toEqual(notFound);
    const search = { text: "swept" };
    const { organizationInvitations } = await boss.ok(`${service}.listOrganizationInvitations`, { search });
    expect(organizationInvitations).toEqual([]);
  });
});
