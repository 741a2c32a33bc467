// Field masks (AIP-134): which fields an update may set, and setting them.
import { clone, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Failure } from "../failure.ts";
import { FieldBehavior } from "../gen/google/api/field_behavior_pb.ts";
import { hasBehavior, writableFields } from "./fields.ts";

/**
 * `current` with the masked fields of `change`. Paths are proto names of top-level fields; an absent mask means the
 * fields that are set. Throws invalid for a path that is unknown, or filled in by the service, or immutable and
 * different.
 */
export function applyMask<D extends DescMessage>(
  desc: D,
  current: MessageShape<D>,
  change: MessageShape<D>,
  mask?: readonly string[],
): MessageShape<D> {
  const result = clone(desc, current);
  const [from, to] = [reflect(desc, change), reflect(desc, result)];
  const writable = new Map(writableFields(desc).map((field) => [field.name, field]));
  const paths = mask ?? [...writable.values()].filter((field) => from.isSet(field)).map((field) => field.name);
  for (const path of paths) {
    const field = writable.get(path);
    if (field === undefined) throw refused(path, "no field that can be updated");
    const before = JSON.stringify(plain(to.get(field)));
    if (from.isSet(field)) to.set(field, from.get(field));
    else to.clear(field);
    if (hasBehavior(field, FieldBehavior.IMMUTABLE) && JSON.stringify(plain(to.get(field))) !== before)
      throw refused(path, "cannot be changed after it was made");
  }
  return result;
}

const plain = (value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

const refused = (field: string, description: string) =>
  new Failure("invalid", "the update mask is refused", { violations: [{ field, description, rule: "update_mask" }] });
