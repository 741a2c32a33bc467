// What every tenant has without declaring it, brought up to date when the process starts: the system tenant itself, and
// in each tenant the permissions that this version knows.
import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { DeclarationSchema } from "../../gen/tessera/admin/v1/declaration_pb.ts";
import { type Tenant, TenantSchema } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import type { Parts } from "../../parts.ts";
import { newId } from "../../random.ts";
import { systemTenantId, systemTenantName } from "../../system-tenant.ts";
import { applyDeclaration } from "../declarations/apply.ts";
import { fromColumns } from "../columns.ts";
import { managementPermissions } from "../permissions.ts";

type Needs = Pick<Parts, "store" | "keyring" | "random" | "validate" | "clock">;

const name = "management_permissions";
const tenantsAtATime = 100;

/** Does nothing when the last start knew the same permissions. */
export async function bringTenantsUpToDate(parts: Needs): Promise<void> {
  const known = createHash("sha256").update(managementPermissions(systemTenantId).join(" ")).digest("base64url");
  if ((await parts.store.instance.instanceValue(name)) === known) return;
  await bringUpToDate(parts, create(TenantSchema, { id: systemTenantId, name: systemTenantName }));
  for (let ids = await someTenants(parts, ""); ids.length > 0; ids = await someTenants(parts, ids.at(-1) ?? "")) {
    for (const id of ids) {
      const row = await parts.store.instance.tenant(id);
      if (row !== undefined) await bringUpToDate(parts, fromColumns(TenantSchema, row));
    }
  }
  await parts.store.write("setInstanceValue", { name, value: known });
}

const someTenants = ({ store }: Pick<Parts, "store">, after: string) => store.instance.tenantIds(after, tenantsAtATime);

async function bringUpToDate(parts: Needs, tenant: Tenant): Promise<void> {
  const now = parts.clock.now();
  await applyDeclaration(parts, create(DeclarationSchema, { tenant }), { now, requestId: newId(now, parts.random) });
}
