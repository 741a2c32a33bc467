// What a user may do is read once, and anew as soon as a write concerns it or something of it ends.
import { beforeEach, expect, it, vi } from "vitest";
import { buildPolicy } from "../src/policy/permissions.ts";
import { createChanges } from "../src/store/changes.ts";
import type { Held } from "../src/store/holding-reads.ts";
import type { TenantStore } from "../src/store/store.ts";
import { createUserPermissions, type UserPermissions } from "../src/user-permissions.ts";
import { resource } from "./support/policy.ts";

const role = (id: string, ...scopeIds: string[]) => ({ id, name: id, type: 0, scopeIds });
/** Of one epoch more, the editor may write as well. */
const policyAt = (epoch: number) =>
  buildPolicy({
    resources: [resource("api"), resource("billing")],
    scopes: [
      { id: "s1", name: "read", resourceId: "api" },
      { id: "s2", name: "write", resourceId: "api" },
      { id: "s3", name: "pay", resourceId: "billing" },
      { id: "s4", name: "invite", resourceId: "api" },
    ],
    roles: [epoch === 1 ? role("editor", "s1", "s3") : role("editor", "s1", "s2", "s3")],
    groups: [{ id: "staff", name: "staff", roleIds: ["editor"] }],
    organizationRoles: [role("owner", "s4")],
  });

let changes: ReturnType<typeof createChanges>;
let userRoles: ReturnType<typeof vi.fn<(userId: string) => Promise<Held[]>>>;
let groups: ReturnType<typeof vi.fn<(userId: string) => Promise<Held[]>>>;
let permissions: UserPermissions;
beforeEach(() => {
  changes = createChanges();
  userRoles = vi.fn(async () => [{ id: "editor", expireTime: null }]);
  groups = vi.fn(async () => []);
  const rows = { userRoles, groups } as Partial<TenantStore> as TenantStore;
  permissions = createUserPermissions({
    store: { tenant: () => rows, changes },
    policies: { of: async (_, epoch) => policyAt(epoch) },
  });
});

const asked = {
  tenant: { id: "tenant", policyEpoch: 1 },
  userId: "ada",
  resourceId: "api",
  organizationRoleIds: [] as string[],
  now: 1000,
};
const scopeOf = async (change: Partial<typeof asked> = {}) =>
  (await permissions.of({ ...asked, ...change })).effective.scope;

it("the answer is the same one until a write concerns the user or the tenant, and read anew after it", async () => {
  const first = await permissions.of(asked);
  changes.note(["ben"]);
  expect(await permissions.of(asked)).toBe(first);
  expect(userRoles).toHaveBeenCalledTimes(1);
  for (const concerned of ["ada", "tenant"]) {
    userRoles.mockResolvedValueOnce([]);
    changes.note([concerned]);
    expect(await scopeOf()).toBe("");
    changes.note([concerned]);
    expect(await scopeOf()).toBe("read");
  }
});

it("a write that is acknowledged while it is read is seen by the next that asks", async () => {
  const { promise, resolve } = Promise.withResolvers<Held[]>();
  userRoles.mockReturnValueOnce(promise);
  const early = scopeOf();
  await vi.waitFor(() => expect(userRoles).toHaveBeenCalled());
  userRoles.mockResolvedValue([]);
  changes.note(["ada"]);
  resolve([{ id: "editor", expireTime: null }]);
  expect(await early).toBe("read");
  expect(await scopeOf()).toBe("");
});

it("what ends without a write is gone from that moment on", async () => {
  userRoles.mockResolvedValue([{ id: "editor", expireTime: 2000 }]);
  expect((await permissions.of(asked)).until).toBe(2000);
  expect(await scopeOf({ now: 1999 })).toBe("read");
  expect(await scopeOf({ now: 2000 })).toBe("");
  expect((await permissions.of({ ...asked, now: 2000 })).until).toBe(Number.POSITIVE_INFINITY);
});

it("a membership of a group ends like a role, whichever is first", async () => {
  userRoles.mockResolvedValue([]);
  groups.mockResolvedValue([{ id: "staff", expireTime: 3000 }]);
  expect(await permissions.of(asked)).toMatchObject({ effective: { groups: ["staff"], scope: "read" }, until: 3000 });
  expect(await scopeOf({ now: 3000 })).toBe("");
  userRoles.mockResolvedValue([{ id: "editor", expireTime: 2000 }]);
  changes.note(["ada"]);
  expect((await permissions.of(asked)).until).toBe(2000);
});

it("answers are told apart by tenant, epoch, user, audience and roles in the organization", async () => {
  userRoles.mockImplementation(async (userId) => (userId === "ada" ? [{ id: "editor", expireTime: null }] : []));
  expect(await scopeOf()).toBe("read");
  expect(await scopeOf({ tenant: { id: "tenant", policyEpoch: 2 } })).toBe("read write");
  expect(await scopeOf({ userId: "ben" })).toBe("");
  expect(await scopeOf({ resourceId: "billing" })).toBe("pay");
  expect(await scopeOf({ organizationRoleIds: ["owner"] })).toBe("invite read");
  expect(await scopeOf()).toBe("read");
  const calls = userRoles.mock.calls.length;
  await scopeOf({ tenant: { id: "another", policyEpoch: 1 } });
  expect(userRoles.mock.calls.length).toBe(calls + 1);
});
