// What an operator may tell an instance, on a real store.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { createOperate, type OperatorRequest } from "../src/operate.ts";
import { readDocuments } from "../src/resources/index.ts";
import { openInstance, refusalOf } from "./support/opened.ts";

async function operating() {
  const instance = await openInstance();
  const operate = createOperate(instance.parts, join(instance.dataDir, "checkpoints"));
  const apply = async (...texts: string[]) =>
    operate({
      command: "apply",
      files: texts.map((text, i) => readDocuments({ name: `${i}.yaml`, text })),
      prune: false,
    });
  return { ...instance, operate, applyFiles: apply };
}

const statusOf = (line: string): [string, string] => {
  const [kid = "", , , status = ""] = line.split("  ");
  return [kid, status];
};

describe("apply", () => {
  it("takes several files, one after the other", async () => {
    const { applyFiles } = await operating();
    const again = ["tenant acme: nothing to change"];
    const lines = await applyFiles("tenant: { name: acme }", "tenant: { name: acme }\nroles: [{ name: R }]");
    expect(lines).toEqual([expect.stringMatching(/^created tenant acme/), expect.stringMatching(/^created role R/)]);
    expect(await applyFiles("tenant: { name: acme }")).toEqual(again);
  });

  it("names the file that is refused, and then nothing of any file was written", async () => {
    const { applyFiles, tenantId } = await operating();
    const bad = [
      "tenant: [",
      "tenant: { name: b, frobble: 1 }",
      "tenant: { name: b }\ngroups: [{ name: G, roleIds: [x] }]",
    ];
    for (const text of bad) {
      const refused = await refusalOf(applyFiles("tenant: { name: acme }", text));
      expect(refused.message).toMatch(/^1\.yaml/);
      expect(refused.violations).toHaveLength(1);
      expect(await tenantId("acme")).toBe("");
    }
  });

  it("may build in a later file on what an earlier one made", async () => {
    const { applyFiles } = await operating();
    const groups = "tenant: { name: acme }\ngroups: [{ name: G, roleIds: [R] }]";
    await applyFiles("tenant: { name: acme }\nroles: [{ name: R }]", groups);
    expect(await applyFiles(groups)).toEqual(["tenant acme: nothing to change"]);
  });
});

describe("keys", () => {
  it("are listed with their state, without anything that is secret", async () => {
    const { operate, parts } = await operating();
    await parts.keyring.signer("ES256");
    const lines = await operate({ command: "list-keys" });
    expect(lines.map(statusOf).map(([, status]) => status)).toContain("current");
    expect(lines.every((line) => line.split("  ").length === 5)).toBe(true);
  });

  it("are revoked at once: the key verifies nothing any more", async () => {
    const { operate, parts } = await operating();
    const { kid } = await parts.keyring.signer("ES256");
    const lines = await operate({ command: "revoke-key", kid });
    expect(lines[0]).toBe(`revoked ${kid}`);
    expect(parts.keyring.verifier(kid)).toBeUndefined();
    expect((await parts.keyring.signer("ES256")).kid).not.toBe(kid);
  });

  it("that nobody has are not revoked", async () => {
    const { operate } = await operating();
    expect(await refusalOf(operate({ command: "revoke-key", kid: "none" }))).toMatchObject({ kind: "notFound" });
  });

  it("are sealed anew only under 32 bytes in base64", async () => {
    const { operate, dataDir } = await operating();
    const kekFile = join(dataDir, "new-kek");
    writeFileSync(kekFile, randomBytes(31).toString("base64"));
    expect(await refusalOf(operate({ command: "rewrap-keys", kekFile }))).toMatchObject({ kind: "precondition" });
    writeFileSync(kekFile, randomBytes(32).toString("base64"));
    expect(await operate({ command: "rewrap-keys", kekFile })).toEqual([expect.stringContaining(kekFile)]);
  });
});

describe("the audit trail", () => {
  it("is intact after changes, and not after somebody edited a row", async () => {
    const { operate, apply, databaseFile, tenantId } = await operating();
    await apply({ tenant: { name: "acme" } });
    expect(await operate({ command: "verify-audit" })).toEqual(["the audit trail is intact"]);
    const id = await tenantId("acme");
    const file = new Sqlite(databaseFile);
    file.prepare("update audit_event set actor = 'somebody' where tenant_id = ? and seq = 3").run(id);
    file.close();
    expect(await refusalOf(operate({ command: "verify-audit" }))).toMatchObject({
      kind: "precondition",
      violations: [{ field: "audit", description: `tenant ${id}: row 3 was changed or moved` }],
    });
  });
});

describe("a command of another version", () => {
  it("is refused", async () => {
    const { operate } = await operating();
    const unknown: OperatorRequest = JSON.parse('{"command":"fly"}');
    expect(await refusalOf(operate(unknown))).toMatchObject({ kind: "invalid" });
  });
});
