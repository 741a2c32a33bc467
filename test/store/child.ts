// A second process for the tests of locks and interrupted migrations: takes a lock or migrates, says so, and stays.
// Usage: child.ts hold FILE | child.ts migrate FILE FOLDER
import Sqlite from "better-sqlite3";
import { takeLock } from "../../src/store/lock.ts";
import { migrate } from "../../src/store/migrate.ts";

const [act, path = "", folder = ""] = process.argv.slice(2);
if (act === "hold") hold(path);
else migrateSlowly(path, folder);

function hold(path: string): void {
  takeLock(path);
  process.send?.("held");
  // Stays until it is killed: the open channel keeps it alive.
  process.on("message", () => undefined);
}

function migrateSlowly(path: string, folder: string): void {
  const file = new Sqlite(path);
  // The migrations of the test call this where they want to be interrupted; it blocks, as a slow statement would.
  file.function("pause", { directOnly: false }, () => {
    process.send?.("paused");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
    return 0;
  });
  migrate(file, folder);
  process.send?.("migrated");
  process.disconnect?.();
}
