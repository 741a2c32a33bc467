// The secret that opens a tenant once: made with a new tenant, and left in a file for the operator of a new instance.
import type { Parts } from "../../parts.ts";
import type { BootstrapSecret } from "../../store/bootstrap-operations.ts";
import { systemTenantId } from "../../system-tenant.ts";
import { bootstrapSecretDigest, bootstrapSecretTtl, newBootstrapSecret } from "../../tokens/bootstrap-secret.ts";
import { everyRow } from "../every-row.ts";
import { managementPolicy } from "../policy/own-resources.ts";

type Needs = Pick<Parts, "store" | "keyring" | "random" | "clock" | "bootstrapFile" | "log">;

/** `row` is what is stored of it. */
export function newSecretOf(
  { keyring, random }: Pick<Parts, "keyring" | "random">,
  tenantId: string,
  now: number,
): { secret: string; row: BootstrapSecret } {
  const secret = newBootstrapSecret(random);
  const digest = bootstrapSecretDigest(keyring, secret);
  return { secret, row: { digest, tenantId, expireTime: now + bootstrapSecretTtl, useTime: null } };
}

/**
 * At a start: leaves a secret for the system tenant in the file, unless an application administers it already or the
 * file holds one that is still good. A secret whose file is gone gives way to a new one.
 */
export async function offerBootstrap(parts: Needs): Promise<void> {
  const { store, clock, bootstrapFile, log } = parts;
  const now = clock.now();
  if (await isAdministered(parts, now)) return bootstrapFile.remove();
  if (bootstrapFile.exists() && (await store.instance.hasLiveBootstrapSecret(systemTenantId, now))) return;
  const { secret, row } = newSecretOf(parts, systemTenantId, now);
  await store.write("replaceBootstrapSecret", { secret: row });
  bootstrapFile.write(secret);
  const until = new Date(row.expireTime).toISOString();
  log.warn(
    { file: bootstrapFile.path, until },
    "nobody administers this instance: the secret in the file opens it once",
  );
}

/** Removes the file once its secret opens nothing any more. */
export async function retireBootstrapFile({ store, clock, bootstrapFile }: Omit<Needs, "log">): Promise<void> {
  if (!bootstrapFile.exists()) return;
  if (!(await store.instance.hasLiveBootstrapSecret(systemTenantId, clock.now()))) bootstrapFile.remove();
}

/** Whether an application of the system tenant holds a permission by a role. */
async function isAdministered({ store }: Pick<Parts, "store">, now: number): Promise<boolean> {
  const tenant = store.tenant(systemTenantId);
  const { roles, managed } = await managementPolicy(tenant);
  const assignments = await everyRow(tenant, "roleAssignment");
  return assignments.some(({ applicationId, roleId, expireTime }) => {
    const isLive = expireTime === null || Number(expireTime) > now;
    const role = roles.get(String(roleId));
    return applicationId !== null && isLive && role !== undefined && managed(role).length > 0;
  });
}
