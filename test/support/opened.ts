// An instance without doors: real store and keyring in a folder of its own, and documents to apply to it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { Failure } from "../../src/failure.ts";
import { type Opened, openParts } from "../../src/open.ts";
import { createOperate } from "../../src/operate.ts";
import type { Parts } from "../../src/parts.ts";
import { readDocuments } from "../../src/resources/index.ts";
import { dev } from "./settings.ts";

export type Instance = {
  parts: Parts;
  dataDir: string;
  /** The file that the store writes. */
  databaseFile: string;
  /** Applies one document, JSON or YAML, and answers the printed lines. */
  apply(document: unknown, options?: { prune?: boolean }): Promise<string[]>;
  /** Every audit row of a tenant. */
  audit(tenantId: string): ReturnType<Parts["store"]["instance"]["auditTrail"]>;
  tenantId(name: string): Promise<string>;
};

/** When to close and remove: at the end of the test, or, for what several tests share, pass `afterAll`. */
type Later = (step: () => void | Promise<void>) => void;

/** A folder that goes with the test. */
export function temporaryFolder(later: Later = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "tessera-"));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function openInstance(later: Later = onTestFinished, dataDir = temporaryFolder(later)): Promise<Instance> {
  const settings = dev({ flags: { "data-dir": dataDir } });
  const failed = (cause: unknown) => {
    throw new Error("the store failed", { cause });
  };
  const log = pino({ level: "silent" });
  const opened: Opened = await openParts(settings, { issuer: "http://127.0.0.1:1", log, onFatal: failed });
  later(() => opened.close());
  const { parts } = opened;
  const operate = createOperate(parts, settings.auditCheckpointFile);
  return {
    parts,
    dataDir,
    databaseFile: settings.databaseUrl.replace(/^sqlite:/, ""),
    apply: async (document, { prune = false } = {}) => {
      const text = typeof document === "string" ? document : JSON.stringify(document);
      return operate({ command: "apply", files: [readDocuments({ name: "test.yaml", text })], prune });
    },
    audit: (tenantId) => parts.store.instance.auditTrail(tenantId, 0, 1000),
    tenantId: async (name) => (await parts.store.instance.tenantByName(name))?.id ?? "",
  };
}

/** What a step was refused with; fails the test when it was not. */
export async function refusalOf(step: Promise<unknown>): Promise<Pick<Failure, "kind" | "message" | "violations">> {
  const thrown = await step.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof Failure)) throw new Error("nothing was refused", { cause: thrown });
  const { kind, message, violations } = thrown;
  return { kind, message, violations };
}
