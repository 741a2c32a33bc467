// The file of checkpoints: what stands in it counts, what was done to it is found, and what a crash kept from it is made
// up for.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { sealAudit, verifyAudit } from "../src/audit-trail.ts";
import { testKeyring } from "./support/keyring.ts";
import { type Sealed, sealedTrail, tamper, tell, where } from "./support/sealed-trail.ts";
import { id, openTestStore } from "./support/store.ts";

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
    // The last sign of an ES256 signature carries two bits: these two differ in them.
    const text = readFileSync(checkpointFile, "utf8").trimEnd();
    writeFileSync(checkpointFile, text.slice(0, -1) + (text.endsWith("A") ? "Q" : "A"));
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
