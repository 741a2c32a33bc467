// Users as they are managed: names and addresses, suspension, identities, and what deleting one leaves behind.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
import { doors } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await withAdministrators(world.red);
  await withAdministrators(world.blue);
});
afterAll(() => world.close());

const notFound = { kind: "notFound", reason: "NOT_FOUND", fields: [] };
const exists = { kind: "exists", reason: "ALREADY_EXISTS", fields: [] };
const idOf = (label: string) => world.red.ids.get(label) ?? "";
const eventsOf = async (subject: unknown) =>
  (await world.parts.store.instance.auditTrail(world.red.id, 0, 10_000))
    .filter((row) => row.subject === subject)
    .map((row) => row.event);

describe.each(doors)("over $name, a user", (door) => {
  let boss: Asking;
  let backend: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
    backend = asking(world, world.red.as("backend"), door);
  });
  const make = async (user: Record<string, string | boolean> = {}) =>
    boss.ok("user.createUser", { user: { username: fresh("user"), ...user } });
  /** One who can sign in, with the subject that the upstream issuer knows. */
  const makeKnown = async () => {
    const name = fresh("known");
    const { id } = await make({ username: name });
    const userIdentity = { userId: id, connectorId: idOf("connector idp"), subject: `${name}-at-idp` };
    const identity = await boss.ok("user.createUserIdentity", { userIdentity });
    const signIn = { connector_id: idOf("connector idp"), access_token: world.token(world.red, name) };
    return { id: id, identityId: identity.id, signIn };
  };

  it("has a username of its own, and its verified address", async () => {
    const { id, username } = await make({ email: `${fresh("e")}@example.test` });
    expect(await boss.refusal("user.createUser", { user: { username } })).toEqual(exists);
    const email = `${fresh("Verified")}@Example.test`;
    await make({ email, emailVerified: true });
    const twin = { username: fresh("user"), email: email.replace("Example", "EXAMPLE"), emailVerified: true };
    expect(await boss.refusal("user.createUser", { user: twin })).toEqual(exists);
    await make({ email });
    expect(await boss.refusal("user.updateUser", { user: { id, email, emailVerified: true } })).toEqual(exists);
    expect(await boss.refusal("user.createUser", { user: { username: "" } })).toMatchObject({ kind: "invalid" });
  });

  it("may be called like a user of another tenant", async () => {
    const { username } = await make();
    await asking(world, world.blue.as("boss"), door).ok("user.createUser", { user: { username } });
  });

  it("is found by the beginning of its name, its address and its phone, without regard to case", async () => {
    const mark = fresh("find");
    const { id } = await make({ name: `${mark} Ümit`, email: `${mark}@example.test`, phone: `+49 ${mark}` });
    for (const [field, text] of [
      ["name", `${mark} üM`],
      ["email", mark.toUpperCase()],
      ["phone", `+49 ${mark}`],
    ] as const)
      expect((await boss.ok("user.listUsers", { search: { field, text } })).users).toMatchObject([{ id }]);
  });

  it("that is suspended has no live token from then on, and has them again when it is back", async () => {
    const { id, signIn } = await makeKnown();
    const tokens = await backend.ok("exchange", signIn);
    const live = async () => (await backend.ok("introspect", { token: tokens.token })).active;
    expect(await live()).toBe(true);
    expect(await boss.ok("user.suspendUser", { id })).toMatchObject({ id, suspended: true });
    expect(await live()).toBe(false);
    const refresh = { refresh_token: tokens.refresh_token };
    expect((await backend.refusal("refresh", refresh)).kind).toBe("badToken");
    const another = { ...signIn, access_token: signIn.access_token };
    expect((await backend.refusal("exchange", another)).kind).toBe("badToken");
    expect(await boss.ok("user.reactivateUser", { id })).toMatchObject({ id, suspended: false });
    expect(await live()).toBe(true);
    await backend.ok("refresh", refresh);
  });

  it("is suspended and let back in as often as asked, and each change is recorded once", async () => {
    const { id } = await make();
    await boss.ok("user.reactivateUser", { id });
    for (const method of ["user.suspendUser", "user.reactivateUser"] as const)
      for (const _ of [1, 2]) await boss.ok(method, { id });
    await Promise.all([1, 2, 3].map(() => boss.ok("user.suspendUser", { id })));
    expect(await eventsOf(id)).toEqual(["user.created", "user.suspended", "user.reactivated", "user.suspended"]);
    expect(await boss.refusal("user.suspendUser", { id: nobody })).toEqual(notFound);
  });

  it("signs in by its identities, each of which is one user's, until they are removed", async () => {
    const { id, identityId, signIn } = await makeKnown();
    const { userIdentities } = await boss.ok("user.listUserIdentities", { userId: id });
    expect(userIdentities).toMatchObject([{ id: identityId, userId: id }]);
    const subject = userIdentities[0]?.subject ?? "";
    const taken = { userId: (await make()).id, connectorId: idOf("connector idp"), subject };
    expect(await boss.refusal("user.createUserIdentity", { userIdentity: taken })).toEqual(exists);
    const { token } = await backend.ok("exchange", signIn);
    await boss.ok("user.deleteUserIdentity", { id: identityId });
    expect(await boss.refusal("user.getUserIdentity", { id: identityId })).toEqual(notFound);
    expect((await backend.refusal("exchange", signIn)).kind).toBe("badToken");
    expect(await backend.ok("introspect", { token })).toMatchObject({ active: false });
    for (const change of [{ userId: nobody }, { connectorId: nobody }])
      expect(await boss.refusal("user.createUserIdentity", { userIdentity: { ...taken, ...change } })).toEqual(
        notFound,
      );
  });

  it("that is deleted takes its tokens and its identities along", async () => {
    const { id, identityId, signIn } = await makeKnown();
    const { token, refresh_token } = await backend.ok("exchange", signIn);
    await boss.ok("user.deleteUser", { id });
    expect(await backend.ok("introspect", { token: token })).toMatchObject({ active: false });
    expect((await backend.refusal("refresh", { refresh_token: refresh_token })).kind).toBe("badToken");
    expect((await backend.refusal("exchange", signIn)).kind).toBe("badToken");
    expect(await boss.refusal("user.getUserIdentity", { id: identityId })).toEqual(notFound);
    expect(await boss.refusal("user.deleteUser", { id })).toEqual(notFound);
  });
});

describe("what a deleted user leaves", () => {
  /** Every cell of every table, the ones behind the search included. */
  function dump(): string {
    const file = new Sqlite(join(world.dataDir, "tessera.db"), { readonly: true });
    const names = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    const cells = names.flatMap((name) => (file.prepare(`SELECT * FROM "${name}"`).raw().all() as unknown[][]).flat());
    file.close();
    expect(names.length).toBeGreaterThan(30);
    return cells.map((cell) => (cell instanceof Buffer ? cell.toString("latin1") : String(cell))).join("\n");
  }
  const traces = ["Quirinus", "quirl@example.test", "old-quirl@example.test", "+39 555 0199", "quirlqr", "sub-4711"];

  it("is an id in the audit trail and nothing else, in any table", async () => {
    const boss = asking(world, world.red.as("boss"));
    const organizationId = idOf("organization north");
    const invite = async (invitee: string) => {
      const organizationInvitation = { organizationId, invitee };
      const made = await boss.ok("organizationInvitation.createOrganizationInvitation", { organizationInvitation });
      return made.id;
    };
    const earlier = { username: "quirlqr", name: "Quirinus", phone: "+39 555 0199", emailVerified: true };
    const { id } = await boss.ok("user.createUser", { user: { ...earlier, email: "old-quirl@example.test" } });
    const userId = id;
    const accepted = { id: await invite("old-quirl@example.test"), userId };
    await boss.ok("organizationInvitation.acceptOrganizationInvitation", accepted);
    await boss.ok("user.updateUser", { user: { id, email: "quirl@example.test" } });
    const pending = await invite("quirl@example.test");
    const userIdentity = { userId, connectorId: idOf("connector idp"), subject: "sub-4711" };
    await boss.ok("user.createUserIdentity", { userIdentity });
    await boss.ok("group.createGroupMember", { groupMember: { groupId: idOf("group staff"), userId } });
    await boss.ok("user.assignUserRoles", { userId, roleIds: [idOf("role reader")] });
    await asking(world, world.red.as("backend")).ok("exchange", {
      connector_id: idOf("connector idp"),
      access_token: world.token(world.red, "quirlqr", {
        sub: "sub-4711",
        name: "Quirinus",
        email: "quirl@example.test",
      }),
      organization_id: organizationId,
    });
    const before = dump();
    expect(traces.filter((trace) => before.includes(trace))).toEqual(
      traces.filter((trace) => trace !== "old-quirl@example.test"),
    );

    await boss.ok("user.deleteUser", { id });
    const after = dump();
    expect(traces.filter((trace) => after.includes(trace))).toEqual([]);
    expect(await eventsOf(id)).toEqual(["user.created", "user.updated", "user.deleted"]);
    expect(await eventsOf(pending)).toEqual(["organization_invitation.created", "organization_invitation.deleted"]);
    const { status, acceptedUserId } = await boss.ok("organizationInvitation.getOrganizationInvitation", {
      id: accepted.id,
    });
    expect([status, acceptedUserId]).toEqual(["ORGANIZATION_INVITATION_STATUS_ACCEPTED", userId]);
  });

  it("does not take an invitation along whose address was never its own", async () => {
    const boss = asking(world, world.red.as("boss"));
    const invitee = "claimed@example.test";
    const organizationInvitation = { organizationId: idOf("organization north"), invitee };
    const invitation = await boss.ok("organizationInvitation.createOrganizationInvitation", { organizationInvitation });
    const { id } = await boss.ok("user.createUser", { user: { username: fresh("user"), email: invitee } });
    await boss.ok("user.deleteUser", { id });
    await boss.ok("organizationInvitation.getOrganizationInvitation", { id: invitation.id });
  });
});
