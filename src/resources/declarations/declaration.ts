// Reads a declaration file: one or several tessera.admin.v1.Declaration documents in YAML or JSON.
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Validator } from "@bufbuild/protovalidate";
import { parseAllDocuments } from "yaml";
import { Failure, type Violation } from "../../failure.ts";
import { FieldBehavior } from "../../gen/google/api/field_behavior_pb.ts";
import { type Declaration, DeclarationSchema } from "../../gen/tessera/admin/v1/declaration_pb.ts";
import { messagesOf } from "./declared.ts";
import { hasBehavior } from "../fields.ts";

/** What a file holds, as JSON. */
export type DeclarationFile = { name: string; documents: readonly JsonValue[] };

/**
 * Throws invalid, naming the file, for what is no YAML. That of some megabytes takes seconds and a hundred times its
 * size in memory, so it is the command that reads it and not a running instance.
 */
export function readDocuments({ name, text }: { name: string; text: string }): DeclarationFile {
  const documents = [...parseAllDocuments(text)].map((document) => {
    const [error] = document.errors;
    // Its further lines quote the file.
    const description = error?.message.split("\n", 1)[0];
    if (description !== undefined) throw refused(name, [{ field: "document", description, rule: "yaml" }]);
    return readable(name, () => document.toJS() as JsonValue);
  });
  if (documents.length === 0) throw refused(name, [{ field: "document", description: "is empty", rule: "yaml" }]);
  return { name, documents };
}

/** Throws invalid, naming the file and the field, for what is no declaration or breaks a rule of the contract. */
export function readDeclarations({ name, documents }: DeclarationFile): Declaration[] {
  const validator = createValidator();
  return documents.map((document) => {
    const declaration = readable(name, () => fromJson(DeclarationSchema, document));
    const violations = [...filledIn(declaration), ...brokenRules(validator, declaration)];
    if (violations.length > 0) throw refused(name, violations);
    return declaration;
  });
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw refused(name, [unreadable(thrown instanceof Error ? thrown.message : "")]);
  }
}

/** What the decoder says, without the value that it quotes: it may be a secret. */
function unreadable(message: string): Violation {
  const where =
    /^cannot decode (?:field|message|enum) (?<place>[\w.]+) from JSON: (?:key "(?<key>\w+)" is unknown$)?/.exec(
      message,
    );
  const { place, key } = where?.groups ?? {};
  if (place === undefined) return { field: "document", description: "cannot be read", rule: "json" };
  const description = key === undefined ? "does not take this value" : `has no field ${key}`;
  return { field: place, description, rule: "json" };
}

/** What only the service may say: revisions, times, generated values. */
const filledIn = (declaration: Declaration): Violation[] =>
  messagesOf(declaration).flatMap(({ path, item }) =>
    item.fields
      .filter((field) => hasBehavior(field, FieldBehavior.OUTPUT_ONLY) && item.isSet(field))
      .map(({ name }) => ({
        field: `${path}.${name}`,
        description: "is filled in by the service",
        rule: "output_only",
      })),
  );

function brokenRules(validator: Validator, declaration: Declaration): Violation[] {
  const result = validator.validate(DeclarationSchema, declaration);
  if (result.kind === "error") throw result.error;
  return (result.violations ?? []).map(({ field, message, ruleId }) => ({
    field: pathToString(field),
    description: message,
    rule: ruleId,
  }));
}

const refused = (name: string, violations: readonly Violation[]) =>
  new Failure("invalid", `${name} is not a valid declaration`, { violations });
