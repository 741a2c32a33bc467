// Who acts, made from the call: the tenant of its credential, its permissions, and its name in the audit trail.
import { auditEvent, operatorEvent } from "../audit.ts";
import { type Call, callingClient } from "../call.ts";
import type { Acting } from "./resource-type.ts";

/** `tenantId` differs from the caller's only where the system tenant acts on another one. */
export function actingOf(call: Call, tenantId = callingClient(call).tenant.id): Acting {
  return {
    tenantId,
    may: call.caller.kind === "anonymous" ? new Set() : call.caller.permissions,
    now: call.now,
    deadline: call.deadline,
    event: (facts) => auditEvent(call, { ...facts, tenantId }),
  };
}

/** The operator at the machine itself, who may do everything. */
export const operating = ({
  tenantId,
  now,
  requestId,
}: {
  tenantId: string;
  now: number;
  requestId: string;
}): Acting => ({
  tenantId,
  may: "everything",
  now,
  event: (facts) => operatorEvent(now, requestId, { ...facts, tenantId }),
});
