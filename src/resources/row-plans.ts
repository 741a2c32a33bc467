// What a create, an update or a delete would write: the row, its side rows, its audit event and the epoch it moves.
// Nothing is written here, so that a whole declaration can be checked before its first write.
import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { newId } from "../random.ts";
import type { AuditEvent } from "../store/audit-rows.ts";
import type { AnyRow, Epoch, RowWrite, TypeName } from "../store/row-operations.ts";
import { fromColumns, type Sealer, toColumns, unsealed } from "./columns.ts";
import { applyMask } from "./mask.ts";
import { requireReferences, withoutDangling } from "./reference-checks.ts";
import { termsOf } from "./search-terms.ts";
import type { Acting, Checked, ResourceParts, ResourceType } from "./resource-type.ts";

/** `message` is what the row will read like. `warnings` are sentences for whoever asked. */
export type Planned<D extends DescMessage> = {
  write: RowWrite;
  message: MessageShape<D>;
  warnings: readonly string[];
};

export async function planCreate<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  init: MessageInitShape<D>,
): Promise<Planned<D>> {
  const id = idOf(init) || newId(acting.now, parts.random);
  const message = create<DescMessage>(type.desc, { ...init, id }) as MessageShape<D>;
  const { columns, children, atMost, displaces, warnings } = await checked(parts, type, acting, message);
  const { tenantId, now } = acting;
  const owner = type.name === "tenant" ? {} : { tenantId };
  const own = toColumns(type.desc, message, sealerOf(parts, type, id));
  const row = { ...own, ...columns, revision: 1, createTime: now, updateTime: now, ...owner, id };
  const epoch = epochOf(type, acting, message);
  const audit = eventOf(type, acting, "created", id);
  const terms = termsOf(type.desc, message);
  const crowd = {
    ...(atMost && { atMost }),
    ...(displaces && { displaces: { where: displaces, audit: eventOf(type, acting, "deleted", "") } }),
  };
  const args = { type: type.name, tenantId, row, children, terms, ...crowd, ...epoch, audit };
  const write: RowWrite = { operation: "createRow", args };
  return { write, message: fromColumns(type.desc, row), warnings };
}

/**
 * Sets the masked fields (absent mask: the fields set). `revision` refuses a lost update as stale; 0 takes whatever is
 * there. `changes` is false where every column would stay as it is.
 */
export async function planUpdate<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  update: { row: AnyRow; change: MessageShape<D>; mask?: readonly string[]; revision?: number; event?: string },
): Promise<Planned<D> & { changes: boolean }> {
  const { row, change, mask } = update;
  const { tenantId } = acting;
  const id = String(row["id"]);
  const revision = update.revision || Number(row["revision"]);
  if (revision !== row["revision"]) throw new Failure("stale", "it changed since it was read");
  const sealer = sealerOf(parts, type, id);
  const [before] = await withoutDangling(parts, acting, type.desc, [fromColumns(type.desc, row, sealer)]);
  if (before === undefined) throw new Failure("notFound", "not found");
  const message = applyMask(type.desc, before, change, mask);
  parts.validate(type.desc, message);
  const { columns, children, warnings } = await checked(parts, type, acting, message);
  const set = { ...toColumns(type.desc, message, sealer), ...columns, updateTime: acting.now };
  const audit = eventOf(type, acting, update.event ?? "updated", id, { revision });
  const epoch = epochOf(type, acting, message);
  const terms = termsOf(type.desc, message);
  const args = { type: type.name, tenantId, id, revision, set, children, terms, ...epoch, audit };
  const plain = (shown: MessageShape<D>) => toColumns(type.desc, shown, unsealed);
  return {
    write: { operation: "updateRow", args },
    message: fromColumns(type.desc, { ...row, ...set, revision: revision + 1 }),
    warnings,
    changes: !sameColumns({ ...row, ...plain(before) }, { ...plain(message), ...columns }),
  };
}

export function planDelete(type: Pick<ResourceType, "name">, acting: Acting, row: AnyRow, verb = "deleted"): RowWrite {
  const id = String(row["id"]);
  const [epoch, audit] = [epochOf(type, acting, row), eventOf(type, acting, verb, id)];
  return { operation: "deleteRow", args: { type: type.name, tenantId: acting.tenantId, id, ...epoch, audit } };
}

/** Seals and opens the write-only fields of one row of a type. */
export const sealerOf = (
  { keyring }: Pick<Parts, "keyring">,
  { name: table }: Pick<ResourceType, "name">,
  row: string,
): Sealer => ({
  seal: (purpose, plaintext) => keyring.seal({ table, row, purpose }, plaintext),
  open: (purpose, sealed) => keyring.open({ table, row, purpose }, sealed),
});

async function checked<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  message: MessageShape<D>,
): Promise<Required<Omit<Checked, "atMost" | "displaces">> & Pick<Checked, "atMost" | "displaces">> {
  await requireReferences(parts, acting, type, message);
  return { columns: {}, children: [], warnings: [], ...(await type.check?.(parts, acting, message)) };
}

/** An absent reference is "" in a message and null in a row. */
function sameColumns(stored: AnyRow, wanted: AnyRow): boolean {
  const spelled = (value: unknown) => JSON.stringify(value === "" || value === undefined ? null : value);
  return Object.entries(wanted).every(([name, value]) => spelled(value) === spelled(stored[name]));
}

/** What a tenant's policy is made of (policy/permissions.ts). */
const inPolicy: readonly TypeName[] = ["resource", "scope", "role", "group", "organizationRole"];

/** What concerns one user makes that user's permissions old, what is part of the policy the tenant's. */
function epochOf(type: Pick<ResourceType, "name">, acting: Acting, fields: object): { epoch?: Epoch } {
  if (inPolicy.includes(type.name)) return { epoch: { tenant: acting.tenantId } };
  const userId = new Map<string, unknown>(Object.entries(fields)).get(type.name === "user" ? "id" : "userId");
  return typeof userId === "string" && userId !== "" ? { epoch: { user: userId } } : {};
}

const eventOf = (
  type: Pick<ResourceType, "name">,
  acting: Acting,
  verb: string,
  subject: string,
  detail: AuditEvent["detail"] = {},
) => acting.event({ event: `${wordOf(type)}.${verb}`, subject, detail });

/** `organizationRole` is organization_role in events and in sentences of the contract. */
export const wordOf = ({ name }: Pick<ResourceType, "name">): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const idOf = (init: object): string => ("id" in init && typeof init.id === "string" ? init.id : "");
