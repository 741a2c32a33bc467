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

/** The first thing wrong in each tenant's trail, in words; empty when all is well. */
export async function verifyAudit(parts: Needs): Promise<string[]> {
  const checkpoints = await readCheckpoints(parts);
  const tenants = new Set([...(await parts.store.instance.auditTenants()), ...checkpoints.keys()]);
  const found = await Promise.all([...tenants].map((tenant) => firstFault(parts, tenant, checkpoints.get(tenant) ?? [])));
  return found.filter((fault) => fault !== undefined);
}

async function firstFault(parts: Needs, tenant: string, checkpoints: Checkpoint[]): Promise<string | undefined> {
  const expected = new Map(checkpoints.map((checkpoint) => [checkpoint.seq, checkpoint.seal]));
  let previous = beginning;
  let seq = 0;
  for (;;) {
    const rows = await parts.store.instance.auditTrail(tenant, seq, sealedAtOnce);
    for (const row of rows) {
      if (row.seq !== seq + 1) return `tenant ${tenant}: row ${seq + 1} is missing`;
      if (!row.sealed) return undefined;
      const intact = row.previousHash === previous && parts.keyring.checkMac("audit", contentOf(row, previous), row.seal ?? "");
      if (!intact) return `tenant ${tenant}: row ${row.seq} was changed or moved`;
      if (expected.has(row.seq) && expected.get(row.seq) !== row.seal)
        return `tenant ${tenant}: row ${row.seq} is not the one that was signed`;
      previous = row.seal ?? "";
      seq = row.seq;
    }
    if (rows.length === 0) break;
  }
  const signed = Math.max(0, ...checkpoints.map((checkpoint) => checkpoint.seq));
  return signed > seq ? `tenant ${tenant}: rows after ${seq} are missing; ${signed} were signed` : undefined;
}

async function previousSeal({ store }: Needs, row: AuditRow): Promise<string> {
  if (row.seq === 1) return beginning;
  return (await store.instance.auditRow(row.tenantId, row.seq - 1))?.seal ?? beginning;
}

/** Every column but the seal itself, in one spelling, after the seal of the row before. */
function contentOf(row: AuditRow, previousHash: string): string {
  const { tenantId, seq, time, event, actor, subject, clientId, requestId, outcome, reason, detail } = row;
  const sorted = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [previousHash, tenantId, seq, time, event, actor, subject, clientId, requestId, outcome, reason, sorted];
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

async function readCheckpoints(parts: Needs): Promise<Map<string, Checkpoint[]>> {
  const text = await readFile(parts.checkpointFile, "utf8").catch(() => "");
  const found = new Map<string, Checkpoint[]>();
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const kid = decodeProtectedHeader(line).kid ?? "";
    const key = parts.keyring.verifier(kid, "checkpoint");
    // A key long retired proves nothing any more; later checkpoints of the same chain do.
    if (key === undefined) continue;
    const { payload } = await compactVerify(line, key.publicKey, { algorithms: [key.algorithm] });
    const checkpoint = JSON.parse(new TextDecoder().decode(payload)) as Checkpoint;
    found.set(checkpoint.tenant, [...(found.get(checkpoint.tenant) ?? []), checkpoint]);
  }
  return found;
}
