// Opens the SQLite store: lock, migrate, one reading connection here, the writing one in its own thread.
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import type { Database as SqliteFile } from "better-sqlite3";
import { Failure } from "../failure.ts";
import { bindAuditReads } from "./audit-rows.ts";
import { concernedBy, createChanges } from "./changes.ts";
import { guarded } from "./conflict.ts";
import { takeLock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { bindInstanceReads, bindTenantReads } from "./reads.ts";
import { rememberInstanceReads, rememberTenantReads } from "./remembered-reads.ts";
import { bindRowReads } from "./row-reads.ts";
import { connect, type Durability, openFile } from "./sqlite-file.ts";
import { bindStanding } from "./standing.ts";
import { assembleStore, type Store } from "./store.ts";
import { launchWriter } from "./writer-launch.ts";
import { type Settled, startWriter } from "./writer.ts";
import { rememberWrittenTokens } from "./written-tokens.ts";

export type SqliteOptions = {
  path: string;
  /** Hears once when the file failed: the process has to start anew from disk. */
  onFatal(cause: unknown): void;
  /** Launched here where it was not before. */
  writer?: Worker;
  /** FULL but for the negative control of the crash test. */
  durability?: Durability;
  /** The wall clock that is held against the file's high-water mark, in milliseconds. */
  wall?: () => number;
};

/**
 * Throws an Error with a message for the operator when the file cannot be used; Failure precondition when another
 * process has it, or when it has seen times that are more than an hour ahead of the wall clock.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const lock = takeLock(options.path);
  try {
    makePrivate(options.path);
    const store = await openConnections(options);
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

/** The file, for reading, once it has this binary's schema. */
function openUpToDate({ path, durability }: SqliteOptions): SqliteFile {
  const file = openFile(path, "write", durability);
  try {
    migrate(file);
    // Before the other one is closed: the last connection to close takes the write-ahead log away with it.
    return openFile(path, "read");
  } finally {
    file.close();
  }
}

/** The writer's thread comes last: whatever fails before it leaves nothing behind that lives on. */
async function openConnections(options: SqliteOptions): Promise<Store> {
  const { path, onFatal, durability = "FULL", wall = Date.now } = options;
  const file = openUpToDate(options);
  try {
    const reading = connect(file);
    const changes = createChanges();
    const found = guarded({ ...bindInstanceReads(reading), ...bindAuditReads(reading) });
    const instance = rememberInstanceReads(found, changes);
    const tokens = rememberWrittenTokens(guarded(bindTenantReads(reading)), changes);
    const remembered = rememberTenantReads(tokens.reads, changes);
    const settled: Settled = (name, args, answer) => {
      changes.note(concernedBy(name, args));
      if (answer) tokens.wrote(name, args, answer.value);
    };
    const reads = {
      ...remembered,
      ...bindStanding({ ...instance, ...remembered }, changes),
      ...guarded(bindRowReads(reading)),
    };
    const highWater = Number((await instance.instanceValue("clock_high_water")) ?? 0);
    refuseEarly(highWater, wall());
    return assembleStore({
      instance,
      reads,
      changes,
      writer: await startWriter(options.writer ?? launchWriter(), { path, durability, settled, onFatal }),
      // The writer has just stored the later of the two.
      highWater: Math.max(highWater, wall()),
      integrityCheck: () => integrity(path),
      closeReads: () => file.close(),
    });
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

/** How far the clock may be behind what the file has seen. Within it the service holds its time until the clock is there. */
const furthestBehind = 3_600_000;

/** Held for longer, the service would end every token and every key before its time, and nobody would know why. */
function refuseEarly(highWater: number, now: number): void {
  if (highWater - now <= furthestBehind) return;
  const [seen, says] = [highWater, now].map((time) => new Date(time).toISOString());
  throw new Failure(
    "precondition",
    `the clock says ${says}, but the database has seen ${seen}: set the clock right and start again; if it is right, ` +
      "it was ahead before: restore a backup from before that, or wait until an hour before the later time",
  );
}

/**
 * What is broken in the file, or nothing. Asked of a connection of its own: one that has searched before would hold the
 * trigram index against what it remembers of it, and call damage what others have written since.
 */
function integrity(path: string): string[] {
  const file = openFile(path, "read");
  try {
    const found = file.pragma("integrity_check", { simple: false }) as { integrity_check: string }[];
    const references = file.pragma("foreign_key_check") as unknown[];
    const broken = references.length === 0 ? [] : [`${references.length} broken references`];
    return [...found.map((row) => row.integrity_check).filter((text) => text !== "ok"), ...broken];
  } finally {
    file.close();
  }
}
