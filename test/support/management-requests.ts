// Requests made from the contract itself: every field of every method, filled so that the rules of its proto hold.
import {
  type DescField,
  type DescMessage,
  getOption,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { field as fieldRules, type StringRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { FieldBehavior, field_behavior } from "../../src/gen/google/api/field_behavior_pb.ts";
import { references } from "../../src/gen/tessera/options/v1/options_pb.ts";

/** What fills a request. `id` is asked for the kind of thing, by the name of its message without the package. */
export type Filling = { id(kind: string, field: DescField): string; word(): string };

/** A field that holds an id, where it stands in the JSON of a request, and the kind of thing it names. */
export type IdField = { path: readonly string[]; kind: string; field: DescField };

/** All that a request can carry but numbers, flags, times and searches; of alternatives the first. */
export function filledRequest(input: DescMessage, filling: Filling): JsonObject {
  return filled(input, filling, input.name.startsWith("Update"));
}

/** Every field of a request that holds an id, nested ones too; short of what only the service fills in. */
export function idFieldsOf(input: DescMessage, path: readonly string[] = []): IdField[] {
  const written = input.fields.filter((field) => !has(field, FieldBehavior.OUTPUT_ONLY));
  return written.flatMap((field) => {
    const here = [...path, field.jsonName];
    const kind = kindOf(field);
    if (kind !== undefined) return [{ path: here, kind, field }];
    return isNested(field) ? idFieldsOf(field.message, here) : [];
  });
}

/** The request with one field set to an id; in a list it stands alone. */
export function withId(request: JsonObject, { path, field }: IdField, id: string): JsonObject {
  const copy = structuredClone(request);
  let at = copy;
  for (const name of path.slice(0, -1)) at = (at[name] ??= {}) as JsonObject;
  at[path.at(-1) ?? ""] = field.fieldKind === "list" ? [id] : id;
  return copy;
}

/** `changes` laid over a request, deeply; null takes a field out. */
export function changed(request: JsonObject, changes: JsonObject): JsonObject {
  const result: JsonObject = { ...request };
  for (const [name, value] of Object.entries(changes)) {
    const before = result[name];
    if (value === null) delete result[name];
    else result[name] = isObject(value) && isObject(before) ? changed(before, value) : value;
  }
  return result;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function filled(desc: DescMessage, filling: Filling, forUpdate: boolean): JsonObject {
  const json: JsonObject = {};
  for (const field of desc.fields) {
    if (field.oneof !== undefined && field.oneof.fields[0] !== field) continue;
    if (has(field, FieldBehavior.OUTPUT_ONLY) || (has(field, FieldBehavior.IDENTIFIER) && !forUpdate)) continue;
    const value = valueOf(field, filling, forUpdate);
    if (value !== undefined) json[field.jsonName] = field.fieldKind === "list" ? [value] : value;
  }
  return json;
}

function valueOf(field: DescField, filling: Filling, forUpdate: boolean): JsonValue | undefined {
  const kind = kindOf(field);
  if (kind !== undefined) return filling.id(kind, field);
  if (isNested(field)) return filled(field.message, filling, forUpdate);
  if (field.fieldKind === "map") return { [filling.word()]: filling.word() };
  if (field.message?.typeName === "google.protobuf.Struct") return { [filling.word()]: filling.word() };
  if (field.enum !== undefined) return field.enum.values[1]?.name;
  return field.scalar === ScalarType.STRING && field.name !== "page_token" ? textFor(field, filling.word()) : undefined;
}

/** The kind of thing an id field names: what it refers to, or else the message it identifies or is called after. */
function kindOf(field: DescField): string | undefined {
  const target = getOption(field, references);
  if (target !== "") return target.slice(target.lastIndexOf(".") + 1);
  if (field.scalar !== ScalarType.STRING) return undefined;
  if (field.parent.name === "GetConnectorFactoryRequest") return undefined;
  if (field.name === "id") return field.parent.name.replace(/^(Get|Delete|Update)|Request$/g, "");
  const [, word] = /^(?:.+_)??([a-z]+)_ids?$/.exec(field.name) ?? [];
  return word === undefined || notOfTenants.includes(field.name) ? undefined : capital(word);
}

/** Names of the product itself, not of anybody's things. */
const notOfTenants = ["factory_id", "request_id", "client_id"];

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const has = (field: DescField, behavior: FieldBehavior) => getOption(field, field_behavior).includes(behavior);

type Nested = DescField & { message: DescMessage };
const isNested = (field: DescField): field is Nested =>
  field.message?.typeName.startsWith("tessera.") === true && field.message.name !== "Search";

/** A word that keeps the rules of its field. */
function textFor(field: DescField, word: string): string {
  const { type } = getOption(field, fieldRules);
  const rules = type.case === "repeated" ? type.value.items?.type : type;
  if (rules?.case !== "string") return word;
  return textOf(rules.value, word);
}

function textOf({ in: choices, pattern, wellKnown }: StringRules, word: string): string {
  const [first] = choices;
  if (first !== undefined) return first;
  if (wellKnown.case === "uri" || pattern.includes("https?")) return `https://${word}.example.test`;
  return patterned.find(([part]) => pattern.includes(part))?.[1](word) ?? word;
}

/** By what is told apart in a pattern. */
const patterned: readonly [part: string, make: (word: string) => string][] = [
  ["@", (word) => `${word}@example.test`],
  ["{2,63}", (word) => `${word}.example.test`],
  ["#[0-9a-fA-F]", () => "#a1b2c3"],
  ["+?[0-9]", (word) => `+39055${word.replaceAll(/\D/g, "").padStart(7, "0")}`],
  ["profile", () => "profile"],
];
