// What the contract says about a management field: its behaviour (AIP-203) and what it refers to.
import { type DescField, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { FieldBehavior, field_behavior } from "../gen/google/api/field_behavior_pb.ts";
import { references, searchable } from "../gen/tessera/options/v1/options_pb.ts";

export const hasBehavior = (field: DescField, behavior: FieldBehavior): boolean =>
  behaviorsOf(field).includes(behavior);

/** The message whose id the field holds, or undefined. */
export const referenceOf = once((field) => (hasOption(field, references) ? getOption(field, references) : undefined));

/** Whether lists are searched by it. */
export const isSearchable = once((field) => getOption(field, searchable));

const behaviorsOf = once((field) => getOption(field, field_behavior));

/** What a caller may write: neither the id nor what the service fills in. */
export const writableFields = (desc: DescMessage): DescField[] =>
  desc.fields.filter(
    (field) => !hasBehavior(field, FieldBehavior.OUTPUT_ONLY) && !hasBehavior(field, FieldBehavior.IDENTIFIER),
  );

/** Whether unset differs from the zero value: messages and "optional" scalars. */
export const tracksPresence = ({ presence }: DescField): boolean => presence === FeatureSet_FieldPresence.EXPLICIT;

/** Options are decoded at each reading, which would be most of the work of a write; the descriptors never change. */
function once<T>(read: (field: DescField) => T): (field: DescField) => T {
  const known = new WeakMap<DescField, { value: T }>();
  return (field) => {
    const seen = known.get(field);
    if (seen !== undefined) return seen.value;
    const value = read(field);
    known.set(field, { value });
    return value;
  };
}
