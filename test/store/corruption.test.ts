// Damage at rest. Covered: structure (page headers, cell pointers, the file's own header) is detected by the integrity
// check or fails the read. Not covered: a byte inside a value, which SQLite, having no page checksums, hands out as is.
import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { databaseFile, fillTenant } from "../support/store.ts";

/** A closed file with some tenants, and where the page of their roles begins. */
async function filledFile() {
  const path = databaseFile();
  const store = await openSqliteStore({ path, onFatal: () => undefined });
  const tenants = [];
  for (let i = 0; i < 4; i += 1) tenants.push(await fillTenant(store));
  await store.close();
  const file = new Sqlite(path, { readonly: true });
  const pageSize = Number(file.pragma("page_size", { simple: true }));
  const rootOfRoles = Number(file.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'role'").pluck().get());
  file.close();
  return { path, tenants, pageSize, rootOfRoles };
}

function overwrite(path: string, at: number, bytes: number[]): void {
  const file = openSync(path, "r+");
  writeSync(file, Uint8Array.from(bytes), 0, bytes.length, at);
  closeSync(file);
}

/** What the store says of the file: refused at the start or by a read, found by the check, or nothing. */
async function verdict({ path, tenants }: Awaited<ReturnType<typeof filledFile>>): Promise<string> {
  const store = await openSqliteStore({ path, onFatal: () => undefined }).catch(() => undefined);
  if (store === undefined) return "refused";
  onTestFinished(() => store.close());
  const reads = tenants.map(({ tenantId }) => store.tenant(tenantId).rows("role", "", 100));
  const results = await Promise.allSettled(reads);
  if (results.some(({ status }) => status === "rejected")) return "refused";
  return store.integrityCheck().length > 0 ? "found" : "clean";
}

describe("structural damage", () => {
  it("an undamaged file is clean", async () => {
    expect(await verdict(await filledFile())).toBe("clean");
  });

  it.each([
    ["the page type", 0, [0x07]],
    ["the number of cells, to none", 3, [0, 0]],
    ["the number of cells, to too many", 3, [0xff, 0xff]],
    ["the start of the content", 5, [0xff, 0xff]],
    ["the first cell pointers", 8, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["the first cell pointers, into the header", 8, [0, 1, 0, 1]],
  ])("F06: in a page of roles, %s: a read fails or the check finds it", async (_name, offset, bytes) => {
    const filled = await filledFile();
    overwrite(filled.path, (filled.rootOfRoles - 1) * filled.pageSize + offset, bytes);
    expect(["refused", "found"]).toContain(await verdict(filled));
  });

  it("F06: a damaged file header refuses the start", async () => {
    const filled = await filledFile();
    overwrite(filled.path, 0, [0, 0, 0, 0]);
    expect(await verdict(filled)).toBe("refused");
  });

  it("F06: a file that lost its second half is refused", async () => {
    const filled = await filledFile();
    const pages = readFileSync(filled.path).length / filled.pageSize;
    truncateSync(filled.path, Math.floor(pages / 2) * filled.pageSize);
    expect(await verdict(filled)).toBe("refused");
  });
});

describe("the limit of it", () => {
  it("F06: a letter changed inside a value that no index holds is not noticed", async () => {
    const filled = await filledFile();
    overwrite(filled.path, readFileSync(filled.path).indexOf(".issuer.test"), [...Buffer.from(".ISSUER.test")]);
    expect(await verdict(filled)).toBe("clean");
    const file = new Sqlite(filled.path, { readonly: true });
    onTestFinished(() => void file.close());
    const changed = file.prepare(
      "SELECT count(*) FROM connector WHERE issuer LIKE 'https://%' AND issuer GLOB '*.ISSUER.*'",
    );
    expect(changed.pluck().get()).toBe(1);
  });
});
