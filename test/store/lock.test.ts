// One process per database file: the second is refused, and a dead one holds nothing.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../src/store/lock.ts";
import { startChild } from "../support/child.ts";
import { databaseFile, openTestStore } from "../support/store.ts";

describe("refused", () => {
  it("F20: a second process is told which process holds the file, and may have it once that one is killed", async () => {
    const path = databaseFile();
    const holder = startChild("hold", path);
    expect(await holder.says()).toBe("held");
    expect(() => takeLock(path)).toThrow(new RegExp(`is in use by process ${holder.pid}, started \\d{4}-`));
    await expect(openTestStore({ path })).rejects.toThrow(/in use by process/);
    // Refused before anything was made of the database.
    expect(existsSync(path)).toBe(false);
    await holder.kill();
    const lock = takeLock(path);
    expect(readFileSync(`${path}.holder`, "utf8")).toContain(`process ${process.pid},`);
    lock.release();
  });

  it("F20: a second store in the same process is refused too, and leaves the first one its lock", async () => {
    const path = databaseFile();
    await openTestStore({ path });
    for (let i = 0; i < 2; i += 1) await expect(openTestStore({ path })).rejects.toThrow(/in use by process/);
    const other = startChild("hold", path);
    expect(await Promise.race([other.says(), stayedSilent(other)])).not.toBe("held");
  });

  it("a lock file that cannot be used is not called a holder", () => {
    const path = databaseFile();
    writeFileSync(`${path}.lock`, "something else altogether ".repeat(100));
    expect(() => takeLock(path)).toThrow(/not a database/);
  });
});

describe("taken", () => {
  it("a released lock may be taken again, and files of others do not matter", () => {
    const [one, two] = [databaseFile(), databaseFile()];
    const [first, second] = [takeLock(one), takeLock(two)];
    first.release();
    takeLock(one).release();
    second.release();
  });

  it("what a dead holder wrote is harmless, whatever it says", () => {
    const path = databaseFile();
    writeFileSync(`${path}.holder`, `process ${process.pid}, started long ago\n`);
    chmodSync(`${path}.holder`, 0o400);
    writeFileSync(`${path}.lock`, "");
    takeLock(path).release();
    expect(readFileSync(`${path}.holder`, "utf8")).not.toContain("long ago");
  });

  it("the lock and its holder are the owner's alone", () => {
    const path = databaseFile();
    takeLock(path).release();
    expect([".lock", ".holder"].map((suffix) => statSync(path + suffix).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});

/** Resolves when the child has ended without having taken the lock. */
const stayedSilent = async ({ ended }: { ended: Promise<unknown> }) => {
  await ended;
  return "ended";
};
