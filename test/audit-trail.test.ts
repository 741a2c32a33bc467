// The audit trail: what is sealed is intact, and whatever is done to it afterwards is found and named.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { sealAudit, verifyAudit } from "../src/audit-trail.ts";
import type { Store } from "../src/store/store.ts";
import { heldClock, testKeyring } from "./support/keyring.ts";
import { auditOf, databaseFile, id, now, openTestStore, trailOf } from "./support/store.ts";

/** Adds `count` events to a tenant's trail. */
const tell = (store: Store, tenantId: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const audit = { ...auditOf(tenantId), detail: { b: 1, a: "two" } };
      return store.write("revokeToken", { token: { jti: id(), tenantId, expireTime: now }, audit });
    }),
  );

/** A store with a sealed trail of five rows, and a hand that reaches past the store into its file. */
async function sealedTrail() {
  const path = databaseFile();
  const store = await openTestStore({ path });
  const checkpointFile = `${path}.checkpoints`;
  const parts = { store, keyring: await testKeyring(), clock: heldClock(), checkpointFile };
  const file = new Sqlite(path);
  onTestFinished(() => void file.close());
  const [tenant, other] = [id(), id()];
  await tell(store, tenant, 3);
  await tell(store, other, 2);
  await sealAudit(parts);
  await tell(store, tenant, 2);
  await sealAudit(parts);
  return { parts, store, file, tenant, other, checkpointFile, path };
}

type Sealed = Awaited<ReturnType<typeof sealedTrail>>;

/** Runs SQL on the tenant's rows, past everything that guards them. */
const tamper = (file: Database, tenant: string, sql: string) => {
  const { changes } = file.prepare(sql).run({ tenant });
  expect(changes).toBeGreaterThan(0);
};
const where = "WHERE tenant_id = @tenant";

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

describe("the file of checkpoints", () => {
  const linesOf = ({ checkpointFile }: Sealed) => readFileSync(checkpointFile, "utf8").trimEnd().split("\n");

  it("holds one line for each tenant that grew, signed by the key for checkpoints alone", async () => {
    const trail = await sealedTrail();
    const kids = linesOf(trail).map(
      (line) => (JSON.parse(Buffer.from(line.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid,
    );
    expect(kids).toHaveLength(3);
    expect(
      kids.every((kid) => trail.parts.keyring.verifier(kid, "checkpoint") && !trail.parts.keyring.verifier(kid)),
    ).toBe(true);
  });

  it("F30: it was removed", async () => {
    const { parts, checkpointFile } = await sealedTrail();
    rmSync(checkpointFile);
    expect(await verifyAudit(parts)).toEqual(["the checkpoint file is missing"]);
  });

  it("F30: a line of it was edited, glued to another, or never signed; the others still count", async () => {
    const trail = await sealedTrail();
    const { parts, file, tenant, checkpointFile } = trail;
    const [first = "", second = "", last = ""] = linesOf(trail);
    const [header, , signature] = last.split(".");
    const forged = Buffer.from(JSON.stringify({ tenant, seq: 3, seal: "", time: 0 })).toString("base64url");
    const edited = `${first.slice(0, 60)}${first[60] === "A" ? "B" : "A"}${first.slice(61)}`;
    const wrong = [edited, `${header}.${forged}.${signature}`, `${first.slice(0, -9)}${second}`, "{}", `${last}A`];
    writeFileSync(checkpointFile, [...wrong, second, last, ""].join("\n"));
    const damaged = wrong.map((_, index) => `checkpoint line ${index + 1} is not one that was signed`);
    expect(await verifyAudit(parts)).toEqual(damaged);
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq = 5`);
    expect(await verifyAudit(parts)).toEqual([...damaged, `tenant ${tenant}: rows after 4 are missing; 5 were signed`]);
  });

  it("a line under a key that is long retired says nothing", async () => {
    const { parts, store, checkpointFile } = await sealedTrail();
    const foreign = { ...parts, keyring: await testKeyring(), checkpointFile: `${checkpointFile}.foreign` };
    await tell(store, id(), 1);
    await sealAudit(foreign);
    writeFileSync(checkpointFile, readFileSync(checkpointFile, "utf8"));
    appendFileSync(checkpointFile, readFileSync(foreign.checkpointFile));
    const faults = await verifyAudit(parts);
    // The row itself was sealed with a key that this instance does not have, and that is all that is said.
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/row 1 was changed or moved/);
  });
});

describe("a checkpoint that did not reach the disk", () => {
  it("F30: torn at any length is no fault, and the next ones stand on lines of their own", async () => {
    const { parts, store, file, tenant, other, checkpointFile } = await sealedTrail();
    const whole = readFileSync(checkpointFile, "utf8");
    const line = whole.trimEnd().split("\n").at(-1) ?? "";
    const [header = "", payload = ""] = line.split(".");
    const cuts = [
      1,
      header.length,
      header.length + 1,
      header.length + payload.length + 2,
      line.length - 1,
      line.length,
    ];
    for (const length of cuts) {
      writeFileSync(checkpointFile, whole.slice(0, whole.length - 1 - line.length + length));
      expect(await verifyAudit(parts)).toEqual([]);
      await tell(store, other, 1);
      await sealAudit(parts);
      expect(await verifyAudit(parts)).toEqual([]);
      expect(readFileSync(checkpointFile, "utf8").split("\n")).toHaveLength(5);
    }
    // The last one was whole but for its end, and counts; the one of another tenant after it does too.
    for (const cut of [tenant, other]) tamper(file, cut, `DELETE FROM audit_event ${where} AND seq > 3`);
    expect((await verifyAudit(parts)).toSorted()).toEqual(
      [
        `tenant ${tenant}: rows after 3 are missing; 5 were signed`,
        `tenant ${other}: rows after 3 are missing; ${2 + cuts.length} were signed`,
      ].toSorted(),
    );
  });

  it("F30: a forged last line is a fault, though it has no end", async () => {
    const { parts, checkpointFile } = await sealedTrail();
    const { size } = statSync(checkpointFile);
    truncateSync(checkpointFile, size - 2);
    appendFileSync(checkpointFile, "-");
    expect(await verifyAudit(parts)).toEqual(["checkpoint line 3 is not one that was signed"]);
  });

  it("F30: is written by the first run after a start, so that a tail cut before the next event is seen", async () => {
    const { parts, store, file, tenant, other, checkpointFile, path } = await sealedTrail();
    // What the file is like when the process ends after sealing: one tenant has no line at all, one a torn one.
    const [, ofOther = "", ofTenant = ""] = readFileSync(checkpointFile, "utf8").split("\n");
    writeFileSync(checkpointFile, ofTenant.slice(0, -1));
    expect(ofOther).not.toBe("");
    await store.close();
    const again = { ...parts, store: await openTestStore({ path }) };
    expect(await sealAudit(again)).toBe(0);
    expect(readFileSync(checkpointFile, "utf8").split("\n")).toHaveLength(4);
    expect(await sealAudit(again)).toBe(0);
    expect(readFileSync(checkpointFile, "utf8").split("\n")).toHaveLength(4);
    expect(await verifyAudit(again)).toEqual([]);
    for (const cut of [tenant, other]) tamper(file, cut, `DELETE FROM audit_event ${where} AND seq = 2`);
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq > 2`);
    expect((await verifyAudit(again)).toSorted()).toEqual(
      [
        `tenant ${tenant}: rows after 1 are missing; 5 were signed`,
        `tenant ${other}: rows after 1 are missing; 2 were signed`,
      ].toSorted(),
    );
  });

  it("a start writes none where each head has its own, and none for rows that are not sealed", async () => {
    const { parts, store, tenant, checkpointFile, path } = await sealedTrail();
    const before = readFileSync(checkpointFile, "utf8");
    await store.close();
    const again = { ...parts, store: await openTestStore({ path }) };
    expect(await sealAudit(again)).toBe(0);
    expect(readFileSync(checkpointFile, "utf8")).toBe(before);
    await tell(again.store, tenant, 1);
    expect(await sealAudit(again)).toBe(1);
    expect(readFileSync(checkpointFile, "utf8").split("\n")).toHaveLength(before.split("\n").length + 1);
  });

  it("that could not be written is written by the next run, whether or not there is an event", async () => {
    const { parts, store, file, tenant, checkpointFile } = await sealedTrail();
    renameSync(checkpointFile, `${checkpointFile}.away`);
    mkdirSync(checkpointFile);
    await tell(store, tenant, 1);
    await expect(sealAudit(parts)).rejects.toThrow(/EISDIR/);
    rmdirSync(checkpointFile);
    renameSync(`${checkpointFile}.away`, checkpointFile);
    expect(await sealAudit(parts)).toBe(0);
    tamper(file, tenant, `DELETE FROM audit_event ${where} AND seq = 6`);
    expect(await verifyAudit(parts)).toEqual([`tenant ${tenant}: rows after 5 are missing; 6 were signed`]);
  });

  it("F30: but a file that was removed is not made anew by a start, which would hide it", async () => {
    const { parts, store, checkpointFile, path } = await sealedTrail();
    rmSync(checkpointFile);
    await store.close();
    const again = { ...parts, store: await openTestStore({ path }) };
    await sealAudit(again);
    expect(existsSync(checkpointFile)).toBe(false);
    expect(await verifyAudit(again)).toEqual(["the checkpoint file is missing"]);
  });

  it("a file that cannot be read is not called a missing one", async () => {
    const { parts, checkpointFile } = await sealedTrail();
    rmSync(checkpointFile);
    mkdirSync(checkpointFile);
    await expect(verifyAudit(parts)).rejects.toThrow(/EISDIR/);
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
