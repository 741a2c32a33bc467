// Rows that are made together and refer to one another: planned one by one, before any of them is stored.
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { RowWrite } from "../store/row-operations.ts";
import { asPlanned, plannedRows } from "./planned-rows.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { planCreate, type Planned } from "./row-plans.ts";

export type Draft = {
  /** Their store answers what was added as if it were there. */
  parts: ResourceParts;
  /** What was added, in its order. */
  writes: readonly RowWrite[];
  /** Throws what planCreate throws. */
  add<D extends DescMessage>(type: ResourceType<D>, init: MessageInitShape<D>): Promise<MessageShape<D>>;
  /** Adds what was planned with `parts`. */
  keep<D extends DescMessage>(type: ResourceType<D>, planned: Planned<D>): MessageShape<D>;
};

export function draft(parts: ResourceParts, acting: Acting): Draft {
  const planned = plannedRows(parts.store.tenant(acting.tenantId));
  const within = asPlanned(parts, planned);
  const writes: RowWrite[] = [];
  const keep: Draft["keep"] = (type, { write, message }) => {
    writes.push(write);
    if (write.operation === "createRow") planned.put(type, { ...write.args.row, id: String(write.args.row["id"]) });
    return message;
  };
  return {
    parts: within,
    writes,
    add: async (type, init) => keep(type, await planCreate(within, type, acting, init)),
    keep,
  };
}
