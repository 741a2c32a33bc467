// How a file is opened: durable, strict, and only by a SQLite that is fit for it.
import Sqlite, { type Database } from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { migrate } from "../../src/store/migrate.ts";
import { assertDurable, assertVersion, openFile } from "../../src/store/sqlite-file.ts";
import { databaseFile } from "../support/store.ts";

const opened = (file: Database): Database => {
  onTestFinished(() => void file.close());
  return file;
};
const ask = (file: Database, pragma: string): unknown => file.pragma(pragma, { simple: true });
const transact = (file: Database) =>
  file.exec("CREATE TABLE note (text TEXT); BEGIN IMMEDIATE; INSERT INTO note VALUES ('a'); COMMIT");

describe("durability", () => {
  it("D12 T-01: a file is at synchronous=FULL in WAL, also after its first transaction", () => {
    const file = opened(openFile(databaseFile(), "write"));
    expect(ask(file, "journal_mode")).toBe("wal");
    transact(file);
    expect(ask(file, "synchronous")).toBe(2);
    expect(() => assertDurable(file)).not.toThrow();
  });

  it("D12 T-01: without the pragma this build would be at NORMAL, and the assertion says so", () => {
    const file = opened(new Sqlite(databaseFile()));
    file.pragma("journal_mode = WAL");
    transact(file);
    expect(ask(file, "synchronous")).toBe(1);
    expect(() => assertDurable(file)).toThrow(/not at synchronous=FULL/);
    const asked = opened(openFile(databaseFile(), "write", "NORMAL"));
    transact(asked);
    expect(() => assertDurable(asked)).toThrow(/not at synchronous=FULL/);
  });

  it("foreign keys that are off are noticed", () => {
    const file = opened(openFile(databaseFile(), "write"));
    expect(ask(file, "foreign_keys")).toBe(1);
    file.pragma("foreign_keys = OFF");
    expect(() => assertDurable(file)).toThrow(/foreign keys/);
  });

  it("F21: the log of writes is folded back as it grows, and cut", () => {
    const file = opened(openFile(databaseFile(), "write"));
    expect(ask(file, "wal_autocheckpoint")).toBe(1000);
    expect(ask(file, "journal_size_limit")).toBe(64 * 1024 * 1024);
  });
});

describe("refused", () => {
  it.each(["3.51.2", "3.50.99", "3.7.0", "2.99.99", "nonsense"])("I-DB-02: SQLite %s", (version) => {
    expect(() => assertVersion(version)).toThrow(/older than 3\.51\.3/);
  });

  it.each(["3.51.3", "3.51.10", "3.52.0", "4.0.0"])("I-DB-02: but not SQLite %s", (version) => {
    expect(() => assertVersion(version)).not.toThrow();
  });

  it("the schema cannot be rewritten by a statement", () => {
    const file = opened(openFile(databaseFile(), "write"));
    transact(file);
    file.pragma("writable_schema = ON");
    expect(() => file.exec("UPDATE sqlite_master SET sql = 'CREATE TABLE note (other TEXT)'")).toThrow(
      /may not be modified/,
    );
    expect(ask(file, "trusted_schema")).toBe(0);
    expect(ask(file, "cell_size_check")).toBe(1);
  });

  it("a view of the schema cannot call functions of ours", () => {
    const file = opened(openFile(databaseFile(), "write"));
    file.function("reveal", () => "a secret");
    file.exec("CREATE VIEW trap AS SELECT reveal() AS text");
    expect(() => file.prepare("SELECT * FROM trap").get()).toThrow(/unsafe use of reveal/);
  });

  it("the reading connection cannot write", () => {
    const path = databaseFile();
    const writing = opened(openFile(path, "write"));
    migrate(writing);
    const reading = opened(openFile(path, "read"));
    expect(() => reading.exec("DELETE FROM tenant")).toThrow(/readonly/);
  });
});
