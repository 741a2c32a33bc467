// Which fields an update may set, and that it sets no other.
import { clone, create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { FieldBehavior } from "../../src/gen/google/api/field_behavior_pb.ts";
import { ApplicationSchema, ApplicationType } from "../../src/gen/tessera/admin/v1/application_pb.ts";
import { ProjectSchema } from "../../src/gen/tessera/admin/v1/project_pb.ts";
import { hasBehavior, writableFields } from "../../src/resources/fields.ts";
import { applyMask } from "../../src/resources/mask.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import { generated } from "./generated.ts";

const types = [...resourceTypes.values()].map((type) => [type.name, type.desc] as const);

const mutable = (desc: DescMessage) =>
  writableFields(desc)
    .filter((field) => !hasBehavior(field, FieldBehavior.IMMUTABLE))
    .map((field) => field.name);

/** A type, two of its messages, and some of the fields that may change. */
const update = (desc: DescMessage) => {
  const paths = mutable(desc);
  const mask = paths.length === 0 ? fc.constant<string[]>([]) : fc.uniqueArray(fc.constantFrom(...paths));
  return fc.tuple(generated(desc), generated(desc), mask);
};

const violationsOf = (step: () => unknown): readonly { field: string }[] => {
  try {
    step();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.violations;
  }
  return [];
};

describe("an update of any type", () => {
  it.each(types)("%s: sets the masked fields and leaves every other byte", (_name, desc) => {
    fc.assert(
      fc.property(update(desc), ([current, change, mask]) => {
        const inputs = [toBinary(desc, current), toBinary(desc, change)];
        const result = applyMask(desc, current, change, mask);
        for (const field of desc.fields) {
          const from = mask.includes(field.name) ? change : current;
          expect(onlyField(desc, result, field.name)).toEqual(onlyField(desc, from, field.name));
        }
        expect([toBinary(desc, current), toBinary(desc, change)]).toEqual(inputs);
      }),
    );
  });

  it.each(types)("%s: done twice is done once", (_name, desc) => {
    fc.assert(
      fc.property(update(desc), ([current, change, mask]) => {
        const once = applyMask(desc, current, change, mask);
        expect(toBinary(desc, applyMask(desc, once, change, mask))).toEqual(toBinary(desc, once));
      }),
    );
  });

  it.each(types)("N6-12: %s: refuses the id, what the service fills in, and unknown paths", (_name, desc) => {
    const message = create(desc);
    const writable = writableFields(desc).map((field) => field.name);
    const closed = desc.fields.map((field) => field.name).filter((name) => !writable.includes(name));
    expect(closed).toEqual(expect.arrayContaining(["id", "revision", "create_time", "update_time"]));
    for (const path of [...closed, "no_such_field", "__proto__", "constructor", "", "name.x", "*"])
      expect(violationsOf(() => applyMask(desc, message, message, [path]))).toMatchObject([{ field: path }]);
  });

  it.each(types)("%s: refuses an immutable field that differs, and takes one that does not", (_name, desc) => {
    for (const field of writableFields(desc).filter((field) => hasBehavior(field, FieldBehavior.IMMUTABLE)))
      fc.assert(
        fc.property(generated(desc), generated(desc), (current, change) => {
          const [before, after] = [onlyField(desc, current, field.name), onlyField(desc, change, field.name)];
          const refused = violationsOf(() => applyMask(desc, current, change, [field.name]));
          expect(refused.length).toBe(Buffer.from(before).equals(after) ? 0 : 1);
        }),
      );
  });
});

describe("without a mask", () => {
  it("the fields that are set are meant", () => {
    const current = create(ProjectSchema, { id: "1", name: "old", disabled: true });
    const result = applyMask(ProjectSchema, current, create(ProjectSchema, { name: "new" }));
    expect(result).toMatchObject({ id: "1", name: "new", disabled: true });
  });

  it("N6-12: the id and what the service fills in are passed over", () => {
    const change = create(ProjectSchema, { id: "2", revision: 9, name: "new" });
    const result = applyMask(ProjectSchema, create(ProjectSchema, { id: "1", revision: 1 }), change);
    expect(result).toMatchObject({ id: "1", revision: 1, name: "new" });
  });

  it("0 is a value where absence is another", () => {
    const current = create(ApplicationSchema, { type: ApplicationType.SPA, refreshRetryWindow: 20 });
    const strict = create(ApplicationSchema, { refreshRetryWindow: 0 });
    expect(applyMask(ApplicationSchema, current, strict).refreshRetryWindow).toBe(0);
    expect(applyMask(ApplicationSchema, current, create(ApplicationSchema)).refreshRetryWindow).toBe(20);
    const cleared = applyMask(ApplicationSchema, current, create(ApplicationSchema), ["refresh_retry_window"]);
    expect(cleared.refreshRetryWindow).toBeUndefined();
  });
});

/** The bytes of a message that has nothing but this field. */
function onlyField(desc: DescMessage, message: Parameters<typeof reflect>[1], name: string): Uint8Array {
  const copy = clone(desc, message ?? create(desc));
  const reflected = reflect(desc, copy);
  for (const field of desc.fields) if (field.name !== name) reflected.clear(field);
  return toBinary(desc, copy);
}
