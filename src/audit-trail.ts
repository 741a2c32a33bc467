// Makes the audit trail tamper-evident: links each tenant's rows into a keyed chain, and signs its heads outside the
// database, so that an edited, removed or reordered row and a cut tail are all seen.
import { createHash } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { CompactSign, compactVerify, decodeProtectedHeader } from "jose";
import type { Parts } from "./parts.ts";
import type { AuditRow, SealedRow } from "./store/audit-rows.ts";

type Needs = Pick<Parts, "store" | "keyring" | "clock"> & { checkpointFile: string };

/** A tenant's head at a moment: as many rows existed, and the last one had this seal. */
type Checkpoint = { tenant: string; seq: number; seal: string; time: number };

/** Rows sealed in one transaction. */
const sealedAtOnce = 500;
const beginning = "";

/** Seals what is not sealed yet and signs the new heads. Call it from a timer; answers how many rows it sealed. */
export async function sealAudit(parts: Needs): Promise<number> {
  const rows = await parts.store.instance.unsealed(sealedAtOnce);
  const heads = new Map<string, Checkpoint>();
  const sealed: SealedRow[] = [];
  for (const row of rows) {
    const previousHash = heads.get(row.tenantId)?.seal ?? (await previousSeal(parts, row));
    const seal = parts.keyring.mac("audit", contentOf(row, previousHash));
    sealed.push({ tenantId: row.tenantId, seq: row.seq, previousHash, seal });
    heads.set(row.tenantId, { tenant: row.tenantId, seq: row.seq, seal, time: parts.clock.now() });
  }
  if (sealed.length === 0) return 0;
  await parts.store.write("sealAudit", { rows: sealed });
  await appendCheckpoints(parts, [...heads.values()]);
  return sealed.length;
}

/** The first thing wrong in each tenant's trail, and in the file of checkpoints, in words; empty when all is well. */
export async function verifyAudit(parts: Needs): Promise<string[]> {
  const { signed, faults } = await readCheckpoints(parts);
  const tenants = new Set([...(await parts.store.instance.auditTenants()), ...signed.keys()]);
  const found = await Promise.all([...tenants].map((tenant) => firstFault(parts, tenant, signed.get(tenant) ?? [])));
  return [...faults, ...found.filter((fault) => fault !== undefined)];
}

async function firstFault(parts: Needs, tenant: string, checkpoints: Checkpoint[]): Promise<string | undefined> {
  const last = Math.max(0, ...checkpoints.map((checkpoint) => checkpoint.seq));
  let previous = beginning;
  let seq = 0;
  for (;;) {
    const rows = await parts.store.instance.auditTrail(tenant, seq, sealedAtOnce);
    for (const row of rows) {
      const fault = rowFault(parts, row, { seq: seq + 1, previous, last, checkpoints });
      if (fault !== undefined) return `tenant ${tenant}: ${fault}`;
      // From here on the sealer has not come by yet.
      if (!row.sealed) return undefined;
      previous = row.seal ?? "";
      seq = row.seq;
    }
    if (rows.length === 0) break;
  }
  return last > seq ? `tenant ${tenant}: rows after ${seq} are missing; ${last} were signed` : undefined;
}

type Expected = { seq: number; previous: string; last: number; checkpoints: Checkpoint[] };

function rowFault(
  { keyring }: Needs,
  row: AuditRow,
  { seq, previous, last, checkpoints }: Expected,
): string | undefined {
  if (row.seq !== seq) return `row ${seq} is missing`;
  if (!row.sealed) return last >= seq ? `row ${seq} is not sealed; ${last} were signed` : undefined;
  const intact = row.previousHash === previous && keyring.checkMac("audit", contentOf(row, previous), row.seal ?? "");
  if (!intact) return `row ${seq} was changed or moved`;
  // Every checkpoint, not the newest: a row that was unsealed and edited gets an honest seal and is signed again.
  const signed = checkpoints.every((checkpoint) => checkpoint.seq !== seq || checkpoint.seal === row.seal);
  return signed ? undefined : `row ${seq} is not the one that was signed`;
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

async function appendCheckpoints(parts: Needs, heads: Checkpoint[]): Promise<void> {
  const { kid, algorithm, privateKey } = await parts.keyring.signer("ES256", "checkpoint");
  const lines = await Promise.all(
    heads.map((head) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(head)))
        .setProtectedHeader({ alg: algorithm, kid, typ: "tessera-audit-checkpoint" })
        .sign(privateKey),
    ),
  );
  await appendFile(parts.checkpointFile, `${lines.join("\n")}\n`, { mode: 0o600 });
}

type Checkpoints = { signed: Map<string, Checkpoint[]>; faults: string[] };

async function readCheckpoints(parts: Needs): Promise<Checkpoints> {
  const text = await readFile(parts.checkpointFile, "utf8").catch(() => undefined);
  const signed = new Map<string, Checkpoint[]>();
  if (text === undefined) return { signed, faults: (await anySealed(parts)) ? ["the checkpoint file is missing"] : [] };
  const faults: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const checkpoint = line === "" ? undefined : await readCheckpoint(parts, line);
    if (checkpoint === "damaged") faults.push(`checkpoint line ${index + 1} is not one that was signed`);
    else if (checkpoint) signed.set(checkpoint.tenant, [...(signed.get(checkpoint.tenant) ?? []), checkpoint]);
  }
  return { signed, faults };
}

/** Undefined under a key long retired, which proves nothing any more; later checkpoints of the same chain do. */
async function readCheckpoint({ keyring }: Needs, line: string): Promise<Checkpoint | "damaged" | undefined> {
  try {
    const key = keyring.verifier(decodeProtectedHeader(line).kid ?? "", "checkpoint");
    if (key === undefined) return undefined;
    const { payload } = await compactVerify(line, key.publicKey, { algorithms: [key.algorithm] });
    return JSON.parse(new TextDecoder().decode(payload)) as Checkpoint;
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
