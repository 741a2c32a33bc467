// What the contract says about a management field: its behaviour (AIP-203) and what it refers to.
import { type DescField, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { FieldBehavior, field_behavior } from "../gen/google/api/field_behavior_pb.ts";
import { references } from "../gen/tessera/options/v1/options_pb.ts";

export const hasBehavior = (field: DescField, behavior: FieldBehavior): boolean =>
  getOption(field, field_behavior).includes(behavior);

/** The message whose id the field holds, or undefined. */
export const referenceOf = (field: DescField): string | undefined =>
  hasOption(field, references) ? getOption(field, references) : undefined;

/** What a caller may write: neither the id nor what the service fills in. */
export const writableFields = (desc: DescMessage): DescField[] =>
  desc.fields.filter(
    (field) => !hasBehavior(field, FieldBehavior.OUTPUT_ONLY) && !hasBehavior(field, FieldBehavior.IDENTIFIER),
  );

/** Whether unset differs from the zero value: messages and "optional" scalars. */
export const tracksPresence = ({ presence }: DescField): boolean => presence === FeatureSet_FieldPresence.EXPLICIT;
