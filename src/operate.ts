// What an operator may tell an instance: by the command line on a stopped one, through the control socket on a running
// one. Each command answers the lines to print.
import { readFileSync } from "node:fs";
import { sealAudit, verifyAudit } from "./audit-trail.ts";
import { Failure } from "./failure.ts";
import type { Declaration } from "./gen/tessera/admin/v1/declaration_pb.ts";
import { decodeKek } from "./open.ts";
import type { Parts } from "./parts.ts";
import { newId } from "./random.ts";
import {
  type Applied,
  type AppliedChange,
  applyDeclaration,
  checkDeclaration,
  readDeclarations,
} from "./resources/index.ts";

export type OperatorRequest =
  | { command: "apply"; files: { name: string; text: string }[]; prune: boolean }
  | { command: "list-keys" | "rotate-keys" | "verify-audit" }
  | { command: "revoke-key"; kid: string }
  | { command: "rewrap-keys"; kekFile: string };

export type Operate = (request: OperatorRequest) => Promise<string[]>;

type Needs = Pick<Parts, "store" | "keyring" | "random" | "clock">;

/** Throws what the command throws; invalid for one that this version does not know. */
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
      default:
        // Another version's command line may be at the other end of the socket.
        throw new Failure("invalid", "the running instance does not know this command");
    }
  };
}

type Declared = { file: string; declaration: Declaration };

/** Every file is read and checked before the first write; a later document on the same tenant only in its turn. */
async function apply(parts: Needs, { files, prune }: { files: { name: string; text: string }[]; prune: boolean }) {
  const all = files.flatMap((file) => readDeclarations(file).map((declaration) => ({ file: file.name, declaration })));
  const first = all.filter((one, i) => all.findIndex((other) => sameTenant(one, other)) === i);
  if (prune && first.length < all.length)
    throw new Failure("invalid", "what is to be pruned has to be declared in one document for each tenant");
  const options = () => ({ now: parts.clock.now(), requestId: newId(parts.clock.now(), parts.random), prune });
  for (const { file, declaration } of first) await naming(file, checkDeclaration(parts, declaration, options()));
  const lines: string[] = [];
  for (const { file, declaration } of all) {
    const applied = await naming(file, applyDeclaration(parts, declaration, options()));
    lines.push(...linesOf(declaration, applied));
  }
  return lines;
}

const sameTenant = (a: Declared, b: Declared): boolean => a.declaration.tenant?.name === b.declaration.tenant?.name;

async function naming<T>(file: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const { kind, message, reason, violations } = thrown;
    throw new Failure(kind, `${file}: ${message}`, { reason, violations, cause: thrown });
  }
}

function linesOf({ tenant }: Declaration, { changes, warnings }: Applied): string[] {
  const done = changes.length === 0 ? [`tenant ${tenant?.name}: nothing to change`] : changes.map(lineOf);
  return [...done, ...warnings.map((warning) => `warning: ${warning}`)];
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
  return faults.length === 0 ? ["the audit trail is intact"] : faults;
}
