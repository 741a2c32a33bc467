// Removes what a tenant has and its declaration does not name, of those types where a declaration is the whole truth.
import type { AnyRow } from "../store/row-operations.ts";
import type { TenantStore } from "../store/store.ts";
import type { Acting } from "./resource-type.ts";
import { planDelete } from "./row-plans.ts";
import type { Step } from "./steps.ts";
import { roleAssignment, role } from "./role.ts";
import { groupMember } from "./group.ts";
import { organizationMember, organizationRole } from "./organization.ts";
import { scope } from "./scope.ts";

/** In the order in which they go: first what stands on others. */
const prunable = [roleAssignment, organizationMember, groupMember, organizationRole, role, scope];

/** `kept` holds the ids of what is declared. */
export async function pruneSteps(store: TenantStore, acting: Acting, kept: ReadonlySet<string>): Promise<Step[]> {
  const steps: Step[] = [];
  for (const type of prunable) {
    const undeclared = (await rowsOf(store, type.name)).filter((row) => !kept.has(String(row["id"])));
    for (const row of undeclared) {
      const id = String(row["id"]);
      const name = typeof row["name"] === "string" ? row["name"] : id;
      const change = { action: "deleted", type: type.name, id, name } as const;
      steps.push({ path: `${type.name} ${id}`, write: planDelete(type, acting, row), change, warnings: [] });
    }
  }
  return steps;
}

const pageSize = 500;

async function rowsOf(store: TenantStore, type: (typeof prunable)[number]["name"]): Promise<AnyRow[]> {
  const found: AnyRow[] = [];
  let last = "";
  for (;;) {
    const page = await store.rows(type, last, pageSize);
    found.push(...page);
    last = String(page.at(-1)?.["id"]);
    if (page.length < pageSize) return found;
  }
}
