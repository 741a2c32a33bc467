// Tenants, and what every tenant has: a management resource, whose scopes are the permissions of the contract.
import { create } from "@bufbuild/protobuf";
import { Failure } from "../../failure.ts";
import { type Resource, ResourceSchema, type Scope, ScopeSchema } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { TenantSchema } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import { managementIndicator, organizationIndicator } from "../../policy/audience.ts";
import { systemTenantId, systemTenantName } from "../../system-tenant.ts";
import { managementPermissions } from "../permissions.ts";
import type { ResourceType } from "../resource.ts";

export const tenant: ResourceType<typeof TenantSchema> = {
  desc: TenantSchema,
  name: "tenant",
  key: ["name"],
  check(_parts, _acting, { id, name, disabled }) {
    if (id === systemTenantId && (name !== systemTenantName || disabled))
      throw new Failure("precondition", "the system tenant is neither renamed nor disabled");
    return {};
  },
};

export const impliedResources = (): Resource[] => [
  create(ResourceSchema, { name: "Tessera", indicator: managementIndicator }),
  create(ResourceSchema, { name: "Organizations", indicator: organizationIndicator }),
];

/** Declared in every declaration without being written there, so that a tenant also gets the permissions of a newer version. */
export const impliedByTenant = (tenantId: string): (Resource | Scope)[] => [
  ...impliedResources(),
  ...managementPermissions(tenantId).map((name) => create(ScopeSchema, { resourceId: managementIndicator, name })),
];
