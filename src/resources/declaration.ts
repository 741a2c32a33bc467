// Reads a declaration file: one or several tessera.admin.v1.Declaration documents in YAML or JSON.
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { parseAllDocuments } from "yaml";
import { Failure, type Violation } from "../failure.ts";
import { type Declaration, DeclarationSchema } from "../gen/tessera/admin/v1/declaration_pb.ts";

/** Throws invalid, naming the file and the field, for what is no declaration or breaks a rule of the contract. */
export function readDeclarations(file: { name: string; text: string }): Declaration[] {
  const documents = parseAllDocuments(file.text);
  return [...documents].map((document) => {
    const [error] = document.errors;
    if (error) throw refused(file.name, [{ field: "document", description: error.message.split("\n")[0] ?? "", rule: "yaml" }]);
    return checked(file.name, parsed(file.name, document.toJS() as JsonValue));
  });
}

function parsed(name: string, json: JsonValue): Declaration {
  try {
    return fromJson(DeclarationSchema, json);
  } catch (thrown) {
    // Names the field; a value of the operator's own file may be shown to the operator.
    throw refused(name, [{ field: "document", description: thrown instanceof Error ? thrown.message : "", rule: "json" }]);
  }
}

function checked(name: string, declaration: Declaration): Declaration {
  const result = createValidator().validate(DeclarationSchema, declaration);
  if (result.kind === "valid") return declaration;
  if (result.kind === "error") throw result.error;
  const violations = result.violations.map((violation) => ({
    field: violation.field.map((part) => ("name" in part ? part.name : "index" in part ? `[${part.index}]` : "")).join("."),
    description: violation.message,
    rule: violation.ruleId,
  }));
  throw refused(name, violations);
}

const refused = (name: string, violations: readonly Violation[]) =>
  new Failure("invalid", `${name} is not a valid declaration`, { violations });
