// Store contract: how users come, by their first sign-in, and how they go.
import { describe, expect, it } from "vitest";
import type { JoinUser } from "../../src/store/token-operations.ts";
import { auditOf, createRow, fillTenant, id, joinOf, now, openFamily, trailOf } from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

export function userContract(open: OpenStore): void {
  describe("joining", () => {
    it("makes the user with identity and roles at the first sign-in, and finds it at the next", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const join = joinOf(tenant);
      expect(await store.write("joinUser", join)).toBe(join.user.id);
      expect(await store.write("joinUser", joinOf(tenant))).toBe(join.user.id);
      const read = store.tenant(tenant.tenantId);
      expect(await read.userByIdentity(tenant.ids.connector, "newcomer")).toEqual(join.user);
      expect(await read.userByEmail("new@example.test")).toEqual(join.user);
      expect(await read.userRoles(join.user.id)).toEqual([{ id: tenant.ids.role, expireTime: null }]);
      expect(await read.upstreamSubject(join.user.id, tenant.ids.connector)).toBe("newcomer");
    });

    it("sixteen first sign-ins at once are one user, recorded once", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const answers = await Promise.all(Array.from({ length: 16 }, () => store.write("joinUser", joinOf(tenant))));
      expect(new Set(answers).size).toBe(1);
      const joined = (await trailOf(store, tenant.tenantId)).filter(({ event }) => event === "user.joined");
      expect(joined.map(({ subject }) => subject)).toEqual([answers[0]]);
    });

    it("a taken user name gives way to the id, a taken e-mail stays with its owner", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const join = joinOf(tenant, { username: "ada", email: tenant.email, emailKey: tenant.email });
      await store.write("joinUser", join);
      const user = await store.tenant(tenant.tenantId).user(join.user.id);
      expect(user).toMatchObject({ username: join.user.id, email: tenant.email, emailKey: "", emailVerified: false });
      expect(await store.tenant(tenant.tenantId).userByEmail(tenant.email)).toMatchObject({ id: tenant.ids.user });
    });

    it("an empty e-mail finds nobody, though many have none", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      await store.write("joinUser", joinOf(tenant, { email: "", emailKey: "" }));
      expect(await store.tenant(tenant.tenantId).userByEmail("")).toBeUndefined();
    });

    it("a role that is gone, is another tenant's or is named twice keeps nobody out, and the others are given", async () => {
      const store = await open();
      const [tenant, other] = [await fillTenant(store), await fillTenant(store)];
      const join = joinOf(tenant);
      const [{ roleId: own, ...assignment }] = join.assignments as [JoinUser["assignments"][number]];
      const assignments = [id(), other.ids.role, own, own].map((roleId) => ({ ...assignment, id: id(), roleId }));
      expect(await store.write("joinUser", { ...join, assignments })).toBe(join.user.id);
      expect(await store.tenant(tenant.tenantId).userRoles(join.user.id)).toEqual([{ id: own, expireTime: null }]);
      const none = joinOf(tenant, { username: "second", email: "", emailKey: "" }, "second");
      expect(await store.write("joinUser", { ...none, assignments: [] })).toBe(none.user.id);
      expect(store.integrityCheck()).toEqual([]);
    });

    it("N8-02: a connector that does not exist undoes the whole join", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const before = await trailOf(store, tenant.tenantId);
      const join = joinOf(tenant);
      const identity = { ...join.identity, connectorId: id() };
      await expect(store.write("joinUser", { ...join, identity })).rejects.toMatchObject({ kind: "precondition" });
      expect(await store.tenant(tenant.tenantId).user(join.user.id)).toBeUndefined();
      expect(await trailOf(store, tenant.tenantId)).toEqual(before);
    });
  });

  describe("holdings", () => {
    it("a role and a group are answered with their end", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const { tenantId, ids } = tenant;
      const user = await createRow(store, "user", tenantId, { username: "ben" });
      await createRow(store, "roleAssignment", tenantId, { roleId: ids.role, userId: user, expireTime: now });
      await createRow(store, "groupMember", tenantId, { groupId: ids.group, userId: user, expireTime: now });
      expect(await store.tenant(tenantId).userRoles(user)).toEqual([{ id: ids.role, expireTime: now }]);
      expect(await store.tenant(tenantId).groups(user)).toEqual([{ id: ids.group, expireTime: now }]);
    });
  });

  describe("leaving", () => {
    it("a deleted user leaves grants and audit rows with its id, and nothing of the person", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const { tenantId, ids } = tenant;
      const { grant, family } = await openFamily(store, tenant);
      await store.write("deleteRow", {
        type: "user",
        tenantId,
        id: ids.user,
        epoch: { tenant: tenantId },
        audit: auditOf(tenantId),
      });
      const read = store.tenant(tenantId);
      expect(await read.user(ids.user)).toBeUndefined();
      expect(await read.userByIdentity(ids.connector, tenant.subject)).toBeUndefined();
      expect(await read.userRoles(ids.user)).toEqual([]);
      expect(await read.groups(ids.user)).toEqual([]);
      expect(await read.membership(ids.user, ids.organization)).toBeUndefined();
      // The grant stands without its subject, so nothing counts as alive any more.
      expect(await read.standing(grant.id, "")).toBeUndefined();
      expect(await read.family(family.id)).toEqual(family);
      expect(JSON.stringify(await trailOf(store, tenantId))).not.toContain("example.test");
      expect(store.integrityCheck()).toEqual([]);
    });
  });
}
