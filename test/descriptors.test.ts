// The contract as a whole: what every method and every field must say, now and in whatever is added.
import { readdirSync } from "node:fs";
import { type DescField, type DescFile, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type FieldRules, field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import { kinds, type Reason } from "../src/failure.ts";
import { FieldBehavior, field_behavior } from "../src/gen/google/api/field_behavior_pb.ts";
import { Reason as Reasons } from "../src/gen/tessera/errors/v1/errors_pb.ts";
import { access, audit, Caller } from "../src/gen/tessera/options/v1/options_pb.ts";
import { queryName } from "../src/transport/trpc.ts";

const root = new URL("../src/gen/tessera/", import.meta.url);
const files = (
  await Promise.all(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("_pb.ts"))
      .map(async (name) => Object.values<unknown>(await import(new URL(name, root).href))),
  )
)
  .flat()
  .filter(
    (value): value is DescFile =>
      typeof value === "object" && value !== null && "kind" in value && value.kind === "file",
  );

const methods = files.flatMap(({ services }) => services).flatMap((service) => service.methods);
const isQuery = ({ idempotency }: (typeof methods)[number]) =>
  idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;

const isOutput = (field: DescField) => getOption(field, field_behavior).includes(FieldBehavior.OUTPUT_ONLY);
type Which = (field: DescField) => boolean;

function withParts(message: DescMessage, which: Which, into = new Set<DescMessage>()): Set<DescMessage> {
  if (into.has(message) || !message.typeName.startsWith("tessera.")) return into;
  into.add(message);
  for (const field of message.fields.filter(which)) if (field.message) withParts(field.message, which, into);
  return into;
}

const all = new Set(
  files.filter(({ proto }) => !proto.package.startsWith("tessera.options")).flatMap(({ messages }) => messages),
);
const reached = (ends: DescMessage[], which: Which) =>
  new Set(ends.flatMap((message) => [...withParts(message, which)]));
// What the service alone fills in is not read from a request.
const asked = reached(
  methods.map(({ input }) => input),
  (field) => !isOutput(field),
);
const answered = reached(
  methods.map(({ output }) => output),
  () => true,
);
// What no method names yet comes in through a declaration, and will through a method.
const requests = [...all]
  .flatMap((message) => [...withParts(message, () => true)])
  .filter((message) => asked.has(message) || !answered.has(message));

const fields = [...new Set(requests)].flatMap((message) => message.fields).filter((field) => !isOutput(field));
const nameOf = (field: DescField) => `${field.parent.typeName}.${field.name}`;

describe("every method", () => {
  it("N6-10: says who may call it, and nobody is PUBLIC by oversight", () => {
    expect(methods.length).toBeGreaterThan(0);
    const silent = methods.filter((method) => !hasOption(method, access));
    expect(silent.map(({ name }) => name)).toEqual([]);
    for (const method of methods) {
      const { callers, permissions } = getOption(method, access);
      expect([...callers, ...permissions]).not.toEqual([]);
      expect(callers).not.toContain(Caller.UNSPECIFIED);
      for (const permission of permissions) expect(permission).toMatch(/^([a-z_]+:(read|write)|role:assign)$/);
    }
    const open = methods.filter((method) => getOption(method, access).callers.includes(Caller.PUBLIC));
    expect(open.map(({ parent, name }) => `${parent.name}/${name}`)).toEqual(["BootstrapService/Bootstrap"]);
  });

  it("N8-04: that changes something names its audit event, and a query names none", () => {
    const wrong = methods.filter((method) => isQuery(method) === (getOption(method, audit) !== ""));
    expect(wrong.map(({ name }) => name)).toEqual([]);
    for (const method of methods.filter((method) => !isQuery(method))) {
      expect(getOption(method, audit)).toMatch(/^[a-z_]+\.[a-z_]+$/);
    }
  });

  it("is a query exactly where its name says so, since the types of the tRPC client go by the name", () => {
    const misnamed = methods.filter((method) => isQuery(method) !== queryName.test(method.localName));
    expect(misnamed.map(({ name }) => name)).toEqual([]);
  });

  it("is unary, as every door takes it", () => {
    expect(methods.filter(({ methodKind }) => methodKind !== "unary").map(({ name }) => name)).toEqual([]);
  });
});

describe("every field of a request", () => {
  it("N7-05: of text or bytes has a greatest length, alone, in a list and in a map", () => {
    expect(fields.length).toBeGreaterThan(50);
    expect(fields.filter((field) => !isBounded(field, getOption(field, fieldRules))).map(nameOf)).toEqual([]);
  });

  it("N7-05: that repeats has a greatest number", () => {
    const many = fields.filter(({ fieldKind }) => fieldKind === "list" || fieldKind === "map");
    expect(many.length).toBeGreaterThan(0);
    expect(many.filter((field) => mostOf(getOption(field, fieldRules)) === 0n).map(nameOf)).toEqual([]);
  });

  it("has the snake_case name in JSON where the RFCs do", () => {
    const auth = fields.filter(({ parent }) => parent.file.proto.package === "tessera.auth.v1");
    expect(auth.filter(({ name, jsonName }) => name !== jsonName).map(nameOf)).toEqual([]);
  });
});

describe("every reason", () => {
  it("of a failure is one of the contract, and none of the contract is missing", () => {
    type InContract = Exclude<keyof typeof Reasons, "UNSPECIFIED">;
    expectTypeOf<Reason>().toEqualTypeOf<InContract>();
    for (const { reason } of Object.values(kinds)) expect(Object.keys(Reasons)).toContain(reason);
  });
});

function mostOf({ type }: FieldRules): bigint {
  if (type.case === "repeated") return type.value.maxItems;
  return type.case === "map" ? type.value.maxPairs : 0n;
}

/** A field that holds neither text nor bytes is bounded by its type. */
function isBounded(field: DescField, { type }: FieldRules): boolean {
  if (field.fieldKind === "list") {
    const holdsText = field.listKind === "scalar" && isText(field.scalar);
    return !holdsText || (type.case === "repeated" && hasMost(type.value.items));
  }
  if (field.fieldKind === "map") {
    const isKeyBounded = type.case === "map" && hasMost(type.value.keys);
    return isKeyBounded && (!isText(field.scalar) || hasMost(type.value.values));
  }
  return field.fieldKind !== "scalar" || !isText(field.scalar) || hasMost({ type });
}

// ScalarType STRING and BYTES.
const isText = (scalar: number | undefined) => scalar === 9 || scalar === 12;

function hasMost(rules: Pick<FieldRules, "type"> | undefined): boolean {
  const type = rules?.type;
  if (type?.case === "string")
    return [type.value.maxBytes, type.value.maxLen, type.value.len].some((most) => most > 0n);
  return type?.case === "bytes" && [type.value.maxLen, type.value.len].some((most) => most > 0n);
}
