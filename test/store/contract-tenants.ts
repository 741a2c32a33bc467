// Store contract: the reads that find a tenant, and the wall between tenants, walked over every read and write.
import { describe, expect, it } from "vitest";
import type { TypeName } from "../../src/store/row-operations.ts";
import type { Store, TenantStore } from "../../src/store/store.ts";
import {
  auditOf,
  createRow,
  fillTenant,
  type FilledTenant,
  id,
  now,
  openFamily,
  rotationOf,
  trailOf,
  type TypeIds,
} from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

/** What a probe asks with: the ids of somebody's rows. */
type Asked = { ids: TypeIds; subject: string; email: string; grantId: string; familyId: string; seen: string };
type ReadName = Exclude<keyof TenantStore, "tenantId">;

// A read that is missing here does not compile.
const probes: Record<ReadName, (tenant: TenantStore, asked: Asked) => Promise<unknown>> = {
  user: (tenant, { ids }) => tenant.user(ids.user),
  userByEmail: (tenant, { email }) => tenant.userByEmail(email),
  userByIdentity: (tenant, { ids, subject }) => tenant.userByIdentity(ids.connector, subject),
  upstreamSubject: (tenant, { ids }) => tenant.upstreamSubject(ids.user, ids.connector),
  connector: (tenant, { ids }) => tenant.connector(ids.connector),
  resource: (tenant, { ids }) => tenant.resource(ids.resource),
  userRoles: (tenant, { ids }) => tenant.userRoles(ids.user),
  applicationRoles: (tenant, { ids }) => tenant.applicationRoles(ids.application),
  defaultRoleIds: async (tenant, { ids }) => (await tenant.defaultRoleIds()).filter((role) => role === ids.role),
  groups: (tenant, { ids }) => tenant.groups(ids.user),
  membership: (tenant, { ids }) => tenant.membership(ids.user, ids.organization),
  policy: (tenant, { ids }) =>
    tenant.policy().then((policy) =>
      Object.values(policy)
        .flat()
        .filter((row) => Object.values(ids).includes(row.id)),
    ),
  consentedScopes: (tenant, { ids }) => tenant.consentedScopes(ids.application),
  consentsToOrganization: (tenant, { ids }) => {
    const { application: applicationId, user: userId, organization: organizationId } = ids;
    return tenant.consentsToOrganization({ applicationId, userId, organizationId });
  },
  trail: async (tenant, { seen }) => {
    const { rows } = await tenant.trail({ filter: { requestId: seen }, before: undefined, limit: 10 });
    return rows;
  },
  family: (tenant, { familyId }) => tenant.family(familyId),
  standing: (tenant, { grantId }) => tenant.standing(grantId, ""),
  grantState: (tenant, { grantId }) => tenant.grantState(grantId, ""),
  row: (tenant, { ids }) => everyType(ids, (type) => tenant.row(type, ids[type])),
  rowByKey: (tenant, { ids }) => everyType(ids, (type) => tenant.rowByKey(type, { id: ids[type] })),
  rows: (tenant, { ids }) =>
    everyType(ids, async (type) => (await tenant.rows(type, "", 1000)).find((row) => row["id"] === ids[type])),
  list: (tenant, { ids }) =>
    everyType(ids, async (type) => {
      const { rows } = await tenant.list(type, { matching: { id: [ids[type]] }, limit: 10 });
      return rows[0];
    }),
  total: (tenant, { ids }) =>
    everyType(ids, async (type) => (await tenant.total(type, { matching: { id: [ids[type]] } })) || undefined),
  present: (tenant, { ids }) => everyType(ids, async (type) => (await tenant.present(type, [ids[type]]))[0]),
};

const everyType = async (ids: TypeIds, read: (type: TypeName) => Promise<unknown>): Promise<unknown[]> =>
  (await Promise.all((Object.keys(ids) as TypeName[]).map(read))).filter((row) => row !== undefined);

const noSuch = (asked: Asked): Asked => ({
  ids: Object.fromEntries(Object.keys(asked.ids).map((type) => [type, id()])) as TypeIds,
  subject: id(),
  email: id(),
  grantId: id(),
  familyId: id(),
  seen: id(),
});

async function twoTenants(store: Store) {
  const [mine, theirs] = [await fillTenant(store), await fillTenant(store)];
  const { grant, family } = await openFamily(store, theirs);
  const [{ requestId: seen } = auditOf("")] = await trailOf(store, theirs.tenantId);
  const asked: Asked = { ...theirs, grantId: grant.id, familyId: family.id, seen };
  return { mine, theirs, grant, family, asked };
}

const state = async (store: Store, tenant: FilledTenant, asked: Asked) => ({
  tenant: await store.instance.tenant(tenant.tenantId),
  reads: await Promise.all(Object.values(probes).map((probe) => probe(store.tenant(tenant.tenantId), asked))),
  trail: await trailOf(store, tenant.tenantId),
});

export function tenantContract(open: OpenStore): void {
  describe("reads that find the tenant", () => {
    it("an application is found with its project and tenant, by id and by certificate", async () => {
      const store = await open();
      const { ids, uri, origin, tenantId } = await fillTenant(store);
      const found = await store.instance.findClient(ids.application);
      expect(found).toMatchObject({
        application: { id: ids.application },
        project: { id: ids.project },
        tenant: { id: tenantId },
      });
      expect(await store.instance.findClientByCertificate(uri)).toEqual(found);
      expect(await store.instance.secretsOf(ids.application)).toMatchObject([{ id: ids.applicationSecret }]);
      expect(await store.instance.knowsOrigin(origin)).toBe(true);
    });

    it("what is not there is undefined, empty or false", async () => {
      const store = await open();
      const { instance } = store;
      await fillTenant(store);
      const one = [instance.findClient(id()), instance.findClientByCertificate(id()), instance.tenant(id())];
      expect(await Promise.all([...one, instance.tenantByName(id()), instance.instanceValue(id())])).toEqual(
        Array(5).fill(undefined),
      );
      expect(await instance.secretsOf(id())).toEqual([]);
      expect(await instance.knowsOrigin("https://evil.test")).toBe(false);
      expect(await instance.auditRow(id(), 1)).toBeUndefined();
    });

    it("a tenant is found by id and by name; its name is unique in the instance", async () => {
      const store = await open();
      const name = `acme-${id()}`;
      const { tenantId } = await fillTenant(store, name);
      expect(await store.instance.tenantByName(name)).toEqual(await store.instance.tenant(tenantId));
      const again = id();
      await expect(createRow(store, "tenant", again, { id: again, name })).rejects.toMatchObject({
        kind: "exists",
      });
    });
  });

  describe("another tenant's rows", () => {
    it.each(Object.keys(probes) as ReadName[])("%s reads another tenant's id like a random one", async (name) => {
      const store = await open();
      const { mine, theirs, asked } = await twoTenants(store);
      const found = await probes[name](store.tenant(theirs.tenantId), asked);
      const random = await probes[name](store.tenant(mine.tenantId), noSuch(asked));
      // The probe does find the row where it lives: a read that finds nothing anywhere would prove nothing.
      expect(found).not.toEqual(random);
      expect(await probes[name](store.tenant(mine.tenantId), asked)).toEqual(random);
    });

    it("a read never answers an attribute of a token that another tenant revoked", async () => {
      const store = await open();
      const { mine, theirs, asked } = await twoTenants(store);
      const jti = id();
      await store.write("revokeToken", {
        token: { jti, tenantId: mine.tenantId, expireTime: now },
        audit: auditOf(mine.tenantId),
      });
      expect(await store.tenant(theirs.tenantId).standing(asked.grantId, jti)).toMatchObject({ tokenRevoked: false });
    });

    it("updating or deleting one fails like a random id, and changes nothing on either side", async () => {
      const store = await open();
      const { mine, theirs, asked } = await twoTenants(store);
      const before = [await state(store, mine, asked), await state(store, theirs, asked)];
      const change = { tenantId: mine.tenantId, epoch: { tenant: mine.tenantId }, audit: auditOf(mine.tenantId) };
      for (const type of Object.keys(theirs.ids) as TypeName[]) {
        for (const row of [theirs.ids[type], id()]) {
          const update = store.write("updateRow", {
            ...change,
            type,
            id: row,
            revision: 1,
            set: { updateTime: 1 },
            children: [],
          });
          await expect(update).rejects.toMatchObject({ kind: "stale" });
          await expect(store.write("deleteRow", { ...change, type, id: row })).rejects.toMatchObject({
            kind: "notFound",
          });
        }
      }
      expect([await state(store, mine, asked), await state(store, theirs, asked)]).toEqual(before);
    });

    it("a family is not rotated and a grant not ended from outside its tenant", async () => {
      const store = await open();
      const { mine, theirs, grant, family, asked } = await twoTenants(store);
      const before = [await state(store, mine, asked), await state(store, theirs, asked)];
      const { tenantId } = mine;
      expect(await store.write("rotateFamily", { ...rotationOf(family, 0), tenantId })).toBe(false);
      await store.write("endGrant", { tenantId, grantId: grant.id, now, reason: "revoked", audit: auditOf(tenantId) });
      expect([await state(store, mine, asked), await state(store, theirs, asked)]).toEqual(before);
    });

    it("deleting a tenant takes its rows along and nobody else's", async () => {
      const store = await open();
      const { mine, theirs, asked } = await twoTenants(store);
      const before = await state(store, theirs, asked);
      const { tenantId, ids } = mine;
      const { application } = ids;
      // Applications hold their project, so they go first.
      await store.write("deleteRow", {
        type: "application",
        tenantId,
        id: application,
        epoch: { tenant: tenantId },
        audit: auditOf(tenantId),
      });
      await store.write("deleteRow", {
        type: "tenant",
        tenantId,
        id: tenantId,
        epoch: { tenant: tenantId },
        audit: auditOf(tenantId),
      });
      expect(await probes.row(store.tenant(tenantId), { ...asked, ids })).toEqual([]);
      expect(await store.instance.findClient(application)).toBeUndefined();
      expect(await state(store, theirs, asked)).toEqual(before);
      expect(store.integrityCheck()).toEqual([]);
    });
  });
}
