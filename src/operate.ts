// What an operator may tell an instance: by the command line on a stopped one, through the control socket on a running
// one. Each command answers the lines to print.
import { readFileSync } from "node:fs";
import { sealAudit, verifyAudit } from "./audit-trail.ts";
import { Failure } from "./failure.ts";
import { decodeKek } from "./open.ts";
import type { Parts } from "./parts.ts";
import { newId } from "./random.ts";
import { applyDeclaration, type AppliedChange, readDeclarations } from "./resources/index.ts";

export type OperatorRequest =
  | { command: "apply"; files: { name: string; text: string }[]; prune: boolean }
  | { command: "list-keys" | "rotate-keys" | "verify-audit" }
  | { command: "revoke-key"; kid: string }
  | { command: "rewrap-keys"; kekFile: string };

export type Operate = (request: OperatorRequest) => Promise<string[]>;

type Needs = Pick<Parts, "store" | "keyring" | "random" | "clock">;

export function createOperate(parts: Needs, checkpointFile: string): Operate {
  const { keyring } = parts;
  return async (request) => {
    switch (request.command) {
      case "apply":
        return apply(parts, request);
      case "list-keys":
        return listKeys(parts);
      case "rotate-keys":
        await keyring.rotate();
        return listKeys(parts);
      case "revoke-key":
        await keyring.revoke(request.kid);
        return [`revoked ${request.kid}`, ...listKeys(parts)];
      case "rewrap-keys":
        await keyring.rewrap(decodeKek(readFileSync(request.kekFile, "utf8"), request.kekFile));
        return [`the data keys are sealed with ${request.kekFile}; start with kek_file set to it from now on`];
      case "verify-audit":
        return verifiedAudit({ ...parts, checkpointFile });
    }
  };
}

async function apply(parts: Needs, { files, prune }: { files: { name: string; text: string }[]; prune: boolean }) {
  const lines: string[] = [];
  for (const declaration of files.flatMap(readDeclarations)) {
    const now = parts.clock.now();
    const { changes } = await applyDeclaration(parts, declaration, { now, requestId: newId(now, parts.random), prune });
    lines.push(...changes.map(lineOf));
    if (changes.length === 0) lines.push(`tenant ${declaration.tenant?.name}: nothing to change`);
  }
  return lines;
}

const lineOf = ({ action, type, name, id, secret }: AppliedChange): string =>
  `${action} ${type} ${name} (${id})${secret === undefined ? "" : `\n  secret, shown this once: ${secret}`}`;

function listKeys({ keyring }: Needs): string[] {
  return keyring
    .list()
    .signingKeys.map(({ kid, purpose, algorithm, status, createdAt }) =>
      [kid, purpose, algorithm, status, new Date(createdAt).toISOString()].join("  "),
    );
}

async function verifiedAudit(parts: Needs & { checkpointFile: string }): Promise<string[]> {
  while ((await sealAudit(parts)) > 0);
  const faults = await verifyAudit(parts);
  if (faults.length === 0) return ["the audit trail is intact"];
  const violations = faults.map((description) => ({ field: "audit", description, rule: "audit" }));
  throw new Failure("precondition", "the audit trail was tampered with", { violations });
}
