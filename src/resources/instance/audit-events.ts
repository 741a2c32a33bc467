// AuditService: reads the trail of the caller's own tenant. It is written by the changes themselves.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { callingClient, type UseCases } from "../../call.ts";
import type { AuditEventSchema, AuditService, ListAuditEventsRequest } from "../../gen/tessera/admin/v1/audit_pb.ts";
import type { Parts } from "../../parts.ts";
import type { AuditRow, TrailFilter } from "../../store/audit-rows.ts";
import { markOf, readToken, refused, writeToken } from "../listing.ts";

export const auditMethods = ({ store }: Pick<Parts, "store">): UseCases<typeof AuditService> => ({
  async listAuditEvents(call, request) {
    const filter = filterOf(request);
    const mark = markOf("auditEvent", filter);
    const before = request.pageToken === "" ? undefined : sequenceIn(request.pageToken, mark);
    const tenant = store.tenant(callingClient(call).tenant.id);
    const { rows, next } = await tenant.trail({ filter, before, limit: request.pageSize ?? 20 });
    const nextPageToken = next === undefined ? "" : writeToken([next], mark);
    return { auditEvents: rows.map(shown), nextPageToken };
  },
});

function filterOf(request: ListAuditEventsRequest): TrailFilter {
  const { event, actor, subject, applicationId, requestId, outcome, startTime, endTime } = request;
  const words = { event, actor, subject, clientId: applicationId, requestId, outcome };
  return {
    ...Object.fromEntries(Object.entries(words).filter(([, word]) => word !== "")),
    ...(startTime && { from: millisecondsOf(startTime, "start_time") }),
    ...(endTime && { until: millisecondsOf(endTime, "end_time") }),
  };
}

/** Throws invalid for a time beyond what a number holds exactly. */
function millisecondsOf(time: Timestamp, field: string): number {
  const ms = timestampMs(time);
  if (!Number.isSafeInteger(ms)) throw refused(field, "is no time");
  return ms;
}

function sequenceIn(token: string, mark: string): number {
  const [sequence] = readToken(token, mark);
  if (typeof sequence !== "number") throw refused("page_token", "is the token of a page before, of the same query");
  return sequence;
}

const shown = (row: AuditRow): MessageInitShape<typeof AuditEventSchema> => {
  const {
    seq: sequence,
    time,
    event,
    actor,
    subject,
    clientId: applicationId,
    requestId,
    outcome,
    reason,
    detail,
  } = row;
  const facts = { event, actor, subject, applicationId, requestId, outcome, reason, detail };
  return { sequence, time: timestampFromMs(time), ...facts };
};
