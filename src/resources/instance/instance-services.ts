// Services of the instance family.
import { type Served, serve } from "../../call.ts";
import { AuditService } from "../../gen/tessera/admin/v1/audit_pb.ts";
import { BootstrapService } from "../../gen/tessera/admin/v1/bootstrap_pb.ts";
import { SigningKeyService } from "../../gen/tessera/admin/v1/signing_key_pb.ts";
import { TenantService } from "../../gen/tessera/admin/v1/tenant_pb.ts";
import type { Parts } from "../../parts.ts";
import { auditMethods } from "./audit-events.ts";
import { bootstrapMethods } from "./bootstrap.ts";
import { signingKeyMethods } from "./signing-key.ts";
import { tenantMethods } from "./tenant-methods.ts";

export const instanceServices = (parts: Parts): Served[] => [
  serve(TenantService, tenantMethods(parts)),
  serve(BootstrapService, bootstrapMethods(parts)),
  serve(SigningKeyService, signingKeyMethods(parts)),
  serve(AuditService, auditMethods(parts)),
];
