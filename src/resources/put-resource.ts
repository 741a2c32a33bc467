// The one row with a key: made where it is missing, changed where it is there.
import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import { writableFields } from "./fields.ts";
import { untilUndisturbed } from "./links.ts";
import { refused } from "./listing.ts";
import { applyMask } from "./mask.ts";
import { carryOut } from "./resource.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { planCreate, type Planned, planUpdate } from "./row-plans.ts";

export type Put<D extends DescMessage> = {
  /** The columns that name the row; none where the tenant has one such row. */
  key: Readonly<Record<string, string>>;
  change: MessageShape<D> & { id: string; revision: number };
  /** Absent means the fields that are set. */
  mask?: readonly string[];
  /** In the audit trail, whether the row is new or not. */
  event: string;
};

/** The mask that replaces a row as a whole. */
export const everyField = (desc: DescMessage): string[] => writableFields(desc).map((field) => field.name);

/** Throws stale for a revision that is not the row's, invalid for an id that is not. Of two at once the later one lasts. */
export const putResource = <D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  put: Put<D>,
): Promise<{ message: MessageShape<D>; created: boolean }> =>
  untilUndisturbed(async () => {
    const { key, change, event, ...rest } = put;
    const row = await parts.store.tenant(acting.tenantId).rowByKey(type.name, { ...key });
    if (change.id !== "" && change.id !== row?.["id"]) throw refused("id", "is made by the service");
    const named: Acting = { ...acting, event: (facts) => acting.event({ ...facts, event }) };
    const { write, message } =
      row === undefined
        ? await planFirst(parts, type, named, put)
        : await planUpdate(parts, type, named, { row, change, revision: change.revision, ...rest });
    await carryOut(parts, acting, write);
    return { message, created: row === undefined };
  });

async function planFirst<D extends DescMessage>(
  parts: ResourceParts,
  type: ResourceType<D>,
  acting: Acting,
  { key, change, mask }: Put<D>,
): Promise<Planned<D>> {
  if (change.revision > 0) throw new Failure("stale", "it changed since it was read");
  const empty = create<DescMessage>(type.desc, { ...key }) as MessageShape<D>;
  const wanted = applyMask(type.desc, empty, change, mask);
  parts.validate(type.desc, wanted);
  return planCreate(parts, type, acting, wanted as MessageInitShape<D>);
}
