// Finds what a declaration means: which of its things are stored already, the ids of the new ones, and whose name
// stands for which id. Reads only.
import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Message } from "@bufbuild/protobuf";
import { Failure } from "../../failure.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import type { TenantStore } from "../../store/store.ts";
import { toColumns, unsealed } from "../columns.ts";
import type { Item } from "./declared.ts";
import { locate } from "./located.ts";
import { type Announced, isOnlyDefault, keyOf, plannedRows, type PlannedRows } from "../planned-rows.ts";
import { resolveReferences } from "./references.ts";
import type { ResourceType } from "../resource.ts";

/** `row` is what is stored of it; undefined where it has to be made. */
export type Identified = Item & { row: AnyRow | undefined };

/** Throws exists for what is declared twice, invalid for a reference that leads nowhere. */
export async function identify(
  stored: TenantStore,
  items: readonly Item[],
  { makeId, announced }: { makeId: () => string; announced?: Announced | undefined },
): Promise<{ items: Identified[]; planned: PlannedRows }> {
  const planned = plannedRows(stored, announced);
  const identified: Identified[] = [];
  // Ids come first, for all; then things may refer to each other in any order.
  for (const [at, item] of items.entries()) {
    if (at % 50 === 49) await letOthersRun();
    const { type, message } = item;
    await locate(item.path, async () => {
      await resolveReferences(planned.store, type, message, "key");
      const key = keyOf(type, message);
      if (item.implied && planned.has(type, key)) return;
      const row = await storedRow(stored, type, message);
      message.id = row === undefined ? message.id || makeId() : String(row["id"]);
      if (planned.has(type, { id: message.id })) throw new Failure("exists", "it is declared twice");
      planned.put(type, { ...key, id: message.id });
      identified.push({ ...item, row });
    });
  }
  for (const [at, { path, type, message, row }] of identified.entries()) {
    if (at % 50 === 49) await letOthersRun();
    await locate(path, async () => {
      await resolveReferences(planned.store, type, message, "rest");
      const wanted = { ...row, ...toColumns(type.desc, message, unsealed), id: message.id };
      await refuseSecondDefault(planned.store, type, wanted);
      planned.put(type, wanted);
    });
  }
  return { items: identified, planned };
}

/** By its id if it says one, else by its unique name. */
async function storedRow(
  stored: TenantStore,
  type: ResourceType,
  message: Message & { id: string },
): Promise<AnyRow | undefined> {
  const named = await stored.rowByKey(type.name, keyOf(type, message));
  if (message.id === "") return named;
  if (named !== undefined && named["id"] !== message.id) throw new Failure("exists", "its name has another id");
  return stored.row(type.name, message.id);
}

async function refuseSecondDefault(rows: TenantStore, type: ResourceType, wanted: AnyRow): Promise<void> {
  if (!isOnlyDefault(type, wanted)) return;
  const rival = await rows.rowByKey(type.name, { isDefault: true });
  if (rival !== undefined && rival["id"] !== wanted["id"]) throw new Failure("exists", "another one is the default");
}
