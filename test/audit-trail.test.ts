// The audit trail: what is sealed is intact, and whatever is done to its rows afterwards is found and named.
import { statSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealAudit, verifyAudit } from "../src/audit-trail.ts";
import type { Store } from "../src/store/store.ts";
import { heldClock, testKeyring } from "./support/keyring.ts";
import { sealedTrail, tamper, tell, where } from "./support/sealed-trail.ts";
import { databaseFile, id, openTestStore, trailOf } from "./support/store.ts";

describe("intact", () => {
  it("a sealed trail verifies, with and without rows that the sealer has not reached", async () => {
    const { parts, store, tenant } = await sealedTrail();
    expect(await verifyAudit(parts)).toEqual([]);
    await tell(store, tenant, 1);
    expect(await verifyAudit(parts)).toEqual([]);
    expect(await sealAudit(parts)).toBe(1);
    expect(await verifyAudit(parts)).toEqual([]);
    expect(await sealAudit(parts)).toBe(0);
  });

  it("each row is linked to the one before, and the first to nothing", async () => {
    const { store, tenant } = await sealedTrail();
    const trail = await trailOf(store, tenant);
    expect(trail.map(({ previousHash }) => previousHash)).toEqual(["", ...trail.slice(0, -1).map(({ seal }) => seal)]);
  });

  it("a trail longer than one batch is sealed in several, and verifies", async () => {
    const { parts, store } = await sealedTrail();
    const long = id();
    await tell(store, long, 501);
    expect([await sealAudit(parts), await sealAudit(parts), await sealAudit(parts)]).toEqual([500, 1, 0]);
    expect(await verifyAudit(parts)).toEqual([]);
    expect((await trailOf(store, long)).every(({ sealed }) => sealed)).toBe(true);
  });

  it("two sealers at once agree", async () => {
    const { parts, store, tenant } = await sealedTrail();
    await tell(store, tenant, 4);
    await Promise.all([sealAudit(parts), sealAudit(parts)]);
    expect(await verifyAudit(parts)).toEqual([]);
  });

  it("is verified a page at a time, with turns for other work between, also where there are many tenants", async () => {
    const { parts, store } = await sealedTrail();
    const tenants = [id(), id(), id()];
    for (const tenant of tenants) await tell(store, tenant, 201);
    while ((await sealAudit(parts)) > 0);
    let turn = 0;
    const turns: number[] = [];
    const auditTrail: Store["instance"]["auditTrail"] = (...asked) => {
      turns.push(turn);
      return store.instance.auditTrail(...asked);
    };
    const count = () => {
      turn += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const watched = { ...parts, store: { ...store, instance: { ...store.instance, auditTrail } } };
    expect(await verifyAudit(watched)).toEqual([]);
    clearImmediate(next);
    expect(turns.length).toBeGreaterThan(3 * tenants.length);
    expect(new Set(turns).size).toBe(turns.length);
  });

  it("an empty store needs no checkpoint file; the file that comes is its owner's alone", async () => {
    const store = await openTestStore();
    const checkpointFile = databaseFile();
    const parts = { store, keyring: await testKeyring(), clock: heldClock(), checkpointFile };
    expect(await verifyAudit(parts)).toEqual([]);
    await tell(store, id(), 1);
    await sealAudit(parts);
    expect(statSync(checkpointFile).mode & 0o777).toBe(0o600);
  });
});

describe("an edited row", () => {
  const columns = [
    "event",
    "actor",
    "subject",
    "client_id",
    "request_id",
    "outcome",
    "reason",
    "seal",
    "previous_hash",
  ];
  it.each(columns)("F30: %s", async (column) => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `UPDATE audit_event SET ${column} = ${column} || 'x' ${where} AND seq = 2`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 2 was changed or moved`]);
  });

  it.each([
    ["time", "time + 1"],
    ["detail", `'{"b":1,"a":"three"}'`],
    ["detail", "'{}'"],
    ["seal", "NULL"],
    ["previous_hash", "NULL"],
  ])("F30: %s, set to %s", async (column, value) => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `UPDATE audit_event SET ${column} = ${value} ${where} AND seq = 4`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 4 was changed or moved`]);
  });

  it("the order of the keys of a detail means nothing", async () => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `UPDATE audit_event SET detail = '{"a":"two","b":1}' ${where}`);
    expect(await verifyAudit(parts)).toEqual([]);
  });
});

describe("rows that went or moved", () => {
  it.each([1, 2, 4])("F30: row %i was removed", async (seq) => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq = ${seq}`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row ${seq} is missing`]);
  });

  it("F30: a removal is not hidden by moving the later rows up", async () => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq = 2`);
    for (const seq of [3, 4, 5])
      tamper(file, tenant, `UPDATE audit_event SET seq = ${seq - 1} ${where} AND seq = ${seq}`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 2 was changed or moved`]);
  });

  it("F30: two rows that changed places", async () => {
    const { parts, file, tenant } = await sealedTrail();
    for (const [from, to] of [
      [2, 99],
      [3, 2],
      [99, 3],
    ])
      tamper(file, tenant, `UPDATE audit_event SET seq = ${to} ${where} AND seq = ${from}`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 2 was changed or moved`]);
  });

  it("F30: a row of another tenant", async () => {
    const { parts, file, tenant, other } = await sealedTrail();
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq = 1`);
    tamper(file, other, `UPDATE audit_event SET tenant_id = '${tenant}' ${where} AND seq = 1`);
    const faults = [`tenant ${tenant}: row 1 was changed or moved`, `tenant ${other}: row 1 is missing`];
    expect((await verifyAudit(parts)).toSorted()).toEqual(faults.toSorted());
  });

  it.each([
    ["the last row", 5, 4],
    ["all but the first", 2, 1],
    ["the whole trail", 1, 0],
  ])("F30: a cut tail: %s", async (_name, from, left) => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq >= ${from}`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: rows after ${left} are missing; 5 were signed`]);
  });
});

describe("a trail made anew", () => {
  it("F30: sealed by somebody without the key", async () => {
    const { parts, store, file, tenant } = await sealedTrail();
    tamper(
      file,
      tenant,
      `UPDATE audit_event SET actor = 'nobody', sealed = 0, seal = NULL, previous_hash = NULL ${where}`,
    );
    const scratch = `${parts.checkpointFile}.forged`;
    await sealAudit({ ...parts, keyring: await testKeyring(), checkpointFile: scratch });
    expect((await trailOf(store, tenant)).every(({ sealed }) => sealed)).toBe(true);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 1 was changed or moved`]);
  });

  it("F30: unsealed and edited, before the sealer comes by", async () => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `UPDATE audit_event SET actor = 'nobody', sealed = 0 ${where} AND seq >= 2`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 2 is not sealed; 5 were signed`]);
  });

  it("F30: unsealed, edited and sealed again by the honest sealer, which signs it too", async () => {
    const { parts, file, tenant } = await sealedTrail();
    tamper(file, tenant, `UPDATE audit_event SET actor = 'nobody', sealed = 0 ${where} AND seq >= 4`);
    await sealAudit(parts);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 5 is not the one that was signed`]);
  });

  it("F30: a cut tail that grew again to the same length", async () => {
    const { parts, store, file, tenant } = await sealedTrail();
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq >= 4`);
    await tell(store, tenant, 4);
    await sealAudit(parts);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: row 5 is not the one that was signed`]);
  });
});

describe("whatever is done", () => {
  it("F30: any one change to any row of a sealed trail is found at that row, and in that tenant only", async () => {
    const { parts, store, file } = await sealedTrail();
    const acts = {
      edit: (seq: number) => `UPDATE audit_event SET reason = reason || 'x' ${where} AND seq = ${seq}`,
      remove: (seq: number) => `DELETE FROM audit_event ${where} AND seq = ${seq}`,
      unseal: (seq: number) => `UPDATE audit_event SET sealed = 0, reason = reason || 'x' ${where} AND seq = ${seq}`,
    };
    const change = fc.record({
      act: fc.constantFrom("edit", "remove", "unseal"),
      length: fc.integer({ min: 1, max: 8 }),
      place: fc.nat(7),
    });
    const faulty: string[] = [];
    await fc.assert(
      fc.asyncProperty(change, async ({ act, length, place }) => {
        const tenant = id();
        await tell(store, tenant, length);
        await sealAudit(parts);
        const seq = (place % length) + 1;
        tamper(file, tenant, acts[act](seq));
        faulty.push(tenant);
        const faults = await verifyAudit(parts);
        expect(faults.map((fault) => fault.split(/[ :]/)[1] ?? "").toSorted()).toEqual(faulty.toSorted());
        const mine = faults.find((fault) => fault.includes(tenant)) ?? "";
        expect(mine).toMatch(act === "remove" && seq === length ? `rows after ${seq - 1} are` : `row ${seq} `);
      }),
      { numRuns: 40 },
    );
  });
});
