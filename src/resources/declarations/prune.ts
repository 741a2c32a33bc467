// Removes what a tenant has and its declaration does not name, of those types where a declaration is the whole truth.
import type { TypeName } from "../../store/row-operations.ts";
import type { TenantStore } from "../../store/store.ts";
import { everyRow } from "../every-row.ts";
import type { Acting } from "../resource-type.ts";
import { planDelete } from "../row-plans.ts";
import type { Step } from "./steps.ts";

/** In the order in which they go: first what stands on others. What users consented to is theirs. */
const prunable: readonly TypeName[] = [
  "userConsentScope",
  "organizationApplication",
  "roleAssignment",
  "organizationMember",
  "groupMember",
  "organizationRole",
  "role",
  "scope",
];

/** `kept` holds the ids of what is declared. */
export async function pruneSteps(store: TenantStore, acting: Acting, kept: ReadonlySet<string>): Promise<Step[]> {
  const steps: Step[] = [];
  for (const type of prunable) {
    const undeclared = (await everyRow(store, type)).filter((row) => !kept.has(String(row["id"])));
    for (const row of undeclared) {
      const id = String(row["id"]);
      const name = typeof row["name"] === "string" ? row["name"] : id;
      const change = { action: "deleted", type, id, name } as const;
      steps.push({ path: `${type} ${id}`, write: planDelete({ name: type }, acting, row), change, warnings: [] });
    }
  }
  return steps;
}
