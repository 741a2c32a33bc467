// What is done with secrets beside the standard methods: making one, putting another in its place, removing the first.
import type { UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import { ApplicationSecretSchema, ApplicationSecretService } from "../../gen/tessera/admin/v1/application_secret_pb.ts";
import type { AnyRow, RowWrite } from "../../store/row-operations.ts";
import { actingOf } from "../acting.ts";
import { applicationSecret, createApplicationSecret, planApplicationSecret } from "./application-secret.ts";
import { requireMayActAs } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { carryOut, requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { planDelete } from "../row-plans.ts";
import { made, standardMethods } from "../standard.ts";

type Methods = UseCases<typeof ApplicationSecretService>;

export const applicationSecretMethods = (parts: ResourceParts): Methods => ({
  ...standardMethods(parts, ApplicationSecretService, applicationSecret),
  createApplicationSecret: (call, request) =>
    createApplicationSecret(parts, actingOf(call), made(applicationSecret, request)),
  deleteApplicationSecret: guardedDelete(parts, applicationSecret, (acting, { applicationId }) =>
    requireMayActAs(parts, acting, { applicationId }),
  ),
  rotateApplicationSecret: rotate(parts),
  deleteLegacySecret: removeLegacy(parts),
});

/** Seconds. */
const standardOverlap = 86_400;

/** Throws stale when the old one changed meanwhile: of two that rotate it at once, one does. */
const rotate =
  (parts: ResourceParts): Methods["rotateApplicationSecret"] =>
  async (call, { id, name, overlap = standardOverlap, expireTime }) => {
    const acting = actingOf(call);
    const old = await requireRow(parts, applicationSecret, acting, id);
    const applicationId = String(old["applicationId"]);
    const wanted = name || nextName(String(old["name"]), await secretsOf(parts, applicationId));
    const init = { applicationId, name: wanted, ...(expireTime && { expireTime }) };
    const { write, message, value } = await planApplicationSecret(parts, acting, init);
    parts.validate(ApplicationSecretSchema, message);
    await carryOut(parts, acting, ending(acting, old, acting.now + overlap * 1000), write);
    return { ...message, value };
  };

/** "Default", "Default 2", "Default 3" … */
function nextName(name: string, siblings: readonly { name: string }[]): string {
  const taken = new Set(siblings.map((each) => each.name));
  const base = name.replace(/ \d+$/, "");
  for (let number = 2; ; number++) if (!taken.has(`${base} ${number}`)) return `${base} ${number}`;
}

/** Gives a secret an end, at `at` or where it had one before that. */
function ending({ tenantId, now, event }: Acting, row: AnyRow, at: number): RowWrite {
  const [id, revision] = [String(row["id"]), Number(row["revision"])];
  const expireTime = Math.min(at, Number(row["expireTime"] ?? at));
  const audit = event({ event: "application_secret.rotated", subject: id, detail: { revision } });
  const args = { type: applicationSecret.name, tenantId, id, revision, children: [], audit };
  return { operation: "updateRow", args: { ...args, set: { expireTime, updateTime: now } } };
}

const removeLegacy =
  (parts: ResourceParts): Methods["deleteLegacySecret"] =>
  async (call, { applicationId }) => {
    const acting = actingOf(call);
    await requireRow(parts, { name: "application" }, acting, applicationId);
    const legacy = (await secretsOf(parts, applicationId)).find((secret) => secret.legacy);
    await requireMayActAs(parts, acting, { applicationId });
    if (legacy === undefined) throw new Failure("precondition", "the application has no legacy secret");
    await carryOut(parts, acting, planDelete(applicationSecret, acting, legacy));
    return {};
  };

/** All of an application that is known to be of the tenant; there are few. */
const secretsOf = ({ store }: Pick<ResourceParts, "store">, applicationId: string) =>
  store.instance.secretsOf(applicationId);
