// All rows that conditions let through, page after page.
import type { Position, RowConditions } from "../store/list-reads.ts";
import type { AnyRow, TypeName } from "../store/row-operations.ts";
import type { TenantStore } from "../store/store.ts";

const pageSize = 1000;

/** In the order of the list: by birth, or by what is searched. */
export async function everyRow(
  store: Pick<TenantStore, "list">,
  type: TypeName,
  conditions: RowConditions = {},
): Promise<AnyRow[]> {
  const found: AnyRow[] = [];
  let after: Position | undefined;
  do {
    const page = await store.list(type, { ...conditions, after, limit: pageSize });
    found.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return found;
}
