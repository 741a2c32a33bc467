// BootstrapService: a one-time secret becomes the first administrator of its tenant, a machine.
import { auditEvent, bootstrapper } from "../../audit.ts";
import type { Call, UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import { ApplicationType } from "../../gen/tessera/admin/v1/application_pb.ts";
import type { BootstrapService } from "../../gen/tessera/admin/v1/bootstrap_pb.ts";
import { RoleType } from "../../gen/tessera/admin/v1/role_pb.ts";
import type { Parts } from "../../parts.ts";
import { managementIndicator } from "../../policy/audience.ts";
import type { BootstrapSecret } from "../../store/bootstrap-operations.ts";
import type { TenantStore } from "../../store/store.ts";
import { systemTenantId } from "../../system-tenant.ts";
import { bootstrapSecretDigests } from "../../tokens/bootstrap-secret.ts";
import { application } from "../applications/application.ts";
import { applicationSecret, planApplicationSecret } from "../applications/application-secret.ts";
import { type Draft, draft } from "../drafts.ts";
import { project } from "../policy/project.ts";
import { type Acting, type ResourceParts, withoutPlace } from "../resource.ts";
import { role, roleAssignment } from "../policy/role.ts";

type Needs = ResourceParts & Pick<Parts, "bootstrapFile" | "log">;

export const bootstrapMethods = (parts: Needs): UseCases<typeof BootstrapService> => ({
  async bootstrap(call, request) {
    const { digest, tenantId } = await liveSecret(parts, call, request.bootstrapSecret);
    const { writes, clientId, clientSecret, audit } = await planAdministrator(parts, actingFor(call, tenantId));
    // Claims the secret and makes everything, or nothing of it.
    const claim = { digest, now: call.now, writes, audit };
    await withoutPlace(parts.store.write("bootstrap", claim, call.deadline));
    if (tenantId === systemTenantId) removeFile(parts);
    return { tenantId, clientId, clientSecret };
  },
});

/** One sentence for a secret that is wrong, used or expired, and for one of a disabled tenant. */
const refused = (cause: string) => new Failure("unauthenticated", "the secret was refused", { cause });

async function liveSecret({ store, keyring }: Needs, call: Call, presented: string): Promise<BootstrapSecret> {
  const found = await store.instance.bootstrapSecret(bootstrapSecretDigests(keyring, presented));
  if (found === undefined) throw refused("unknown");
  if (found.useTime !== null || found.expireTime <= call.now) throw refused("used or expired");
  const owner = await store.instance.tenant(found.tenantId);
  if (owner === undefined || owner.disabled) throw refused("no such tenant, or disabled");
  return found;
}

/** Whoever holds the secret acts for the operator, within this one tenant. */
const actingFor = (call: Call, tenantId: string): Acting => ({
  tenantId,
  may: "everything",
  now: call.now,
  deadline: call.deadline,
  event: (facts) => ({ ...auditEvent(call, { ...facts, tenantId }), actor: bootstrapper }),
});

async function planAdministrator(parts: Needs, acting: Acting) {
  const tenant = parts.store.tenant(acting.tenantId);
  const made = draft(parts, acting);
  const projectId = await defaultProjectId(tenant, made);
  const scopeIds = await managementScopeIds(tenant);
  const held = { name: await freeName(tenant, "role", "Administrator"), type: RoleType.MACHINE, scopeIds };
  const { id: roleId } = await made.add(role, held);
  const name = await freeName(tenant, "application", "Administrator");
  const type = ApplicationType.MACHINE_TO_MACHINE;
  const { id: applicationId } = await made.add(application, { name, type, projectId });
  await made.add(roleAssignment, { roleId, applicationId });
  const secret = await planApplicationSecret(made.parts, acting, { applicationId, name: "Bootstrap" });
  made.keep(applicationSecret, secret);
  const audit = acting.event({ event: "tenant.bootstrapped", subject: applicationId });
  return { writes: made.writes, clientId: applicationId, clientSecret: secret.value, audit };
}

async function defaultProjectId(tenant: TenantStore, made: Draft): Promise<string> {
  const found = await tenant.rowByKey("project", { isDefault: true });
  if (found !== undefined) return String(found["id"]);
  return (await made.add(project, { name: await freeName(tenant, "project", "Default"), isDefault: true })).id;
}

async function managementScopeIds(tenant: TenantStore): Promise<string[]> {
  const { resources, scopes } = await tenant.policy();
  const management = resources.find(({ indicator }) => indicator === managementIndicator);
  return scopes.filter(({ resourceId }) => resourceId === management?.id).map(({ id }) => id);
}

/** Names are unique, and what an earlier administrator left under this one stays as it is. */
async function freeName(tenant: TenantStore, type: "role" | "application" | "project", name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if ((await tenant.rowByKey(type, { name: candidate })) === undefined) return candidate;
  }
}

/** The tenant is open by now: a file that stays behind opens nothing and is worth a line, not a failure. */
function removeFile({ bootstrapFile, log }: Needs): void {
  try {
    bootstrapFile.remove();
  } catch (thrown) {
    log.warn({ err: thrown, file: bootstrapFile.path }, "the file of the used bootstrap secret could not be removed");
  }
}
