// Brings a tenant to its declared state: creates what is missing, updates what differs, and says what it did.
import { type DescMessage, type Message, type MessageShape, clone } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { operatorEvent } from "../audit.ts";
import { type ApplicationSecret, ApplicationSecretSchema } from "../gen/tessera/admin/v1/application_pb.ts";
import { type Declaration, DeclarationSchema } from "../gen/tessera/admin/v1/declaration_pb.ts";
import { FieldBehavior } from "../gen/google/api/field_behavior_pb.ts";
import { managementIndicator } from "../policy/audience.ts";
import { newId } from "../random.ts";
import type { AnyRow } from "../store/row-operations.ts";
import { createApplicationSecret } from "./application.ts";
import { toColumns } from "./columns.ts";
import { hasBehavior, writableFields } from "./fields.ts";
import { type References, resolveReferences } from "./references.ts";
import { type Acting, createResource, deleteResource, type ResourceParts, type ResourceType, sealerOf, updateResource } from "./resource.ts";
import { createTenant, tenant as tenantType } from "./tenant.ts";
import { resourceTypes } from "./types.ts";

export type AppliedChange = {
  action: "created" | "updated" | "deleted";
  type: string;
  id: string;
  name: string;
  /** A secret that was generated; it is shown this one time. */
  secret?: string;
};

export type ApplyOptions = {
  now: number;
  requestId: string;
  /** Also removes bindings, roles and scopes that the declaration does not name. Users and secrets are never removed. */
  prune?: boolean;
};

export type Applied = { tenantId: string; changes: AppliedChange[] };

/** Types whose undeclared rows `prune` removes. */
const prunable = new Set(["roleAssignment", "organizationMember", "groupMember", "organizationRole", "role", "scope"]);

export async function applyDeclaration(
  parts: ResourceParts,
  declaration: Declaration,
  options: ApplyOptions,
): Promise<Applied> {
  const changes: AppliedChange[] = [];
  const acting = await actingIn(parts, declaration, options, changes);
  const items = await identify(parts, acting, declaration);
  for (const item of items) {
    const change = await bring(parts, acting, item);
    if (change) changes.push(change);
  }
  if (options.prune) changes.push(...(await prune(parts, acting, items)));
  return { tenantId: acting.tenantId, changes };
}

type Item = { type: ResourceType; message: Message & { id: string }; row: AnyRow | undefined };

async function actingIn(
  parts: ResourceParts,
  { tenant }: Declaration,
  { now, requestId }: ApplyOptions,
  changes: AppliedChange[],
): Promise<Acting> {
  const name = tenant?.name ?? "";
  const known = (await parts.store.instance.tenantByName(name)) ?? (await parts.store.instance.tenant(tenant?.id ?? ""));
  const tenantId = known?.id ?? (tenant?.id || newId(now, parts.random));
  const acting: Acting = { tenantId, now, event: (facts) => operatorEvent(now, requestId, { ...facts, tenantId }) };
  if (known === undefined) {
    await createTenant(parts, acting, { name, disabled: tenant?.disabled ?? false });
    changes.push({ action: "created", type: "tenant", id: tenantId, name });
  } else if (tenant) {
    const change = await bring(parts, acting, {
      type: tenantType as unknown as ResourceType,
      message: { ...tenant, id: tenantId },
      row: known,
    });
    if (change) changes.push(change);
  }
  return acting;
}

/** Gives every declared thing its id before anything is written, so that things may refer to each other freely. */
async function identify(parts: ResourceParts, acting: Acting, declaration: Declaration): Promise<Item[]> {
  const store = parts.store.tenant(acting.tenantId);
  const references: References = { known: new Map(), store };
  const items: Item[] = [];
  for (const { type, message } of declared(declaration)) {
    await resolveReferences(references, type, message, "key");
    const row = message.id === "" ? await store.rowByKey(type.name, keyOf(type, message)) : await store.row(type.name, message.id);
    message.id = row === undefined ? message.id || newId(acting.now, parts.random) : String(row["id"]);
    references.known.set(`${type.desc.typeName}:${nameOf(type, message)}`, message.id);
    items.push({ type, message, row });
  }
  for (const { type, message } of items) await resolveReferences(references, type, message, "rest");
  return items;
}

function declared(declaration: Declaration): { type: ResourceType; message: Message & { id: string } }[] {
  const reflected = reflect(DeclarationSchema, clone(DeclarationSchema, declaration));
  return DeclarationSchema.fields.flatMap((field) => {
    if (field.fieldKind !== "list" || field.listKind !== "message") return [];
    const type = resourceTypes.get(field.message.typeName);
    if (type === undefined) throw new Error(`no management type for ${field.message.typeName}`);
    return [...reflected.get(field)].map((item) => ({
      type,
      message: (item as { message: Message & { id: string } }).message,
    }));
  });
}

async function bring(parts: ResourceParts, acting: Acting, { type, message, row }: Item): Promise<AppliedChange | undefined> {
  const facts = { type: type.name, id: message.id, name: nameOf(type, message) };
  if (row === undefined) {
    if (type.desc.typeName === ApplicationSecretSchema.typeName) {
      const { value } = await createApplicationSecret(parts, acting, message as ApplicationSecret);
      return { action: "created", ...facts, secret: value };
    }
    await createResource(parts, type, acting, message);
    return { action: "created", ...facts };
  }
  const mask = await differences(parts, acting, type, message, row);
  if (mask.length === 0) return undefined;
  await updateResource(parts, type, acting, { id: message.id, change: message, mask });
  return { action: "updated", ...facts };
}

/** The fields whose declared value would be stored differently from what is there. */
async function differences(
  parts: ResourceParts,
  acting: Acting,
  type: ResourceType,
  message: MessageShape<DescMessage>,
  row: AnyRow,
): Promise<string[]> {
  const sealer = sealerOf(parts, type);
  const rules = await type.check?.(parts, acting, message);
  const wanted = { ...toColumns(type.desc, message, { ...sealer, seal: (_row, _field, plaintext) => plaintext }), ...rules?.columns };
  return writableFields(type.desc)
    .filter((field) => {
      const stored = row[field.localName];
      const secret = hasBehavior(field, FieldBehavior.INPUT_ONLY) && stored !== "";
      const current = secret ? sealer.open(String(row["id"]), field.localName, String(stored)) : stored;
      return JSON.stringify(wanted[field.localName] ?? null) !== JSON.stringify(current ?? null);
    })
    .map((field) => field.name);
}

async function prune(parts: ResourceParts, acting: Acting, items: readonly Item[]): Promise<AppliedChange[]> {
  const store = parts.store.tenant(acting.tenantId);
  const kept = new Set(items.map((item) => item.message.id));
  const management = await store.rowByKey("resource", { indicator: managementIndicator });
  const changes: AppliedChange[] = [];
  for (const type of [...resourceTypes.values()].reverse().filter((type) => prunable.has(type.name))) {
    for (const row of await store.rows(type.name, "", 10_000)) {
      const id = String(row["id"]);
      if (kept.has(id) || row["resourceId"] === management?.["id"]) continue;
      await deleteResource(parts, type, acting, id);
      changes.push({ action: "deleted", type: type.name, id, name: String(row["name"] ?? id) });
    }
  }
  return changes;
}

// Absent references are null in a row and "" in a message.
const keyOf = (type: ResourceType, message: Message): AnyRow =>
  Object.fromEntries(type.key.map((name) => [name, (message as unknown as AnyRow)[name] || null]));

const nameOf = (type: ResourceType, message: Message): string =>
  Object.values(keyOf(type, message)).filter((value) => value !== null).join(" ");
