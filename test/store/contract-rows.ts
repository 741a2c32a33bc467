// Store contract: create, update, delete and list of management rows, and the rules between them.
import { describe, expect, it } from "vitest";
import type { AnyRow, Children } from "../../src/store/row-operations.ts";
import type { Store } from "../../src/store/store.ts";
import { auditOf, createRow, type FilledTenant, fillTenant, id, trailOf } from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

type Change = {
  type?: "project" | "user" | "connector";
  id: string;
  revision: number;
  set?: AnyRow;
  children?: Children[];
};

const update = (
  store: Store,
  { tenantId }: FilledTenant,
  { type = "project", set = {}, children = [], ...rest }: Change,
) =>
  store.write("updateRow", {
    type,
    tenantId,
    set,
    children,
    ...rest,
    epoch: { tenant: tenantId },
    audit: auditOf(tenantId, "row.updated"),
  });

const remove = (store: Store, tenantId: string, type: "project" | "user" | "connector" | "tenant", rowId: string) =>
  store.write("deleteRow", { type, tenantId, id: rowId, epoch: { tenant: tenantId }, audit: auditOf(tenantId) });

const audienceOf = ({ tenantId, ids }: FilledTenant, audience: string, owner = ids.connector): Children => ({
  table: "connectorAudience",
  owner,
  rows: [{ tenantId, issuer: "https://issuer.test", audience, connectorId: owner }],
});

export function rowContract(open: OpenStore): void {
  describe("what is written is read", () => {
    it("several writes are one: the first that fails is named by its place, and none of them is kept", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const before = (await trailOf(store, tenantId)).length;
      const project = (name: string, rowId = id()) => ({
        operation: "createRow" as const,
        args: {
          type: "project" as const,
          tenantId,
          row: { id: rowId, tenantId, name, createTime: 1, updateTime: 1 },
          children: [],
          epoch: { tenant: tenantId },
          audit: auditOf(tenantId),
        },
      });
      const [one, other] = [project("one"), project("other")];
      await expect(store.write("writeRows", { writes: [one, project("one"), other] })).rejects.toMatchObject({
        kind: "exists",
        violations: [{ field: "1" }],
      });
      expect(await store.tenant(tenantId).rowByKey("project", { name: "one" })).toBeUndefined();
      expect(await trailOf(store, tenantId)).toHaveLength(before);
      await store.write("writeRows", { writes: [one, other] });
      expect(await store.tenant(tenantId).rowByKey("project", { name: "other" })).toBeDefined();
      expect(await trailOf(store, tenantId)).toHaveLength(before + 2);
    });

    it("a created row comes back with its defaults, by id and by key", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const connector = await store.tenant(tenantId).row("connector", ids.connector);
      expect(connector).toMatchObject({
        revision: 1,
        audiences: [],
        conditions: [],
        disabled: false,
        maxTokenLifetime: 0,
      });
      expect(await store.tenant(tenantId).rowByKey("connector", { name: "upstream" })).toEqual(connector);
      expect(await store.tenant(tenantId).rowByKey("connector", { name: "UPSTREAM" })).toBeUndefined();
    });

    it("a key may hold a null, which equals only itself", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const key = { roleId: ids.role, userId: null, applicationId: ids.application };
      expect(await store.tenant(tenantId).rowByKey("roleAssignment", key)).toMatchObject(key);
      expect(await store.tenant(tenantId).rowByKey("roleAssignment", { ...key, applicationId: null })).toBeUndefined();
    });

    it("an update changes what it names, counts the revision and moves the epoch", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const before = await store.instance.tenant(tenant.tenantId);
      await update(store, tenant, { id: tenant.ids.project, revision: 1, set: { name: "second" } });
      const row = await store.tenant(tenant.tenantId).row("project", tenant.ids.project);
      expect(row).toMatchObject({ name: "second", isDefault: true, revision: 2 });
      const after = await store.instance.tenant(tenant.tenantId);
      expect(after?.policyEpoch).toBe((before?.policyEpoch ?? 0) + 1);
    });

    it("a change of one user moves only that user's epoch", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const other = await createRow(store, "user", tenantId, { username: "ben" });
      const before = await store.instance.tenant(tenantId);
      const audit = auditOf(tenantId);
      const epoch = { user: ids.user };
      await store.write("deleteRow", { type: "roleAssignment", tenantId, id: ids.roleAssignment, epoch, audit });
      expect(await store.tenant(tenantId).user(ids.user)).toMatchObject({ epoch: 2 });
      expect(await store.tenant(tenantId).user(other)).toMatchObject({ epoch: 1 });
      expect(await store.instance.tenant(tenantId)).toEqual(before);
    });

    it("side rows are replaced as a whole, and go with their owner", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const { connector } = tenant.ids;
      await update(store, tenant, {
        type: "connector",
        id: connector,
        revision: 1,
        children: [audienceOf(tenant, "one")],
      });
      await update(store, tenant, {
        type: "connector",
        id: connector,
        revision: 2,
        children: [audienceOf(tenant, "two")],
      });
      // The first audience is free again, the second is not.
      const second = await createRow(store, "connector", tenant.tenantId, { name: "b", issuer: "https://issuer.test" });
      const take = (audience: string, revision: number) =>
        update(store, tenant, {
          type: "connector",
          id: second,
          revision,
          children: [audienceOf(tenant, audience, second)],
        });
      await take("one", 1);
      await expect(take("two", 2)).rejects.toMatchObject({ kind: "exists" });
      await remove(store, tenant.tenantId, "connector", connector);
      await take("two", 2);
    });

    it("pages run in order of birth, each row once, and end", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const made = [ids.user];
      for (let i = 0; i < 6; i += 1) made.push(await createRow(store, "user", tenantId, { username: `user-${i}` }));
      const seen: unknown[] = [];
      for (let after = ""; ; ) {
        const page = await store.tenant(tenantId).rows("user", after, 3);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(3);
        seen.push(...page.map((row) => row["id"]));
        after = String(page.at(-1)?.["id"]);
      }
      expect(seen).toEqual(made.toSorted());
    });
  });

  describe("exists", () => {
    it("a name that is taken is refused in its tenant and free in another", async () => {
      const store = await open();
      const [one, two] = [await fillTenant(store), await fillTenant(store)];
      await createRow(store, "project", one.tenantId, { name: "taken" });
      await expect(createRow(store, "project", one.tenantId, { name: "taken" })).rejects.toMatchObject({
        kind: "exists",
      });
      await createRow(store, "project", two.tenantId, { name: "taken" });
    });

    it("text compares by bytes: another case and another normal form are other names", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      for (const name of ["\u00e9t\u00e9", "e\u0301te\u0301", "\u00c9t\u00e9"])
        await createRow(store, "project", tenantId, { name });
    });

    it.each([
      ["a second default project", "project", { name: "b", isDefault: true }],
      ["a second default resource", "resource", { name: "b", indicator: "https://b.test", isDefault: true }],
    ] as const)("%s is refused; any number that are not the default is fine", async (_name, type, row) => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      await expect(createRow(store, type, tenantId, row)).rejects.toMatchObject({ kind: "exists" });
      await createRow(store, type, tenantId, { ...row, isDefault: false });
      await createRow(store, type, tenantId, { ...row, name: "c", indicator: "https://c.test", isDefault: false });
    });

    it("a verified e-mail belongs to one user; those without share nothing", async () => {
      const store = await open();
      const { tenantId, email } = await fillTenant(store);
      await expect(createRow(store, "user", tenantId, { username: "b", emailKey: email })).rejects.toMatchObject({
        kind: "exists",
      });
      await createRow(store, "user", tenantId, { username: "b" });
      await createRow(store, "user", tenantId, { username: "c" });
    });

    it("N8-03: neither the message nor the cause of a refusal names a value", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const row = { name: "canary-in-a-row", issuer: "canary-in-another-column" };
      await createRow(store, "connector", tenantId, row);
      const failure = await createRow(store, "connector", tenantId, row).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ kind: "exists" });
      const { message, cause, violations } = failure as { message: string; cause: unknown; violations: unknown };
      expect(JSON.stringify([message, String(cause), violations])).not.toContain("canary");
    });
  });

  describe("precondition", () => {
    it("a row that points nowhere is refused, and leaves nothing", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const before = await trailOf(store, tenantId);
      const orphan = createRow(store, "application", tenantId, { name: "orphan", projectId: id() });
      await expect(orphan).rejects.toMatchObject({ kind: "precondition" });
      expect(await store.tenant(tenantId).rowByKey("application", { name: "orphan" })).toBeUndefined();
      expect(await trailOf(store, tenantId)).toEqual(before);
    });

    it("a project with applications cannot be deleted, an empty one can", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      await expect(remove(store, tenantId, "project", ids.project)).rejects.toMatchObject({ kind: "precondition" });
      const empty = await createRow(store, "project", tenantId, { name: "empty" });
      await remove(store, tenantId, "project", empty);
      expect(await store.tenant(tenantId).row("project", empty)).toBeUndefined();
    });
  });

  describe("stale and notFound", () => {
    it("of two updates at one revision the second is stale and changes nothing", async () => {
      const store = await open();
      const tenant = await fillTenant(store);
      const change = (name: string) => update(store, tenant, { id: tenant.ids.project, revision: 1, set: { name } });
      const outcomes = await Promise.allSettled([change("mine"), change("yours")]);
      expect(outcomes).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { kind: "stale" } }]);
      const trail = await trailOf(store, tenant.tenantId);
      expect(trail.filter(({ event }) => event === "row.updated")).toHaveLength(1);
      expect(await store.tenant(tenant.tenantId).row("project", tenant.ids.project)).toMatchObject({ name: "mine" });
    });

    it("a deleted row is gone, and deleting it again says notFound", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const project = await createRow(store, "project", tenantId, { name: "empty" });
      await remove(store, tenantId, "project", project);
      await expect(remove(store, tenantId, "project", project)).rejects.toMatchObject({ kind: "notFound" });
    });
  });
}
