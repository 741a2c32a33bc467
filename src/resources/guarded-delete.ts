// The Delete method of a type whose rows not everybody may remove.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Call } from "../call.ts";
import { actingOf } from "./acting.ts";
import { fromColumns } from "./columns.ts";
import { carryOut, requireRow } from "./resource.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { planDelete } from "./row-plans.ts";

/** `guard` throws for a row that has to stay. */
export const guardedDelete =
  <D extends DescMessage>(
    parts: ResourceParts,
    type: ResourceType<D>,
    guard: (acting: Acting, message: MessageShape<D>) => Promise<void> | void,
  ) =>
  async (call: Call, { id }: { id: string }): Promise<Record<string, never>> => {
    const acting = actingOf(call);
    const row = await requireRow(parts, type, acting, id);
    await guard(acting, fromColumns(type.desc, row));
    await carryOut(parts, acting, planDelete(type, acting, row));
    return {};
  };
