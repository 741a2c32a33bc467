// Store contract: audit rows commit with their change, numbered without a gap; keys are replaced as one set.
import { describe, expect, it } from "vitest";
import type { SaveKeys } from "../../src/store/key-operations.ts";
import { auditOf, createRow, fillTenant, id, now, trailOf } from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

const keysOf = (revision: number, kid: string): SaveKeys => ({
  revision,
  signingKeys: [
    {
      kid,
      tenantId: null,
      purpose: "access",
      algorithm: "ES256",
      status: "current",
      publicJwk: "{}",
      sealedPrivateKey: "sealed",
      createdAt: now,
      effectiveAt: now,
      retiredAt: null,
    },
  ],
  dataKeys: [{ id: `data-${kid}`, purpose: "seal", status: "current", sealedKey: "sealed", createdAt: now }],
  audit: auditOf("system", "keys.created"),
});

export function auditContract(open: OpenStore): void {
  describe("the trail", () => {
    it("N8-02: numbers run from 1 without a gap, though many write at once and some fail", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const other = await fillTenant(store);
      const before = (await trailOf(store, tenantId)).length;
      const made = Array.from({ length: 60 }, (_, i) =>
        createRow(store, "project", tenantId, { name: `project-${i % 40}` }),
      );
      const elsewhere = createRow(store, "project", other.tenantId, { name: "elsewhere" });
      const outcomes = await Promise.allSettled([...made, elsewhere]);
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(20);
      const trail = await trailOf(store, tenantId);
      expect(trail.map(({ seq }) => seq)).toEqual(Array.from({ length: before + 40 }, (_, i) => i + 1));
    });

    it("an event comes back as it was told, not yet sealed", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const event = {
        ...auditOf(tenantId),
        detail: { count: 3, forced: true, scope: "all" },
        outcome: "refused",
        reason: "policy",
      };
      await store.write("revokeToken", { token: { jti: id(), tenantId, expireTime: now }, audit: event });
      const last = (await trailOf(store, tenantId)).at(-1);
      expect(last).toMatchObject({ ...event, sealed: false, seal: null, previousHash: null });
      expect(await store.instance.auditRow(tenantId, last?.seq ?? 0)).toEqual(last);
    });

    it("a row is sealed once; a second seal is not taken", async () => {
      const store = await open();
      const { tenantId } = await fillTenant(store);
      const seal = (text: string) =>
        store.write("sealAudit", { rows: [{ tenantId, seq: 1, previousHash: "", seal: text }] });
      await seal("first");
      await seal("second");
      expect(await store.instance.auditRow(tenantId, 1)).toMatchObject({ sealed: true, seal: "first" });
      const waiting = await store.instance.unsealed(2);
      expect(waiting.map(({ seq }) => seq)).toEqual([2, 3]);
    });

    it("the trail is read in pages, by tenant", async () => {
      const store = await open();
      const [one, two] = [await fillTenant(store), await fillTenant(store)];
      const page = await store.instance.auditTrail(one.tenantId, 2, 3);
      expect(page.map(({ tenantId, seq }) => [tenantId, seq])).toEqual([3, 4, 5].map((seq) => [one.tenantId, seq]));
      expect((await store.instance.auditTenants()).toSorted()).toEqual([one.tenantId, two.tenantId].toSorted());
    });
  });

  describe("keys", () => {
    it("of two sets made from the same revision the second is stale, and the first stays whole", async () => {
      const store = await open();
      const outcomes = await Promise.allSettled([
        store.write("saveKeys", keysOf(0, "a")),
        store.write("saveKeys", keysOf(0, "b")),
      ]);
      expect(outcomes).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { kind: "stale" } }]);
      expect(await store.instance.signingKeys()).toEqual(keysOf(0, "a").signingKeys);
      expect(await store.instance.dataKeys()).toEqual(keysOf(0, "a").dataKeys);
      expect(await store.instance.instanceValue("key_revision")).toBe("1");
      expect(await trailOf(store, "system")).toHaveLength(1);
    });

    it("the next revision replaces the whole set", async () => {
      const store = await open();
      await store.write("saveKeys", keysOf(0, "a"));
      await expect(store.write("saveKeys", keysOf(2, "b"))).rejects.toMatchObject({ kind: "stale" });
      await store.write("saveKeys", keysOf(1, "b"));
      expect((await store.instance.signingKeys()).map(({ kid }) => kid)).toEqual(["b"]);
      expect((await store.instance.dataKeys()).map(({ id }) => id)).toEqual(["data-b"]);
    });
  });

  describe("time", () => {
    it("F07: the high-water mark rises and never falls", async () => {
      const store = await open();
      const mark = async () => Number(await store.instance.instanceValue("clock_high_water"));
      const far = Date.now() + 3_600_000;
      await store.write("raiseHighWater", { now: far });
      expect(await mark()).toBe(far);
      await store.write("raiseHighWater", { now: far - 1 });
      expect(await mark()).toBe(far);
    });
  });
}
