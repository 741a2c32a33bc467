// Store contract: grants, refresh families and what is used up or revoked.
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import {
  auditOf,
  day,
  familyOf,
  fillTenant,
  grantOf,
  id,
  now,
  openFamily,
  rotationOf,
  trailOf,
} from "../support/store.ts";
import type { OpenStore } from "./contract.ts";

async function opened(open: OpenStore) {
  const store = await open();
  const tenant = await fillTenant(store);
  const { grant, family } = await openFamily(store, tenant);
  const read = () => store.tenant(tenant.tenantId).family(family.id);
  const end = () =>
    store.write("endGrant", {
      tenantId: tenant.tenantId,
      grantId: grant.id,
      now,
      reason: "revoked",
      audit: auditOf(tenant.tenantId, "grant.revoked"),
    });
  return { store, tenant, grant, family, read, end };
}

const countEvents = async (store: Store, tenantId: string, event: string) =>
  (await trailOf(store, tenantId)).filter((row) => row.event === event).length;

export function grantContract(open: OpenStore): void {
  describe("rotation", () => {
    it("moves the head, keeps the one before, and counts; created rows read back as they were", async () => {
      const { store, family, read } = await opened(open);
      expect(await read()).toEqual(family);
      expect(await store.write("rotateFamily", rotationOf(family, 0))).toBe(true);
      expect(await read()).toEqual({
        ...family,
        generation: 1,
        headDigest: "digest-1",
        previousDigest: "digest-0",
        salt: "salt-1",
        rotateTime: now + 1,
        idleExpireTime: now + 7 * day + 1,
      });
    });

    it("answers false and changes nothing for a head that has moved, an unknown family and an ended one", async () => {
      const { store, family, read, end } = await opened(open);
      await store.write("rotateFamily", rotationOf(family, 0));
      const moved = await read();
      expect(await store.write("rotateFamily", rotationOf(family, 0, "-late"))).toBe(false);
      expect(await store.write("rotateFamily", rotationOf({ ...family, id: id() }, 1))).toBe(false);
      expect(await read()).toEqual(moved);
      await end();
      expect(await store.write("rotateFamily", rotationOf(family, 1))).toBe(false);
    });

    it.each([2, 8, 64])(
      "N4-05 I-RT-01 I-RT-04: of %i rotations of one head at once exactly one wins",
      async (count) => {
        const { store, family, read } = await opened(open);
        const marks = Array.from({ length: count }, (_, i) => `-by-${i}`);
        const won = await Promise.all(marks.map((mark) => store.write("rotateFamily", rotationOf(family, 0, mark))));
        expect(won.filter(Boolean)).toHaveLength(1);
        const mark = marks[won.indexOf(true)];
        expect(await read()).toMatchObject({ generation: 1, headDigest: `digest-1${mark}`, salt: `salt-1${mark}` });
      },
    );

    it("I-RT-03: rotations within one millisecond are told apart by the generation", async () => {
      const { store, family, read } = await opened(open);
      for (let i = 0; i < 5; i += 1)
        expect(await store.write("rotateFamily", { ...rotationOf(family, i), now })).toBe(true);
      for (let i = 0; i < 5; i += 1)
        expect(await store.write("rotateFamily", { ...rotationOf(family, i), now })).toBe(false);
      expect(await read()).toMatchObject({ generation: 5, headDigest: "digest-5", rotateTime: now });
    });

    it("I-RT-05: once a revocation is answered no rotation succeeds, whichever came first", async () => {
      const { store, tenant } = await opened(open);
      for (let i = 0; i < 50; i += 1) {
        const { grant, family } = await openFamily(store, tenant);
        const ending = { tenantId: tenant.tenantId, grantId: grant.id, now, reason: "revoked" } as const;
        const revoke = () => store.write("endGrant", { ...ending, audit: auditOf(tenant.tenantId) });
        const rotate = (from: number) => store.write("rotateFamily", rotationOf(family, from));
        const race = i % 2 === 0 ? [revoke(), rotate(0)] : [rotate(0), revoke()];
        await Promise.all(race);
        expect([await rotate(0), await rotate(1)]).toEqual([false, false]);
        expect(await store.tenant(tenant.tenantId).family(family.id)).toMatchObject({ revokeTime: now });
      }
    });
  });

  describe("opening", () => {
    it("a single-use upstream token opens one grant, however many try at once", async () => {
      const { store, tenant } = await opened(open);
      const claim = {
        tenantId: tenant.tenantId,
        connectorId: tenant.ids.connector,
        fingerprint: id(),
        expireTime: now,
      };
      const grants = Array.from({ length: 16 }, () => grantOf(tenant));
      const outcomes = await Promise.allSettled(
        grants.map((grant) => store.write("openGrant", { grant, family: familyOf(grant), claim, jti: grant.id })),
      );
      const lost = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(lost.map(({ reason }) => (reason as { kind: string }).kind)).toEqual(Array(15).fill("badToken"));
      // The losers left no grant behind.
      const found = await Promise.all(grants.map(({ id }) => store.tenant(tenant.tenantId).standing(id, id)));
      expect(found.filter(Boolean)).toHaveLength(1);
    });

    it("the same fingerprint at another connector is another token", async () => {
      const { store, tenant } = await opened(open);
      const claim = { tenantId: tenant.tenantId, connectorId: "one", fingerprint: id(), expireTime: now };
      await store.write("openGrant", { grant: grantOf(tenant), claim });
      await store.write("openGrant", { grant: grantOf(tenant), claim: { ...claim, connectorId: "two" } });
    });

    it("N8-02: a family that cannot be stored takes its grant and the claim back", async () => {
      const { store, tenant, family } = await opened(open);
      const claim = { tenantId: tenant.tenantId, connectorId: "one", fingerprint: id(), expireTime: now };
      const grant = grantOf(tenant);
      const twice = store.write("openGrant", { grant, family: familyOf(grant, { id: family.id }), claim, jti: "jti" });
      await expect(twice).rejects.toMatchObject({ kind: "exists" });
      expect(await store.tenant(tenant.tenantId).standing(grant.id, "jti")).toBeUndefined();
      await store.write("openGrant", { grant, claim });
    });
  });

  describe("ending", () => {
    it("ends the grant with its families once, and is recorded once", async () => {
      const { store, tenant, grant, read, end } = await opened(open);
      await Promise.all([end(), end()]);
      await end();
      expect(await read()).toMatchObject({ revokeTime: now });
      const standing = await store.tenant(tenant.tenantId).standing(grant.id, "");
      expect(standing).toMatchObject({
        grant: { revokeTime: now, revokeReason: "revoked" },
        family: { revokeTime: now },
      });
      expect(await countEvents(store, tenant.tenantId, "grant.revoked")).toBe(1);
    });

    it("leaves every other family as it was", async () => {
      const { store, tenant, end } = await opened(open);
      const other = await openFamily(store, tenant);
      await end();
      expect(await store.tenant(tenant.tenantId).family(other.family.id)).toEqual(other.family);
    });

    it("a revoked token is seen by its id alone, and recorded once", async () => {
      const { store, tenant, grant } = await opened(open);
      const { tenantId } = tenant;
      const [jti, other] = [id(), id()];
      const revoke = () =>
        store.write("revokeToken", {
          token: { jti, tenantId, expireTime: now },
          audit: auditOf(tenantId, "token.revoked"),
        });
      await Promise.all([revoke(), revoke()]);
      expect(await store.tenant(tenantId).standing(grant.id, jti)).toMatchObject({ tokenRevoked: true });
      expect(await store.tenant(tenantId).standing(grant.id, other)).toMatchObject({ tokenRevoked: false });
      expect(await countEvents(store, tenantId, "token.revoked")).toBe(1);
    });

    it("a sweep takes what expired before its limit and nothing at it", async () => {
      const { store, tenant } = await opened(open);
      const { tenantId } = tenant;
      const fingerprints = [id(), id()];
      const grants = [grantOf(tenant, { expireTime: now - 1 }), grantOf(tenant, { expireTime: now })];
      for (const [i, grant] of grants.entries()) {
        const claim = {
          tenantId,
          connectorId: "one",
          fingerprint: fingerprints[i] ?? "",
          expireTime: grant.expireTime,
        };
        await store.write("openGrant", { grant, family: familyOf(grant, { id: `family-${i}` }), claim });
        await store.write("revokeToken", {
          token: { jti: `jti-${i}`, tenantId, expireTime: grant.expireTime },
          audit: auditOf(tenantId),
        });
      }
      // A grant is also the record of its issue: it outlives its end by as long as it is to be kept.
      await store.write("sweep", { before: now, grantsBefore: grants[0]?.expireTime ?? 0 });
      expect((await store.tenant(tenantId).family("family-0"))?.id).toBe("family-0");
      await store.write("sweep", { before: now, grantsBefore: now });
      const left = await Promise.all([0, 1].map((i) => store.tenant(tenantId).family(`family-${i}`)));
      expect(left.map((family) => family?.id)).toEqual([undefined, "family-1"]);
      const tell = (jti: string) => store.tenant(tenantId).standing(grants[1]?.id ?? "", jti);
      expect(await Promise.all([tell("jti-0"), tell("jti-1")])).toMatchObject([
        { tokenRevoked: false },
        { tokenRevoked: true },
      ]);
      const claimAgain = (i: number) =>
        store.write("openGrant", {
          grant: grantOf(tenant),
          claim: { tenantId, connectorId: "one", fingerprint: fingerprints[i] ?? "", expireTime: now },
        });
      await claimAgain(0);
      await expect(claimAgain(1)).rejects.toMatchObject({ kind: "badToken" });
    });

    it("the last use of a secret is noted on that secret alone", async () => {
      const { store, tenant } = await opened(open);
      await store.write("touchSecret", { id: tenant.ids.applicationSecret, now });
      await store.write("touchSecret", { id: id(), now: now + 1 });
      const secret = await store.tenant(tenant.tenantId).row("applicationSecret", tenant.ids.applicationSecret);
      expect(secret).toMatchObject({ lastUseTime: now });
    });
  });
}
