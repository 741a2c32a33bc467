// Messages of any management type, generated from its descriptor: fields within the limits of their kinds, not valid
// by the rules of the contract.
import { create, type DescField, type DescMessage, fromJson, type Message, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { StructSchema, timestampFromMs, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { FieldBehavior } from "../../src/gen/google/api/field_behavior_pb.ts";
import { hasBehavior } from "../../src/resources/fields.ts";

/** With an id, without what the service fills in. */
export const generated = (desc: DescMessage): fc.Arbitrary<Message> => {
  const fields = desc.fields.filter((field) => !hasBehavior(field, FieldBehavior.OUTPUT_ONLY));
  return fc
    .tuple(...fields.map((field) => fc.option(valueOf(field), { nil: undefined, freq: field.name === "id" ? 100 : 3 })))
    .map((values) => {
      const message = create(desc);
      for (const [i, field] of fields.entries()) set(desc, message, field, values[i]);
      return message;
    });
};

const text = fc.string({ unit: "binary", maxLength: 12 });
const time = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }).map((ms) => timestampFromMs(ms));
const word = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 5 }).filter((key) => key !== "__proto__");
const struct = (tie: (name: "value") => fc.Arbitrary<unknown>) =>
  fc.dictionary(word, tie("value"), { maxKeys: 3, noNullPrototype: true });
const plain = fc.letrec<{ value: null | boolean | number | string | object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    text,
    fc.array(tie("value")),
    struct(tie),
  ),
})).value;
const scalars = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.STRING, text],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.UINT32, fc.integer({ min: 0, max: 0xffff_ffff })],
  [ScalarType.INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
]);

function valueOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.fieldKind === "list") return fc.array(itemOf(field), { maxLength: 3 });
  return itemOf(field);
}

function itemOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.message?.typeName === TimestampSchema.typeName) return time;
  if (field.message?.typeName === StructSchema.typeName) return struct(() => plain).map(asStruct);
  if (field.message !== undefined) return generated(field.message);
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map((value) => value.number));
  const found = field.scalar && scalars.get(field.scalar);
  if (found === undefined) throw new Error(`no values for ${field.toString()}`);
  return found;
}

function set(desc: DescMessage, message: Message, field: DescField, value: unknown): void {
  if (value === undefined) return;
  const reflected = reflect(desc, message);
  if (field.fieldKind === "list") {
    const list = reflected.get(field);
    for (const item of value as unknown[])
      list.add(field.listKind === "message" ? asReflected(field.message, item) : item);
  } else reflected.set(field, field.fieldKind === "message" ? asReflected(field.message, value) : value);
}

const asStruct = (value: object) => fromJson(StructSchema, JSON.parse(JSON.stringify(value)));
const asReflected = (desc: DescMessage, message: unknown) => reflect(desc, message as Message);
