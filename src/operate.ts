// What an operator may tell an instance: by the command line on a stopped one, through the control socket on a running
// one. Each command answers the lines to print.
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sealAudit, verifyAudit } from "./audit-trail.ts";
import { Failure } from "./failure.ts";
import type { Declaration } from "./gen/tessera/admin/v1/declaration_pb.ts";
import { decodeKek } from "./open.ts";
import type { Parts } from "./parts.ts";
import { algorithmOf } from "./policy/keys.ts";
import { newId } from "./random.ts";
import {
  announcedIn,
  type Applied,
  type AppliedChange,
  applyDeclaration,
  checkDeclaration,
  type DeclarationFile,
  exportLines,
  readDeclarations,
} from "./resources/index.ts";

export type OperatorRequest =
  | { command: "apply"; files: DeclarationFile[]; prune: boolean }
  /** One part: `from` is where it begins, "" at the first. Of all tenants where none is named. */
  | { command: "export"; tenant: string; from: string }
  | { command: "list-keys" | "rotate-keys" | "verify-audit" }
  | { command: "revoke-key"; kid: string }
  | { command: "rewrap-keys"; kekFile: string };

export type Operate = (request: OperatorRequest) => Promise<string[]>;

type Needs = Pick<Parts, "store" | "keyring" | "random" | "clock" | "validate">;

/** Throws what the command throws; invalid for one that this version does not know. */
export function createOperate(parts: Needs, checkpointFile: string): Operate {
  const { keyring } = parts;
  return async (request) => {
    switch (request.command) {
      case "apply":
        return apply(parts, request);
      case "export":
        return exportLines(parts, { ...request, now: parts.clock.now() });
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

type Files = readonly DeclarationFile[];

/** Where a later document fails, what the earlier ones did is told with the failure: their secrets are shown once. */
async function apply(parts: Needs, { files, prune }: { files: Files; prune: boolean }): Promise<string[]> {
  const lines: string[] = [];
  try {
    await applyFiles(
      parts,
      files,
      prune,
      ({ declaration, result }) => void lines.push(...linesOf(declaration, result)),
    );
    return lines;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || lines.length === 0) throw thrown;
    const { kind, message, reason, violations } = thrown;
    const done = lines.map((description) => ({ field: "done before", description, rule: "done" }));
    throw new Failure(kind, message, { reason, violations: [...violations, ...done], cause: thrown });
  } finally {
    await publishKeys(parts);
  }
}

/** A resource's algorithm gets its key when it is declared, so that the key is published before the first token. */
async function publishKeys({ store, keyring }: Needs): Promise<void> {
  for (const algorithm of await store.instance.signingAlgorithms()) await keyring.signer(algorithmOf(algorithm));
}

/**
 * Applies what the configuration names. The log gets ids only; secrets that were generated go to a file in the data
 * folder that only its owner can read, for nobody may be there to see them.
 */
export async function applyAtStart(parts: Needs & Pick<Parts, "log">, files: Files, dataDir: string): Promise<void> {
  const changes: AppliedChange[] = [];
  await applyFiles(parts, files, false, ({ result }) => void changes.push(...result.changes));
  await publishKeys(parts);
  for (const { action, type, id } of changes) parts.log.info({ type, id }, `${action} by declaration`);
  const secrets = changes.filter((change) => change.secret !== undefined);
  if (secrets.length === 0) return;
  const file = join(dataDir, "new-secrets.txt");
  appendFileSync(file, secrets.map(({ name, secret }) => `${name}: ${secret}\n`).join(""), { mode: 0o600 });
  parts.log.warn({ file, count: secrets.length }, "secrets were generated: take them from the file and remove it");
}

/** Every file is decoded and checked before the first write; a later document on the same tenant only in its turn. */
async function applyFiles(
  parts: Needs,
  files: Files,
  prune: boolean,
  tell: (applied: { declaration: Declaration; result: Applied }) => void,
): Promise<void> {
  const all = files.flatMap((file) => readDeclarations(file).map((declaration) => ({ file: file.name, declaration })));
  const first = all.filter((one, i) => all.findIndex((other) => sameTenant(one, other)) === i);
  if (prune && first.length < all.length)
    throw new Failure("invalid", "what is to be pruned has to be declared in one document for each tenant");
  const optionsOf = announcing(parts, all, prune);
  for (const { file, declaration } of first)
    await naming(file, checkDeclaration(parts, declaration, optionsOf(declaration)));
  for (const { file, declaration } of all)
    tell({ declaration, result: await naming(file, applyDeclaration(parts, declaration, optionsOf(declaration))) });
}

const nameOf = ({ tenant }: Declaration): string => tenant?.name ?? "";
const sameTenant = (a: Declared, b: Declared): boolean => nameOf(a.declaration) === nameOf(b.declaration);

/** Where a tenant has several documents, each is told what the others make. */
function announcing({ clock, random }: Needs, all: readonly Declared[], prune: boolean) {
  const byTenant = Map.groupBy(
    all.map(({ declaration }) => declaration),
    nameOf,
  );
  const announced = new Map([...byTenant].map(([name, parts]) => [name, announcedIn(parts.length > 1 ? parts : [])]));
  return (declaration: Declaration) => ({
    now: clock.now(),
    requestId: newId(clock.now(), random),
    prune,
    announced: announced.get(nameOf(declaration)),
  });
}

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
  `${[action, type, name].filter(Boolean).join(" ")} (${id})${secret === undefined ? "" : `\n  secret, shown this once: ${secret}`}`;

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
