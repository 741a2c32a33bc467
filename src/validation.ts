// From bytes or JSON to a message that keeps the rules of its proto. No value of a request is ever in a violation.
import { setTimeout as pause } from "node:timers/promises";
import { create, type DescMessage, fromBinary, fromJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import { isFieldError, type Path } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { Failure, type Violation } from "./failure.ts";

/** Throws Failure `invalid`. */
export type Validate = (desc: DescMessage, message: Message) => void;

export function createValidation(): Validate {
  const validator = createValidator({ regexMatch: matcher() });
  return (desc, message) => {
    const { kind, violations, error } = validator.validate(desc, message);
    if (kind === "error") throw error;
    if (kind === "invalid") {
      throw invalid(
        violations.map(({ field, message, ruleId }) => ({
          field: pathText(field),
          description: message,
          rule: ruleId,
        })),
      );
    }
  };
}

/**
 * The patterns of the contract are few, our own, and read a value from left to right, so the engine of the language takes
 * them, several times as fast as the one that protovalidate brings for patterns of strangers.
 */
function matcher(): (pattern: string, value: string) => boolean {
  const compiled = new Map<string, RegExp>();
  return (pattern, value) => {
    const known = compiled.get(pattern) ?? new RegExp(pattern, "u");
    compiled.set(pattern, known);
    return known.test(value);
  };
}

/** Milliseconds between two compilations, for the calls that come meanwhile. */
const compilePauseMs = 20;

/**
 * Compiles the rules of these messages one by one, with pauses: the first validation of each costs milliseconds. Rejects
 * with Failure `internal` where rules do not compile.
 */
export async function compileRules(validate: Validate, requests: readonly DescMessage[]): Promise<void> {
  for (const desc of requests) {
    await pause(compilePauseMs, undefined, { ref: false });
    compile(validate, desc);
  }
}

function compile(validate: Validate, desc: DescMessage): void {
  try {
    validate(desc, create(desc));
  } catch (thrown) {
    if (thrown instanceof Failure) return;
    throw new Failure("internal", `the rules of ${desc.typeName} do not compile`, { cause: thrown });
  }
}

/** Throws Failure `invalid`. Unknown fields are dropped (they are a newer caller's), never stored. */
export function decodeBinary(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new Failure("invalid", `the request is not a ${desc.typeName}`, { cause });
  }
}

/** Throws Failure `invalid`, for unknown fields too: a misspelt one would be ignored in silence. */
export function decodeJson(desc: DescMessage, json: unknown): Message {
  try {
    // What JSON.parse answered; whatever it is, fromJson refuses all but an object.
    return fromJson(desc, (json ?? {}) as JsonValue);
  } catch (thrown) {
    // The message of what was thrown quotes the value, so it is not kept as the cause.
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    throw invalid(isFieldError(cause) ? [malformed(cause.field().name)] : unknownFields(desc, json));
  }
}

const malformed = (field: string): Violation => ({
  field,
  description: "does not have the type of its field",
  rule: "json",
});

function unknownFields(desc: DescMessage, json: unknown): Violation[] {
  const known = new Set(desc.fields.flatMap(({ name, jsonName }) => [name, jsonName]));
  const keys = typeof json === "object" && json !== null && !Array.isArray(json) ? Object.keys(json) : [];
  const unknown = keys.filter((key) => !known.has(key) && /^[A-Za-z_]\w{0,63}$/.test(key));
  return unknown.map((field) => ({ field, description: "is not a field of the request", rule: "unknown" }));
}

/** They travel in the trailers of gRPC, where there is little room. */
const mostViolations = 10;

function invalid(all: readonly Violation[]): Failure {
  const violations = all.slice(0, mostViolations);
  const [first] = violations;
  const what = first ? `: ${[first.field, first.description].filter(Boolean).join(" ")}` : "";
  return new Failure("invalid", `the request is invalid${what}`, { violations });
}

/** `audience[0]`: names of the proto. A key of a map is a value of the request and left out. */
function pathText(path: Path): string {
  const steps = path.map((step) => {
    if (step.kind === "list_sub") return `[${step.index}]`;
    return step.kind === "map_sub" ? "[]" : `.${step.kind === "extension" ? step.typeName : step.name}`;
  });
  return steps.join("").replace(/^\./, "");
}
