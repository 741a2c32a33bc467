// Group commit: what a member that fails does to the others, and what a lost transaction does to all.
import type { Database } from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { groupCommit, type Job } from "../../src/store/group-commit.ts";
import { migrate } from "../../src/store/migrate.ts";
import { bindOperations, type Operations } from "../../src/store/operations.ts";
import { connect, openFile } from "../../src/store/sqlite-file.ts";
import { auditOf, databaseFile, familyOf, grantOf, id, now } from "../support/store.ts";

type Change = Partial<Job> & { filler?: string };

function openGroup() {
  const path = databaseFile();
  const file = openFile(path, "write");
  onTestFinished(() => void file.close());
  migrate(file);
  const operations = bindOperations(connect(file));
  return { path, file, operations, run: groupCommit(file, operations, () => now) };
}

/** Creates the tenant of this name; its row and its audit row take one page of `filler` each when asked. */
function tenantJob(name: string, { filler = "", ...change }: Change = {}): Job {
  const tenantId = id();
  const row = { id: tenantId, name: name + filler, createTime: now, updateTime: now };
  const args = { type: "tenant", tenantId, row, children: [], epoch: { tenant: tenantId }, audit: auditOf(tenantId) };
  return { name: "createRow", args, deadline: now, ...change };
}

const namesIn = (file: Database) => file.prepare("SELECT name FROM tenant ORDER BY name").pluck().all();
const auditRowsIn = (file: Database) => file.prepare("SELECT count(*) FROM audit_event").pluck().get();

/** Lets the file take no more pages than it has. */
const fill = (file: Database) => file.pragma(`max_page_count = ${Number(file.pragma("page_count", { simple: true }))}`);
const free = (file: Database) => file.pragma("max_page_count = 1000000");
const manyPages = "x".repeat(100_000);

describe("a member that fails", () => {
  it("takes only itself back: the others are stored, in their order", async () => {
    const { file, run } = openGroup();
    const jobs = [tenantJob("a"), tenantJob("b"), tenantJob("a"), tenantJob("c")];
    const { outcomes, fatal } = await run(jobs);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual([undefined, undefined, "exists", undefined]);
    expect(fatal).toBe(false);
    expect(namesIn(file)).toEqual(["a", "b", "c"]);
    expect(auditRowsIn(file)).toBe(3);
  });

  it("leaves nothing of what it did before it failed", async () => {
    const { file, operations } = openGroup();
    const halfWay: Operations["createRow"] = async (args) => {
      await operations.createRow(args);
      throw new TypeError("a defect");
    };
    const run = groupCommit(file, { ...operations, createRow: halfWay }, () => now);
    const { outcomes } = await run([tenantJob("a")]);
    expect(outcomes).toMatchObject([{ failure: { kind: "unavailable" } }]);
    expect([namesIn(file), auditRowsIn(file)]).toEqual([[], 0]);
  });

  it("of many takes none of the others with it, whichever they are", async () => {
    const { file, run } = openGroup();
    const names = ["a", "b", "a", "b", "c", "c", "d"];
    const { outcomes } = await run(names.map((name) => tenantJob(name)));
    expect(outcomes.map(({ failure }) => failure?.kind ?? "stored")).toEqual([
      "stored",
      "stored",
      "exists",
      "exists",
      "stored",
      "exists",
      "stored",
    ]);
    expect([namesIn(file), auditRowsIn(file)]).toEqual([["a", "b", "c", "d"], 4]);
    // Groups after one that failed go another way; then again the usual one.
    for (let turn = 0; turn < 40; turn++)
      expect((await run([tenantJob(`t${turn}`)])).outcomes[0]?.failure).toBeUndefined();
    const late = tenantJob("e", { deadline: now - 1 });
    const again = await run([tenantJob("d"), late, tenantJob("f")]);
    expect(again.outcomes.map(({ failure }) => failure?.kind ?? "stored")).toEqual(["exists", "late", "stored"]);
  });

  it("N8-05: whose audit row cannot be written is not stored", async () => {
    const { file, run } = openGroup();
    file.exec("CREATE TRIGGER broken BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'the trail is out'); END");
    const { outcomes } = await run([tenantJob("a")]);
    expect(outcomes).toMatchObject([{ failure: { kind: "unavailable" } }]);
    expect(namesIn(file)).toEqual([]);
    file.exec("DROP TRIGGER broken");
    expect((await run([tenantJob("a")])).outcomes[0]?.failure).toBeUndefined();
  });
});

describe("a revocation that cannot be stored", () => {
  it.each([
    ["the grant", "UPDATE ON grant"],
    ["the family", "UPDATE ON refresh_family"],
    ["the event", "INSERT ON audit_event"],
  ])(
    "I-RT-09 N5-14: an error at %s is an error to the caller, and nothing is half revoked",
    async (_name, statement) => {
      const { file, run } = openGroup();
      const grant = grantOf({ tenantId: id(), ids: { user: id(), application: id(), resource: id() } });
      const family = familyOf(grant);
      const end = {
        tenantId: grant.tenantId,
        grantId: grant.id,
        now,
        reason: "revoked",
        audit: auditOf(grant.tenantId),
      };
      const job = (name: Job["name"], args: unknown): Job => ({ name, args, deadline: now });
      await run([job("openGrant", { grant, family })]);
      file.exec(
        `CREATE TRIGGER broken BEFORE ${statement.replace("ON ", 'ON "')}" BEGIN SELECT RAISE(ABORT, 'disk'); END`,
      );
      expect((await run([job("endGrant", end)])).outcomes).toMatchObject([{ failure: { kind: "unavailable" } }]);
      const revoked = file.prepare(
        `SELECT (SELECT count(revoke_time) FROM "grant") + count(revoke_time) FROM refresh_family`,
      );
      expect([revoked.pluck().get(), auditRowsIn(file)]).toEqual([0, 0]);
      file.exec("DROP TRIGGER broken");
      expect((await run([job("endGrant", end)])).outcomes[0]?.failure).toBeUndefined();
      expect([revoked.get(), auditRowsIn(file)]).toEqual([2, 1]);
    },
  );
});

describe("late", () => {
  it("F14 N7-09: a job past its deadline when its turn comes is not run; one at its deadline is", async () => {
    const { file, run } = openGroup();
    const { outcomes } = await run([tenantJob("past", { deadline: now - 1 }), tenantJob("at", { deadline: now })]);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(["late", undefined]);
    expect(namesIn(file)).toEqual(["at"]);
  });

  it("F14: the time is read for each member, so that a slow one makes the next late", async () => {
    const { file, operations } = openGroup();
    let time = now;
    const slow: Operations["createRow"] = async (args) => {
      await operations.createRow(args);
      time += 1000;
    };
    const run = groupCommit(file, { ...operations, createRow: slow }, () => time);
    const { outcomes } = await run([tenantJob("first"), tenantJob("second")]);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual([undefined, "late"]);
    expect(namesIn(file)).toEqual(["first"]);
  });
});

describe("unavailable", () => {
  it("F03: a full disk refuses what does not fit, keeps no half of it, and takes writes again without reopening", async () => {
    const { path, file, run } = openGroup();
    await run([tenantJob("before")]);
    const rows = auditRowsIn(file);
    fill(file);
    const reader = openFile(path, "read");
    onTestFinished(() => void reader.close());
    const { outcomes, fatal } = await run([
      tenantJob("small"),
      tenantJob("large", { filler: manyPages }),
      tenantJob("after"),
    ]);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(Array(3).fill("unavailable"));
    expect(fatal).toBe(false);
    expect(file.inTransaction).toBe(false);
    expect(namesIn(reader)).toEqual(["before"]);
    expect(auditRowsIn(reader)).toBe(rows);
    free(file);
    expect((await run([tenantJob("again")])).outcomes[0]?.failure).toBeUndefined();
    expect(namesIn(reader)).toEqual(["again", "before"]);
    expect(file.pragma("integrity_check", { simple: true })).toBe("ok");
  });

  it("a commit that fails fails every member, whatever the reason says", async () => {
    const { file, run } = openGroup();
    file.exec(`CREATE TABLE parent (id TEXT PRIMARY KEY);
      CREATE TABLE child (parent TEXT REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER orphan AFTER INSERT ON tenant BEGIN INSERT INTO child VALUES (new.id); END`);
    const { outcomes, fatal } = await run([tenantJob("a"), tenantJob("b")]);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(["unavailable", "unavailable"]);
    expect(fatal).toBe(false);
    expect([file.inTransaction, namesIn(file), auditRowsIn(file)]).toEqual([false, [], 0]);
  });

  it("a statement that ends the transaction fails every member, also those that were done", async () => {
    const { file, run } = openGroup();
    file.exec(`CREATE TRIGGER bomb BEFORE INSERT ON tenant WHEN new.name = 'bomb'
      BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END`);
    const { outcomes } = await run([tenantJob("a"), tenantJob("bomb"), tenantJob("b")]);
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(Array(3).fill("unavailable"));
    expect(namesIn(file)).toEqual([]);
    await run([tenantJob("b")]);
    expect(namesIn(file)).toEqual(["b"]);
  });

  it("a file that somebody else writes to fails the group, not the process", async () => {
    const { path, file, operations } = openGroup();
    file.pragma("busy_timeout = 1");
    const run = groupCommit(file, operations, () => now);
    const other = openFile(path, "write");
    onTestFinished(() => void other.close());
    other.exec("BEGIN IMMEDIATE");
    expect((await run([tenantJob("a")])).outcomes).toMatchObject([{ failure: { kind: "unavailable" } }]);
    other.exec("ROLLBACK");
    expect((await run([tenantJob("a")])).outcomes[0]?.failure).toBeUndefined();
  });
});

describe("fatal", () => {
  it.each(["SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT", "SQLITE_NOTADB"])(
    "F04: %s ends the group and asks for a new start",
    async (code) => {
      const { file, operations } = openGroup();
      const broken: Operations["createRow"] = async (args) => {
        await operations.createRow(args);
        if (args.row["name"] === "broken") throw Object.assign(new Error("disk"), { code });
      };
      const run = groupCommit(file, { ...operations, createRow: broken }, () => now);
      const { outcomes, fatal } = await run([tenantJob("a"), tenantJob("broken"), tenantJob("b")]);
      expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(Array(3).fill("unavailable"));
      expect(fatal).toBe(true);
      expect(namesIn(file)).toEqual([]);
    },
  );
});

describe("nesting", () => {
  it("throws, and the group that is at work is not touched", async () => {
    const { file, operations } = openGroup();
    let nested: unknown;
    const inner = groupCommit(file, operations, () => now);
    const outer: Operations["createRow"] = async (args) => {
      await operations.createRow(args);
      nested = await inner([tenantJob("inner")]).catch((thrown: unknown) => thrown);
    };
    const run = groupCommit(file, { ...operations, createRow: outer }, () => now);
    const { outcomes } = await run([tenantJob("outer")]);
    expect(nested).toMatchObject({ message: expect.stringContaining("do not nest") });
    expect(outcomes[0]?.failure).toBeUndefined();
    expect(namesIn(file)).toEqual(["outer"]);
  });
});
