// Brings a tenant to its declared state: creates what is missing, updates what differs, and says what it did.
import { setImmediate as letOthersRun } from "node:timers/promises";
import { type DescField, isMessage, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Failure } from "../../failure.ts";
import { ApplicationSecretSchema } from "../../gen/tessera/admin/v1/application_secret_pb.ts";
import { FieldBehavior } from "../../gen/google/api/field_behavior_pb.ts";
import type { Declaration } from "../../gen/tessera/admin/v1/declaration_pb.ts";
import type { Tenant } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import { newId } from "../../random.ts";
import type { Store } from "../../store/store.ts";
import { operating } from "../acting.ts";
import { planApplicationSecret } from "../applications/application-secret.ts";
import { announcedItems, itemsOf } from "./declared.ts";
import { hasBehavior, writableFields } from "../fields.ts";
import { type Identified, identify } from "./identify.ts";
import { locate } from "./located.ts";
import { announce, type Announced, asPlanned } from "../planned-rows.ts";
import { pruneSteps } from "./prune.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { planCreate, planUpdate } from "../row-plans.ts";
import { type AppliedChange, carryOutSteps, type Step } from "./steps.ts";

export type ApplyOptions = {
  /** Milliseconds. */
  now: number;
  requestId: string;
  /** Also removes bindings, roles and scopes that the declaration does not name. Users and secrets are never removed. */
  prune?: boolean;
  /** What later documents on the same tenant make. */
  announced?: Announced | undefined;
};

/** What the documents on one tenant make, for the earlier ones among them to refer to. */
export const announcedIn = (declarations: readonly Declaration[]): Announced =>
  announce(declarations.flatMap(announcedItems));

/** `warnings` are about what is declared, changed or not: each names its place and says what to look at again. */
export type Applied = { tenantId: string; changes: AppliedChange[]; warnings: string[] };

/**
 * In one transaction: the whole declaration, or nothing of it. Throws invalid, exists or precondition wherever
 * references, rules, unchangeable fields or what others have taken forbid it; the violations name the place.
 */
export async function applyDeclaration(
  parts: ResourceParts,
  declaration: Declaration,
  options: ApplyOptions,
): Promise<Applied> {
  const { acting, steps, warnings } = await planDeclaration(parts, declaration, options);
  await carryOutSteps(parts, acting, steps);
  return { tenantId: acting.tenantId, changes: steps.flatMap(({ change }) => change ?? []), warnings };
}

/** Throws what applyDeclaration would, short of what only the database knows. */
export async function checkDeclaration(
  parts: ResourceParts,
  declaration: Declaration,
  options: ApplyOptions,
): Promise<void> {
  await planDeclaration(parts, declaration, options);
}

async function planDeclaration(parts: ResourceParts, declaration: Declaration, options: ApplyOptions) {
  const { now, requestId, announced } = options;
  const makeId = () => newId(now, parts.random);
  const tenant = await tenantWithId(parts.store, declaration, makeId);
  const tenantId = tenant.id;
  const acting = operating({ tenantId, now, requestId });
  const stored = parts.store.tenant(tenantId);
  const { items, planned } = await identify(stored, itemsOf({ ...declaration, tenant }), { makeId, announced });
  const within = asPlanned(parts, planned);
  const steps: Step[] = [];
  for (const item of items) {
    steps.push(await locate(item.path, () => stepFor(within, acting, item)));
    if (steps.length % 50 === 0) await letOthersRun();
  }
  const kept = new Set(items.map((item) => item.message.id));
  if (options.prune) steps.push(...(await pruneSteps(stored, acting, kept)));
  const warnings = steps.flatMap((step) => step.warnings.map((warning) => `${step.path}: ${warning}`));
  return { acting, steps, warnings };
}

/** An id finds a tenant even under a new name. */
async function tenantWithId(
  { instance }: Pick<Store, "instance">,
  { tenant }: Declaration,
  makeId: () => string,
): Promise<Tenant> {
  if (tenant === undefined) throw new Failure("invalid", "a declaration names its tenant");
  if (tenant.id !== "") return tenant;
  return { ...tenant, id: (await instance.tenantByName(tenant.name))?.id ?? makeId() };
}

async function stepFor(parts: ResourceParts, acting: Acting, item: Identified): Promise<Step> {
  const { type, message, row, path, label, implied } = item;
  const facts = { type: type.name, id: message.id, name: label };
  if (row === undefined) {
    if (isMessage(message, ApplicationSecretSchema)) {
      const { write, warnings, value } = await planApplicationSecret(parts, acting, message);
      return { path, write, warnings, change: { action: "created", ...facts, secret: value } };
    }
    const { write, warnings } = await planCreate(parts, type, acting, message);
    return { path, write, warnings, ...(!implied && { change: { action: "created", ...facts } }) };
  }
  if (implied) return { path, warnings: [] };
  const mask = declaredFields(item);
  const { write, warnings, changes } = await planUpdate(parts, type, acting, { row, change: message, mask });
  return { path, warnings, ...(changes && { write, change: { action: "updated", ...facts } }) };
}

/**
 * A declaration is the whole of a thing, but for what nobody can read back, and for what was settled when it was made: a
 * secret or a target that it does not say stays.
 */
function declaredFields({ type, message }: Identified): string[] {
  const reflected = reflect(type.desc, message);
  const stays = (field: DescField) =>
    hasBehavior(field, FieldBehavior.INPUT_ONLY) ||
    // A flag or kind that is left out is the other one: that is a change, and refused as one.
    (hasBehavior(field, FieldBehavior.IMMUTABLE) && (field.message || field.scalar === ScalarType.STRING));
  const said = writableFields(type.desc).filter((field) => reflected.isSet(field) || !stays(field));
  return said.map((field) => field.name);
}
