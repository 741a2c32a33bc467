// The five standard methods (AIP-131..135), once for every management type: scoped to a tenant, masked, audited.
import { type DescMessage, type MessageInitShape, create, type MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { newId } from "../random.ts";
import type { AuditEvent } from "../store/audit-rows.ts";
import type { AnyRow, Children, Epoch, TypeName } from "../store/row-operations.ts";
import { fromColumns, type Sealer, toColumns } from "./columns.ts";
import { applyMask } from "./mask.ts";

export type ResourceParts = Pick<Parts, "store" | "keyring" | "random">;

/** Who acts, where, and when. `event` makes the audit row of a change. */
export type Acting = {
  tenantId: string;
  now: number;
  deadline?: number;
  event(facts: { event: string; subject: string; detail?: AuditEvent["detail"] }): AuditEvent;
};

/** What a type's rules add to a write: columns that are no field, and side rows. */
export type Checked = { columns?: AnyRow; children?: Children[] };

export type ResourceType<D extends DescMessage = DescMessage> = {
  desc: D;
  /** Its table, and the word in permissions and audit events. */
  name: TypeName;
  /** The fields that name one of its kind within the tenant, beside the id. */
  key: readonly (keyof MessageShape<D> & string)[];
  /** Rules that need other rows. `message` is what would be stored. Throws invalid or precondition. */
  check?(parts: ResourceParts, acting: Acting, message: MessageShape<D>): Promise<Checked> | Checked;
};

export async function createResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  init: MessageInitShape<D>,
): Promise<MessageShape<D>> {
  const id = idOf(init) || newId(acting.now, parts.random);
  const message = create(type.desc, { ...init, id } as MessageInitShape<D>);
  const { columns, children } = await checked(parts, type, acting, message);
  const epoch = epochOf(type, acting, message);
  const times = { revision: 1, createTime: acting.now, updateTime: acting.now };
  const owner = type.name === "tenant" ? {} : { tenantId: acting.tenantId };
  const row = { ...toColumns(type.desc, message, sealerOf(parts, type)), ...columns, ...times, ...owner, id };
  await parts.store.write(
    "createRow",
    { type: type.name, tenantId: acting.tenantId, row, children, epoch, audit: eventOf(type, acting, "created", id) },
    acting.deadline,
  );
  return fromColumns(type.desc, row);
}

/** Throws notFound: another tenant's id reads like one that never was. */
export async function getResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  id: string,
): Promise<MessageShape<D>> {
  return fromColumns(type.desc, await requireRow(parts, type, acting, id));
}

/** A page in order of birth, and the token of the next one ("" at the end). `pageSize` is 1–100, default 20. */
export async function listResources<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  page: { pageSize?: number; pageToken?: string },
): Promise<{ items: MessageShape<D>[]; nextPageToken: string }> {
  const { pageSize = 20, pageToken = "" } = page;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 100)
    throw invalidField("page_size", "a number from 1 to 100");
  if (!/^([0-9a-z]{21})?$/.test(pageToken)) throw invalidField("page_token", "a token of the page before");
  const rows = await parts.store.tenant(acting.tenantId).rows(type.name, pageToken, pageSize + 1);
  const items = rows.slice(0, pageSize).map((row) => fromColumns(type.desc, row));
  return { items, nextPageToken: rows.length > pageSize ? String(rows[pageSize - 1]?.["id"]) : "" };
}

/**
 * Sets the masked fields (absent mask: the fields set). `revision` refuses a lost update as stale; 0 takes whatever
 * is there.
 */
export async function updateResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  update: { id: string; change: MessageShape<D>; mask?: readonly string[]; revision?: number },
): Promise<MessageShape<D>> {
  const row = await requireRow(parts, type, acting, update.id);
  const sealer = sealerOf(parts, type);
  const message = applyMask(type.desc, fromColumns(type.desc, row, sealer), update.change, update.mask);
  const { columns, children } = await checked(parts, type, acting, message);
  const epoch = epochOf(type, acting, message);
  const set = { ...toColumns(type.desc, message, sealer), ...columns, updateTime: acting.now };
  const revision = update.revision || Number(row["revision"]);
  const audit = eventOf(type, acting, "updated", update.id, { revision });
  await parts.store.write(
    "updateRow",
    { type: type.name, tenantId: acting.tenantId, id: update.id, revision, set, children, epoch, audit },
    acting.deadline,
  );
  return fromColumns(type.desc, { ...row, ...set, revision: revision + 1 });
}

export async function deleteResource<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  id: string,
): Promise<void> {
  const message = await getResource(parts, type, acting, id);
  await parts.store.write(
    "deleteRow",
    {
      type: type.name,
      tenantId: acting.tenantId,
      id,
      epoch: epochOf(type, acting, message),
      audit: eventOf(type, acting, "deleted", id),
    },
    acting.deadline,
  );
}

/** Opens and seals the write-only fields of a type's rows. */
export const sealerOf = ({ keyring }: Pick<Parts, "keyring">, type: Pick<ResourceType, "name">): Sealer => ({
  seal: (row, purpose, plaintext) => keyring.seal({ table: type.name, row, purpose }, plaintext),
  open: (row, purpose, sealed) => keyring.open({ table: type.name, row, purpose }, sealed),
});

async function requireRow(parts: ResourceParts, type: Pick<ResourceType, "name">, acting: Acting, id: string) {
  const row = await parts.store.tenant(acting.tenantId).row(type.name, id);
  if (row === undefined) throw new Failure("notFound", "not found");
  return row;
}

async function checked<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  message: MessageShape<D>,
): Promise<Required<Checked>> {
  return { columns: {}, children: [], ...(await type.check?.(parts, acting, message)) };
}

/** What concerns one user makes that user's permissions old, anything else the tenant's. */
function epochOf(type: Pick<ResourceType, "name">, acting: Acting, message: object): Epoch {
  const owner = type.name === "user" ? "id" : "userId";
  const userId = new Map<string, unknown>(Object.entries(message)).get(owner);
  return userId ? { user: String(userId) } : { tenant: acting.tenantId };
}

const eventOf = (
  type: Pick<ResourceType, "name">,
  acting: Acting,
  verb: "created" | "updated" | "deleted",
  subject: string,
  detail: AuditEvent["detail"] = {},
) => acting.event({ event: `${type.name}.${verb}`, subject, detail });

const idOf = (init: unknown): string => String((init as { id?: string }).id ?? "");

const invalidField = (field: string, description: string) =>
  new Failure("invalid", "the request is invalid", { violations: [{ field, description, rule: field }] });
