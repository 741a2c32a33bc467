// Makes the audit trail tamper-evident: links each tenant's rows into a keyed chain, and signs its heads outside the
// database, so that an edited, removed or reordered row and a cut tail are all seen.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Parts } from "./parts.ts";
import type { AuditRow, SealedRow } from "./store/audit-rows.ts";
import type { Store } from "./store/store.ts";
import { splitCompact } from "./tokens/compact.ts";
import { signCompact } from "./tokens/signature.ts";

type Needs = Pick<Parts, "store" | "keyring" | "clock"> & { checkpointFile: string };

/** A tenant's head at a moment: as many rows existed, and the last one had this seal. */
type Checkpoint = { tenant: string; seq: number; seal: string; time: number };

/** By tenant: the newest head that is sealed and not signed yet. */
type Heads = Map<string, Checkpoint>;

/** Rows sealed in one transaction. */
const sealedAtOnce = 500;
/** Rows and lines that are looked at before other work gets its turn. */
const rowsAtOnce = 100;
const linesAtOnce = 200;
const beginning = "";

/** Seals what is not sealed yet and signs the new heads. Call it from a timer; answers how many rows it sealed. */
export async function sealAudit(parts: Needs): Promise<number> {
  const unsigned = await unsignedHeads(parts);
  const rows = await parts.store.instance.unsealed(sealedAtOnce);
  const heads: Heads = new Map();
  const sealed: SealedRow[] = [];
  for (const row of rows) {
    const previousHash = heads.get(row.tenantId)?.seal ?? (await previousSeal(parts, row));
    const seal = parts.keyring.mac("audit", contentOf(row, previousHash));
    sealed.push({ tenantId: row.tenantId, seq: row.seq, previousHash, seal });
    heads.set(row.tenantId, { tenant: row.tenantId, seq: row.seq, seal, time: parts.clock.now() });
  }
  if (sealed.length > 0) await parts.store.write("sealAudit", { rows: sealed });
  for (const head of heads.values())
    if (head.seq >= (unsigned.get(head.tenant)?.seq ?? 0)) unsigned.set(head.tenant, head);
  await signHeads(parts, unsigned);
  return sealed.length;
}

/** The first thing wrong in each tenant's trail, and in the file of checkpoints, in words; empty when all is well. */
export async function verifyAudit(parts: Needs): Promise<string[]> {
  const { signed, faults } = await readCheckpoints(parts);
  const tenants = new Set([...(await parts.store.instance.auditTenants()), ...signed.keys()]);
  // One after the other: side by side they would all have their turn in the same one.
  for (const tenant of tenants) {
    const fault = await firstFault(parts, tenant, signed.get(tenant) ?? { last: 0, seals: new Map() });
    if (fault !== undefined) faults.push(`tenant ${tenant}: ${fault}`);
  }
  return faults;
}

async function firstFault(parts: Needs, tenant: string, signed: Signed): Promise<string | undefined> {
  let previous = beginning;
  let seq = 0;
  for (;;) {
    await nextTurn();
    const rows = await parts.store.instance.auditTrail(tenant, seq, rowsAtOnce);
    for (const row of rows) {
      const fault = rowFault(parts, row, { seq: seq + 1, previous, signed });
      if (fault !== undefined) return fault;
      // From here on the sealer has not come by yet.
      if (!row.sealed) return undefined;
      previous = row.seal ?? "";
      seq = row.seq;
    }
    if (rows.length === 0) break;
  }
  return signed.last > seq ? `rows after ${seq} are missing; ${signed.last} were signed` : undefined;
}

type Expected = { seq: number; previous: string; signed: Signed };

function rowFault({ keyring }: Needs, row: AuditRow, { seq, previous, signed }: Expected): string | undefined {
  if (row.seq !== seq) return `row ${seq} is missing`;
  if (!row.sealed) return signed.last >= seq ? `row ${seq} is not sealed; ${signed.last} were signed` : undefined;
  const intact = row.previousHash === previous && keyring.checkMac("audit", contentOf(row, previous), row.seal ?? "");
  if (!intact) return `row ${seq} was changed or moved`;
  const seal = signed.seals.get(seq) ?? row.seal;
  return seal === row.seal ? undefined : `row ${seq} is not the one that was signed`;
}

async function previousSeal({ store }: Needs, row: AuditRow): Promise<string> {
  if (row.seq === 1) return beginning;
  return (await store.instance.auditRow(row.tenantId, row.seq - 1))?.seal ?? beginning;
}

/** Every column but the seal itself, in one spelling, after the seal of the row before. */
function contentOf(row: AuditRow, previousHash: string): string {
  const { tenantId, seq, time, event, actor, subject, clientId, requestId, outcome, reason, detail } = row;
  const sorted = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [
    previousHash,
    tenantId,
    seq,
    time,
    event,
    actor,
    subject,
    clientId,
    requestId,
    outcome,
    reason,
    sorted,
  ];
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64url");
}

/**
 * What each open store still owes the file. Kept by store, because looking it up costs a reading of the whole file:
 * once for each start, and from then on what could not be written is known.
 */
const owed = new WeakMap<Store, Heads>();

async function unsignedHeads(parts: Needs): Promise<Heads> {
  const known = owed.get(parts.store);
  if (known !== undefined) return known;
  const found = await findUnsigned(parts);
  owed.set(parts.store, found);
  return found;
}

/** The sealed heads of which the file does not tell: those of a process that ended between sealing and signing. */
async function findUnsigned(parts: Needs): Promise<Heads> {
  const heads: Heads = new Map();
  const file = await openToRead(parts.checkpointFile);
  if (file === undefined) {
    // Made before anything is sealed. From then on its absence is a fault, which signing anew would only hide.
    if (!(await anySealed(parts))) await appendLines(parts.checkpointFile, []);
    return heads;
  }
  const told = new Map<string, number>();
  for await (const { line } of linesOf(file)) {
    const { tenant, seq } = claimOf(line);
    told.set(tenant, Math.max(told.get(tenant) ?? 0, seq));
  }
  for (const tenant of await parts.store.instance.auditTenants()) {
    const row = await lastSealed(parts, tenant, told.get(tenant) ?? 0);
    if (row !== undefined) heads.set(tenant, { tenant, seq: row.seq, seal: row.seal ?? "", time: parts.clock.now() });
  }
  return heads;
}

/** What a line says, true or not: a false one keeps a checkpoint back at worst, and is itself found by verifyAudit. */
function claimOf(line: string): Pick<Checkpoint, "tenant" | "seq"> {
  try {
    const payload = Buffer.from(line.split(".")[1] ?? "", "base64url").toString();
    const { tenant, seq } = JSON.parse(payload) as Partial<Record<string, unknown>>;
    return { tenant: String(tenant), seq: Number(seq) || 0 };
  } catch {
    return { tenant: "", seq: 0 };
  }
}

/** The last row of the sealed ones after `seq`; undefined where there is none. */
async function lastSealed({ store }: Needs, tenant: string, seq: number): Promise<AuditRow | undefined> {
  let last: AuditRow | undefined;
  for (;;) {
    await nextTurn();
    const rows = await store.instance.auditTrail(tenant, last?.seq ?? seq, rowsAtOnce);
    const unsealed = rows.findIndex((row) => !row.sealed);
    last = (unsealed < 0 ? rows : rows.slice(0, unsealed)).at(-1) ?? last;
    if (unsealed >= 0 || rows.length < rowsAtOnce) return last;
  }
}

/** Signs the heads into the file, and takes from the map what is there for certain. */
async function signHeads(parts: Needs, heads: Heads): Promise<void> {
  if (heads.size === 0) return;
  const signer = await parts.keyring.signer("ES256", "checkpoint");
  const signed = [...heads.values()];
  const lines = await Promise.all(
    signed.map((head) => signCompact(signer, "tessera-audit-checkpoint", JSON.stringify(head))),
  );
  await appendLines(parts.checkpointFile, lines);
  for (const head of signed) if (heads.get(head.tenant) === head) heads.delete(head.tenant);
}

/** Resolves once the disk has the lines. One that an earlier append left torn is ended first, and stays by itself. */
async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, size === 0 ? 0 : 1, Math.max(0, size - 1));
    const isTorn = size > 0 && buffer.toString() !== "\n";
    await file.appendFile((isTorn ? "\n" : "") + lines.map((line) => `${line}\n`).join(""));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Undefined where there is no such file; whatever else hinders is thrown. */
async function openToRead(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

/**
 * The beginning of a checkpoint, without all of its signature (RFC 7518 section 3.4): an append that a crash or a full
 * disk broke off. It proves nothing, like a line that is not there; whoever can tear one could remove it as well.
 */
const torn = /^[\w-]+(?:\.[\w-]*(?:\.[\w-]{0,85})?)?$/;

/** The lines that are neither empty nor torn, counted from 1 as an editor does; closes the file. */
async function* linesOf(file: FileHandle): AsyncGenerator<{ line: string; number: number }> {
  let number = 0;
  for await (const line of file.readLines()) {
    number += 1;
    if (line !== "" && !torn.test(line)) yield { line, number };
    if (number % linesAtOnce === 0) await nextTurn();
  }
}

/** What was signed of one tenant: up to which row, and the seals by row. */
type Signed = { last: number; seals: Map<number, string> };
type Checkpoints = { signed: Map<string, Signed>; faults: string[] };

async function readCheckpoints(parts: Needs): Promise<Checkpoints> {
  const signed = new Map<string, Signed>();
  const file = await openToRead(parts.checkpointFile);
  if (file === undefined) return { signed, faults: (await anySealed(parts)) ? ["the checkpoint file is missing"] : [] };
  const faults: string[] = [];
  for await (const { line, number } of linesOf(file)) {
    const checkpoint = await readCheckpoint(parts, line);
    if (checkpoint === "damaged") faults.push(`checkpoint line ${number} is not one that was signed`);
    else if (checkpoint) note(signed, checkpoint);
  }
  return { signed, faults };
}

function note(signed: Checkpoints["signed"], { tenant, seq, seal }: Checkpoint): void {
  const of = signed.get(tenant) ?? { last: 0, seals: new Map<number, string>() };
  // Signed with two seals, it fits none: a row that was unsealed and edited gets an honest seal and is signed again.
  of.seals.set(seq, (of.seals.get(seq) ?? seal) === seal ? seal : "");
  of.last = Math.max(of.last, seq);
  signed.set(tenant, of);
}

/** Undefined under a key long retired, which proves nothing any more; later checkpoints of the same chain do. */
async function readCheckpoint({ keyring }: Needs, line: string): Promise<Checkpoint | "damaged" | undefined> {
  try {
    const { header, payload, signed, signature } = splitCompact(line);
    const key = keyring.verifier(String(header.kid), "checkpoint");
    if (key === undefined) return undefined;
    return key.check(signed, signature) ? (JSON.parse(payload.toString()) as Checkpoint) : "damaged";
  } catch {
    return "damaged";
  }
}

async function anySealed({ store }: Needs): Promise<boolean> {
  for (const tenant of await store.instance.auditTenants()) {
    if ((await store.instance.auditRow(tenant, 1))?.sealed) return true;
  }
  return false;
}
