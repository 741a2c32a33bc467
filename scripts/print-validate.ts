// Prints buf/validate/validate.proto from the descriptor inside @bufbuild/protovalidate, so that the vendored
// file always belongs to the pinned package. Rule options are left out: the validator reads them from its own package.
import { writeFileSync } from "node:fs";
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { file_buf_validate_validate as file } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const target = new URL("../third_party/protovalidate/buf/validate/validate.proto", import.meta.url);
const scalar = (type: ScalarType) => ScalarType[type].toLowerCase();
const element = (field: DescField): string =>
  field.message
    ? `.${field.message.typeName}`
    : field.enum
      ? `.${field.enum.typeName}`
      : field.scalar === undefined
        ? ""
        : scalar(field.scalar);

function fieldType(field: DescField): string {
  if (field.fieldKind === "map") return `map<${scalar(field.mapKey)}, ${element(field)}>`;
  return element(field);
}

function line(field: DescField): string {
  const label =
    field.fieldKind === "list"
      ? "repeated "
      : field.proto.proto3Optional || (!field.oneof && file.proto.syntax !== "proto3")
        ? "optional "
        : "";
  return `${label}${fieldType(field)} ${field.name} = ${field.number};`;
}

const enumText = (e: DescEnum): string[] => [
  `enum ${e.name} {`,
  ...(e.values.some((v, i) => e.values.findIndex((w) => w.number === v.number) !== i)
    ? ["  option allow_alias = true;"]
    : []),
  ...e.values.map((v) => `  ${v.name} = ${v.number};`),
  "}",
];

function messageText(message: DescMessage): string[] {
  const body = message.members.flatMap((member) =>
    member.kind === "oneof"
      ? [`oneof ${member.name} {`, ...member.fields.map((f) => `  ${line(f)}`), "}"]
      : [line(member)],
  );
  const ranges = message.proto.extensionRange.map(
    (r) => `extensions ${r.start} to ${(r.end ?? 0) >= 536870912 ? "max" : (r.end ?? 0) - 1};`,
  );
  const nested = [
    ...message.nestedEnums.flatMap(enumText),
    ...message.nestedMessages.filter((m) => !m.proto.options?.mapEntry).flatMap(messageText),
  ];
  return [`message ${message.name} {`, ...[...nested, ...body, ...ranges].map((l) => `  ${l}`), "}", ""];
}

const extensions = file.extensions.map(
  (e) =>
    `extend .${e.extendee.typeName} {\n  optional ${element(e as unknown as DescField)} ${e.name} = ${e.number};\n}\n`,
);
const text = [
  "// Printed by scripts/print-validate.ts from the descriptor in @bufbuild/protovalidate. Do not edit.",
  'syntax = "proto2";',
  "",
  "package buf.validate;",
  "",
  ...file.dependencies.map((d) => `import "${d.proto.name}";`),
  "",
  ...extensions,
  ...file.enums.flatMap((e) => [...enumText(e), ""]),
  ...file.messages.flatMap(messageText),
].join("\n");
writeFileSync(target, `${text.replace(/\n+$/, "")}\n`);
