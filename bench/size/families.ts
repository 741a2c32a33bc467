// Refresh families, each with its grant, as copies of the newest that the service wrote.
import type { Database } from "better-sqlite3";
import { newId, systemRandom } from "../../src/random.ts";
import { inserter, type Row, rowOf } from "../support/rows.ts";

/** Milliseconds over which they were opened, up to now; all of them are still alive. */
const span = 5 * 24 * 3_600_000;

export type Families = { tenantId: string; userIds: readonly string[]; count: number };

/** Of all users in turn. */
export function addFamilies(file: Database, { tenantId, userIds, count }: Families): void {
  const family = rowOf(file, "refresh_family", "tenant_id = ? ORDER BY id DESC", tenantId);
  const grant = rowOf(file, "grant", "id = ?", family["grant_id"]);
  const insertGrant = inserter(file, "grant", grant);
  const insertFamily = inserter(file, "refresh_family", family);
  const [grantAt, familyAt] = [moved(grant), moved(family)];
  const [now, ids] = [Date.now(), (time: number) => newId(time, systemRandom)];
  for (let at = 0; at < count; at++) {
    const time = Math.floor(now - span * (1 - at / count));
    const userId = userIds[at % userIds.length] ?? null;
    const id = ids(time);
    insertGrant({ ...grantAt(time), id, user_id: userId, request_id: ids(time) });
    insertFamily({ ...familyAt(time), id: ids(time), grant_id: id });
  }
}

/** The same, begun at another time. */
function moved(row: Row): (time: number) => Row {
  const times = Object.entries(row).filter(([name, value]) => name.endsWith("_time") && value !== null);
  const begun = Number(row["create_time"]);
  const later = times.map(([name, value]) => [name, Number(value) - begun] as const);
  return (time) => {
    const own: Record<string, string | number | null> = { ...row };
    for (const [name, after] of later) own[name] = time + after;
    return own;
  };
}
