// Migrations: all or nothing, once, never over a newer schema, and no row is lost on the way.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database } from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { wordOf } from "../../src/resources/row-plans.ts";
import { searchableFields } from "../../src/resources/search-terms.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openFile } from "../../src/store/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { startChild } from "../support/child.ts";
import { databaseFile, fillTenant, openFamily, openTestStore, temporaryFolder } from "../support/store.ts";

const committed = fileURLToPath(new URL("../../src/store/migrations/sqlite", import.meta.url));

type Journal = { entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[] };

/** The committed migrations in a folder of the test, the list of them changed. */
function folderOf(change: (entries: Journal["entries"]) => Journal["entries"]): string {
  const folder = temporaryFolder();
  cpSync(committed, folder, { recursive: true });
  const journalFile = join(folder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(journalFile, "utf8")) as Journal;
  writeFileSync(journalFile, JSON.stringify({ ...journal, entries: change(journal.entries) }));
  return folder;
}

/** The committed migrations and then one more. */
function folderWith(...statements: string[]): string {
  const next = { version: "6", when: 9_000_000_000_000, tag: "next", breakpoints: true };
  const folder = folderOf((entries) => [...entries, { idx: entries.length, ...next }]);
  writeFileSync(join(folder, "next.sql"), statements.join("--> statement-breakpoint\n"));
  return folder;
}

/** As drizzle-kit writes the rebuild of a table that others point at. */
const rebuildUsers = (file: Database): string[] => {
  const indexes = file.prepare(
    "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'user' AND sql IS NOT NULL",
  );
  const table = String(file.prepare("SELECT sql FROM sqlite_master WHERE name = 'user'").pluck().get());
  return [
    "PRAGMA foreign_keys=OFF;",
    `${table.replace("`user` (", "`__new_user` (`nickname` text DEFAULT '' NOT NULL, ")};`,
    "INSERT INTO `__new_user` SELECT '', * FROM `user`;",
    "DROP TABLE `user`;",
    "ALTER TABLE `__new_user` RENAME TO `user`;",
    "PRAGMA foreign_keys=ON;",
    ...(indexes.pluck().all() as string[]),
  ];
};

function openOne(path: string): Database {
  const file = openFile(path, "write");
  onTestFinished(() => void file.close());
  return file;
}

/** A file with two full tenants, whose store is closed. */
async function filledFile(): Promise<string> {
  const path = databaseFile();
  const store = await openSqliteStore({ path, onFatal: () => undefined });
  for (let i = 0; i < 2; i += 1) await openFamily(store, await fillTenant(store));
  await store.close();
  return path;
}

const tablesOf = (file: Database): string[] => {
  const named = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all();
  return named.map(String).filter((name) => !/^(migration|sqlite_sequence|search_trigram.*)$/.test(name));
};
const counts = (file: Database) =>
  Object.fromEntries(
    tablesOf(file).map((table) => [table, file.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]),
  );
const schemaOf = (file: Database) =>
  file.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all();
const hasNickname = (file: Database) => JSON.stringify(file.pragma("table_info('user')")).includes("nickname");

describe("applied", () => {
  it("a fresh file gets every table, a second time nothing happens", () => {
    const file = openOne(databaseFile());
    expect(migrate(file).applied).toBeGreaterThan(0);
    const schema = schemaOf(file);
    expect(tablesOf(file)).toContain("refresh_family");
    expect(migrate(file)).toEqual({ applied: 0 });
    expect(schemaOf(file)).toEqual(schema);
    expect(file.pragma("foreign_keys", { simple: true })).toBe(1);
  });

  it("rebuilding a table that others point at keeps every row of every table", async () => {
    const path = await filledFile();
    const file = openOne(path);
    const before = counts(file);
    expect(Object.entries(before).filter(([, count]) => count === 0)).toMatchObject([
      ["bootstrap_secret", 0],
      ["connector_audience", 0],
      ["data_key", 0],
      ["revoked_token", 0],
      ["signing_key", 0],
      ["used_token", 0],
    ]);
    const folder = folderWith(...rebuildUsers(file));
    expect(migrate(file, folder)).toEqual({ applied: 1 });
    expect(hasNickname(file)).toBe(true);
    expect(counts(file)).toEqual(before);
    // The children still point at the table of that name.
    expect(file.pragma("foreign_key_check")).toEqual([]);
    file.exec("DELETE FROM user");
    expect(counts(file)).toMatchObject({ user_identity: 0, group_member: 0, organization_member: 0 });
  });

  it("the same statements inside a transaction with foreign keys on would take the children along", async () => {
    const file = openOne(await filledFile());
    const statements = rebuildUsers(file);
    file.exec("BEGIN");
    for (const statement of statements) file.exec(statement);
    expect(counts(file)).toMatchObject({ user: 2, user_identity: 0, group_member: 0, organization_member: 0 });
    file.exec("ROLLBACK");
  });
});

describe("a full database of the first version", () => {
  /** A file at the first migration with the rows of a full one, as far as it has their tables and columns. */
  async function firstVersion(): Promise<Database> {
    const file = openOne(databaseFile());
    migrate(
      file,
      folderOf((entries) => entries.slice(0, 1)),
    );
    file.pragma("foreign_keys = OFF");
    file.prepare("ATTACH ? AS newest").run(await filledFile());
    for (const table of tablesOf(file)) {
      const columns = (file.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name).join();
      file.exec(`INSERT OR IGNORE INTO main."${table}" (${columns}) SELECT ${columns} FROM newest."${table}"`);
    }
    file.exec("DETACH newest");
    file.pragma("foreign_keys = ON");
    return file;
  }
  const find = (file: Database, type: string, field: string, term: string) =>
    file
      .prepare("SELECT count(*) FROM search_term WHERE type = ? AND field = ? AND term = ?")
      .pluck()
      .get(type, field, term);

  it("moves to the newest with every row, and its rows can be searched", async () => {
    const file = await firstVersion();
    file.exec("UPDATE user SET username = 'Ada', email = id || '@Example.test', phone = ''");
    const before = counts(file);
    expect(before).toMatchObject({ tenant: 2, user: 2, user_identity: 2, role_assignment: 4, refresh_family: 2 });
    expect(migrate(file).applied).toBeGreaterThan(1);
    expect(counts(file)).toMatchObject(before);
    expect(file.pragma("foreign_key_check")).toEqual([]);
    expect(find(file, "user", "username", "ada")).toBe(2);
    expect(find(file, "scope", "name", "ships:read")).toBe(2);
    expect(find(file, "user", "phone", "")).toBe(0);
    const emails = file.prepare("SELECT rowid FROM search_trigram WHERE search_trigram MATCH '\"@exa\"'").all();
    expect(emails).toHaveLength(2);
    file.exec("INSERT INTO search_trigram (search_trigram, rank) VALUES ('integrity-check', 1)");
  });

  it("is the same schema in the end as a fresh one", async () => {
    const [old, fresh] = [await firstVersion(), openOne(databaseFile())];
    migrate(old);
    migrate(fresh);
    expect(schemaOf(old)).toEqual(schemaOf(fresh));
  });

  it("has for each type that is searched a trigger that takes its terms along", () => {
    const file = openOne(databaseFile());
    migrate(file);
    const triggers = file.prepare("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
    const searched = [...resourceTypes.values()].filter(({ desc }) => searchableFields(desc).length > 0);
    expect(searched.length).toBeGreaterThan(5);
    for (const type of searched) expect(triggers).toContain(wordOf(type));
  });
});

describe("refused", () => {
  it("F28: a schema of a newer binary, which stays as it is", async () => {
    const path = await filledFile();
    const file = openOne(path);
    migrate(file, folderWith(...rebuildUsers(file)));
    const [schema, rows] = [schemaOf(file), counts(file)];
    expect(() => migrate(file)).toThrow(/written by a newer Tessera/);
    await expect(openTestStore({ path })).rejects.toThrow(/written by a newer Tessera/);
    expect([schemaOf(file), counts(file)]).toEqual([schema, rows]);
  });

  it("F28: a migration that fails half-way is rolled back whole, and may be tried again", async () => {
    const file = openOne(await filledFile());
    const [schema, rows, statements] = [schemaOf(file), counts(file), rebuildUsers(file)];
    const half = folderWith(...statements.slice(0, 4), "INSERT INTO nowhere VALUES (1);");
    expect(() => migrate(file, half)).toThrow(/no such table/);
    expect([schemaOf(file), counts(file)]).toEqual([schema, rows]);
    expect([file.inTransaction, file.pragma("foreign_keys", { simple: true })]).toEqual([false, 1]);
    expect(migrate(file, folderWith(...statements))).toEqual({ applied: 1 });
  });

  it("one that would leave broken references", async () => {
    const file = openOne(await filledFile());
    const before = counts(file);
    expect(() => migrate(file, folderWith("DELETE FROM `user`;"))).toThrow(/broken references/);
    expect(counts(file)).toEqual(before);
  });
});

describe("interrupted", () => {
  it.each([0, 1, 2, 3, 4, 5])(
    "F28: killed after %i of its statements, the next start finds all rows and completes it",
    async (after) => {
      const path = await filledFile();
      const file = openFile(path, "write");
      const [schema, rows, statements] = [schemaOf(file), counts(file), rebuildUsers(file)];
      file.close();
      const folder = folderWith(...statements.slice(0, after), "SELECT pause();", ...statements.slice(after));
      const child = startChild("migrate", path, folder);
      expect(await child.says()).toBe("paused");
      await child.kill();

      const again = openOne(path);
      expect([schemaOf(again), counts(again)]).toEqual([schema, rows]);
      again.function("pause", () => 0);
      expect(migrate(again, folder)).toEqual({ applied: 1 });
      expect(counts(again)).toEqual(rows);
      expect(hasNickname(again)).toBe(true);
      expect(again.pragma("integrity_check", { simple: true })).toBe("ok");
    },
  );
});
