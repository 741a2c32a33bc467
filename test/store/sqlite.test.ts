// The SQLite store: the contract, and what only a file and its process have.
import { rmSync, statSync, writeFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { steadyClock } from "../../src/clock.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { raised } from "../../src/store/writer-thread.ts";
import {
  createRow,
  databaseFile,
  fillTenant,
  lastingFolder,
  openFamily,
  openTestStore,
  rotationOf,
  trailOf,
} from "../support/store.ts";
import { storeContract } from "./contract.ts";

const folder = lastingFolder();
let count = 0;
storeContract("sqlite", () => openSqliteStore({ path: `${folder}/${(count += 1)}.db`, onFatal: () => undefined }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("durability", () => {
  it("a write is answered after its commit: another connection has the row when the promise resolves", async () => {
    const path = databaseFile();
    const store = await openTestStore({ path });
    const tenant = await fillTenant(store);
    const other = new Sqlite(path, { readonly: true });
    const count = other.prepare("SELECT count(*) FROM project WHERE name = ?").pluck();
    for (let i = 0; i < 20; i += 1) {
      await createRow(store, "project", tenant.tenantId, { name: `project-${i}` });
      expect(count.get(`project-${i}`)).toBe(1);
    }
    other.close();
  });

  it("N4-07 I-RT-02: what was consumed stays consumed after a restart", async () => {
    const path = databaseFile();
    const first = await openSqliteStore({ path, onFatal: () => undefined });
    const tenant = await fillTenant(first);
    const { family } = await openFamily(first, tenant);
    await first.write("rotateFamily", rotationOf(family, 0));
    const before = [await first.tenant(tenant.tenantId).family(family.id), await trailOf(first, tenant.tenantId)];
    await first.close();
    const second = await openTestStore({ path });
    expect(await second.write("rotateFamily", rotationOf(family, 0))).toBe(false);
    expect([await second.tenant(tenant.tenantId).family(family.id), await trailOf(second, tenant.tenantId)]).toEqual(
      before,
    );
  });

  it("closing does what was asked for before, and refuses what comes after", async () => {
    const path = databaseFile();
    const store = await openSqliteStore({ path, onFatal: () => expect.unreachable() });
    const { tenantId } = await fillTenant(store);
    // More than one group, so that some wait behind the one at work.
    const writes = Array.from({ length: 300 }, (_, i) =>
      createRow(store, "project", tenantId, { name: `project-${i}` }),
    );
    const closed = store.close();
    const late = createRow(store, "project", tenantId, { name: "late" });
    await expect(late).rejects.toMatchObject({ kind: "unavailable" });
    expect((await Promise.allSettled(writes)).every(({ status }) => status === "fulfilled")).toBe(true);
    await closed;
    expect(store.healthy()).toBe(false);
    const again = await openTestStore({ path });
    expect(await again.tenant(tenantId).rows("project", "", 1000)).toHaveLength(301);
  });
});

describe("F07: a clock that is set back", () => {
  it("is held at the high-water mark of the store across a restart", async () => {
    const path = databaseFile();
    const started = Date.now();
    const first = await openSqliteStore({ path, onFatal: () => undefined });
    expect(first.highWater).toBeGreaterThanOrEqual(started);
    await first.write("raiseHighWater", { now: started + 3_600_000 });
    await first.close();
    const second = await openTestStore({ path });
    expect(second.highWater).toBe(started + 3_600_000);
    expect(steadyClock(second.highWater).now()).toBe(started + 3_600_000);
  });

  it("by more than an hour is refused at the start, with both times, and the file is left as it was", async () => {
    const path = databaseFile();
    const mark = Date.now() + 1_800_000;
    const first = await openSqliteStore({ path, onFatal: () => undefined });
    await first.write("raiseHighWater", { now: mark });
    await first.close();
    const at = (time: number) => openTestStore({ path, wall: () => time });
    const refused = await at(mark - 3_600_001).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ kind: "precondition" });
    for (const time of [mark, mark - 3_600_001]) expect(String(refused)).toContain(new Date(time).toISOString());
    expect((await at(mark - 3_600_000)).highWater).toBe(mark);
  });
});

describe("F07: a clock that leaps ahead for a moment", () => {
  const year = 365 * 86_400_000;
  const last = { mark: 1_000_000, monotonic: 50 };

  it("moves the stored time five minutes beyond what has really passed, and no further", () => {
    const passed = { monotonic: 50 + 7000 };
    for (const [wall, mark] of [
      [1_307_000 + year, 1_307_000],
      [1_307_001, 1_307_000],
      [1_307_000, 1_307_000],
      [1_306_999, 1_306_999],
      [999_999, 999_999],
    ] as const)
      expect(raised(last, { ...passed, wall })).toEqual({ ...passed, mark });
  });

  it("is followed as far as it likes after as long a pause", () => {
    expect(raised(last, { wall: 1_000_000 + year, monotonic: 50 + year }).mark).toBe(1_000_000 + year);
  });
});

describe("exhausted", () => {
  it("writes beyond the queue's length are told to come back, those within it are done", async () => {
    const store = await openTestStore();
    const { tenantId } = await fillTenant(store);
    const project = (i: number) => createRow(store, "project", tenantId, { name: `project-${i}` });
    const outcomes = await Promise.allSettled(Array.from({ length: 4100 }, (_, i) => project(i)));
    const refused = outcomes.flatMap((outcome, i) =>
      outcome.status === "rejected" ? [{ i, reason: outcome.reason as unknown }] : [],
    );
    expect(refused.map(({ i }) => i)).toEqual([4096, 4097, 4098, 4099]);
    expect(refused[0]?.reason).toMatchObject({ kind: "exhausted", retryAfterMs: 250 });
    await project(4100);
  });
});

describe("files", () => {
  it("nobody but the owner may read any of them, whatever the umask", async () => {
    const path = databaseFile();
    const before = process.umask(0);
    const store = await openTestStore({ path });
    process.umask(before);
    await fillTenant(store);
    for (const suffix of ["", "-wal", "-shm", ".lock", ".holder"]) {
      expect([suffix, (statSync(path + suffix).mode & 0o777).toString(8)]).toEqual([suffix, "600"]);
    }
  });

  it("a file that was readable to others is closed to them", async () => {
    const path = databaseFile();
    new Sqlite(path).close();
    const store = await openTestStore({ path });
    expect(store.healthy()).toBe(true);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  });

  it("a reading connection that cannot be had leaves no writer behind", async () => {
    const path = databaseFile();
    const writers: Worker[] = [];
    const note = (worker: Worker) => void writers.push(worker);
    await (await openSqliteStore({ path, onFatal: () => undefined })).close();
    // Only reads are prepared for it, so that the writer alone would start.
    new Sqlite(path).exec("DROP TABLE group_member").close();
    process.on("worker", note);
    await expect(openTestStore({ path })).rejects.toThrow(/group_member/);
    process.off("worker", note);
    expect(writers.filter(({ threadId }) => threadId > 0)).toEqual([]);
  });

  it("what is not a database is refused, and the lock is given back", async () => {
    const path = databaseFile();
    writeFileSync(
      path,
      "this is a text and much too short for a page of a database, but longer than its header is".repeat(20),
    );
    await expect(openTestStore({ path })).rejects.toThrow(/not a database/);
    rmSync(path);
    expect((await openTestStore({ path })).healthy()).toBe(true);
  });
});
