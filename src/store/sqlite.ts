// Opens the SQLite store: lock, migrate, one reading connection here, the writing one in its own thread.
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { bindAuditReads } from "./audit-rows.ts";
import { takeLock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { bindInstanceReads, bindTenantReads } from "./reads.ts";
import { bindRowReads } from "./row-operations.ts";
import { connect, type Durability, openFile } from "./sqlite-file.ts";
import { assembleStore, type Store } from "./store.ts";
import { startWriter } from "./writer.ts";

export type SqliteOptions = {
  path: string;
  /** Hears once when the file failed: the process has to start anew from disk. */
  onFatal(cause: unknown): void;
  /** FULL but for the negative control of the crash test. */
  durability?: Durability;
};

/** Throws an Error with a message for the operator when the file cannot be used. */
export async function openSqliteStore({ path, onFatal, durability = "FULL" }: SqliteOptions): Promise<Store> {
  const lock = takeLock(path);
  try {
    makePrivate(path);
    const file = openFile(path, "write", durability);
    migrate(file);
    file.close();
    const writer = await startWriter({ path, durability }, onFatal);
    const readFile = openFile(path, "read");
    const reading = connect(readFile);
    const instance = { ...bindInstanceReads(reading), ...bindAuditReads(reading) };
    const store = assembleStore({
      instance,
      reads: { ...bindTenantReads(reading), ...bindRowReads(reading) },
      writer,
      highWater: Number((await instance.instanceValue("clock_high_water")) ?? 0),
      integrityCheck: () => integrity(readFile),
      closeReads: () => readFile.close(),
    });
    return {
      ...store,
      close: async () => {
        await store.close();
        lock.release();
      },
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Before SQLite opens the file, because its -wal and -shm files take the mode that it has then. */
function makePrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
  chmodSync(path, 0o600);
}

/** What is broken in the file, or nothing. */
function integrity(file: ReturnType<typeof openFile>): string[] {
  const found = file.pragma("integrity_check", { simple: false }) as { integrity_check: string }[];
  const references = file.pragma("foreign_key_check") as unknown[];
  const broken = references.length === 0 ? [] : [`${references.length} broken references`];
  return [...found.map((row) => row.integrity_check).filter((text) => text !== "ok"), ...broken];
}
