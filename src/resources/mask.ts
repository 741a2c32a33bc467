// Field masks (AIP-134): which fields an update may set, and setting them.
import { clone, type DescField, type DescMessage, equals, type MessageShape } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
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
  const from = reflect(desc, clone(desc, change));
  const writable = new Map(writableFields(desc).map((field) => [field.name, field]));
  const paths = mask ?? [...writable.values()].filter((field) => from.isSet(field)).map((field) => field.name);
  // Each once, however often it is named: a request has room for thousands.
  for (const path of new Set(paths)) {
    const field = writable.get(path);
    if (field === undefined) throw refused(path, "is no field that can be updated");
    const before = hasBehavior(field, FieldBehavior.IMMUTABLE) ? clone(desc, result) : undefined;
    copyField(field, from, reflect(desc, result));
    if (before && !equals(desc, before, result)) throw refused(path, "cannot be changed after it was made");
  }
  return result;
}

function copyField(field: DescField, from: ReflectMessage, to: ReflectMessage): void {
  if (from.isSet(field)) to.set(field, from.get(field));
  else to.clear(field);
}

const refused = (field: string, description: string) =>
  new Failure("invalid", "the update is refused", { violations: [{ field, description, rule: "update_mask" }] });
