// The audit event of a call: who did what to which id, and how it ended. Opaque ids only.
import type { Call, Caller } from "./call.ts";
import type { AuditEvent } from "./store/audit-rows.ts";

/** `subject` is the id the event is about; `detail` holds ids, numbers and flags, never names or tokens. */
export type AuditFacts = {
  event: string;
  subject: string;
  tenantId: string;
  outcome?: "success" | "refused";
  reason?: string;
  detail?: AuditEvent["detail"];
};

export function auditEvent(call: Pick<Call, "caller" | "now" | "requestId">, facts: AuditFacts): AuditEvent {
  return {
    tenantId: facts.tenantId,
    time: call.now,
    event: facts.event,
    actor: actorOf(call.caller),
    subject: facts.subject,
    clientId: call.caller.kind === "anonymous" ? "" : call.caller.client.application.id,
    requestId: call.requestId,
    outcome: facts.outcome ?? "success",
    reason: facts.reason ?? "",
    detail: facts.detail ?? {},
  };
}

/** Whoever uses the one-time secret that opens a tenant. */
export const bootstrapper = "bootstrap";

/** The operator at the machine itself: the command line, the declaration file, a timer. */
export const operator = "operator";

export const operatorEvent = (now: number, requestId: string, facts: AuditFacts): AuditEvent => ({
  ...auditEvent({ caller: { kind: "anonymous" }, now, requestId }, facts),
  actor: operator,
});

function actorOf(caller: Caller): string {
  if (caller.kind === "client") return `client:${caller.client.application.id}`;
  return caller.kind === "user" ? caller.claims.sub : "";
}
