// Every method of the contract, resolved once at the start. Doors, access and limits see this object, never a path.
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Served, UseCase } from "../call.ts";
import { Failure } from "../failure.ts";
import * as options from "../gen/tessera/options/v1/options_pb.ts";

export type Method = {
  desc: DescMethod;
  /** Fully qualified, as in `tessera.auth.v1.AuthService/Exchange`. */
  name: string;
  /** As tRPC calls it: `auth.exchange`. */
  procedure: readonly [namespace: string, name: string];
  /** Undefined is nobody. */
  access: options.Access | undefined;
  /** The audit event's name; empty for a query. */
  audit: string;
  destructive: boolean;
  query: boolean;
  /** The server's own deadline. */
  deadlineMs: number;
  /** How many things a request asks for: the length of its longest list, at least 1. */
  itemsOf: (request: Message) => number;
  /** The field of the request that is a credential. */
  credential: DescField | undefined;
  /** JSON of the answer leaves out what is not set. */
  sparse: boolean;
  run: UseCase<DescMessage, DescMessage>;
};

/** All methods of the services. Throws Failure `internal` for one that no door could serve. */
export function resolveMethods(services: readonly Served[]): Method[] {
  const methods = services.flatMap(({ desc, useCases }) =>
    desc.methods.map((method) => resolve(method, useCases[method.localName])),
  );
  const taken = new Set<string>();
  for (const { procedure } of methods) {
    const path = procedure.join(".");
    if (taken.has(path)) throw new Failure("internal", `two methods are called ${path}`);
    taken.add(path);
  }
  return methods;
}

const defaultDeadlineMs = 5000;

function resolve(desc: DescMethod, run: UseCase<DescMessage, DescMessage> | undefined): Method {
  const name = `${desc.parent.typeName}/${desc.name}`;
  if (desc.methodKind !== "unary") throw new Failure("internal", `${name} is a stream, and no door serves one`);
  if (!run) throw new Failure("internal", `${name} has no use-case`);
  // An unset message option answers an empty Access, which names nobody either.
  const access = getOption(desc, options.access);
  return {
    desc,
    name,
    procedure: [namespaceOf(desc.parent), desc.localName],
    access: access.callers.length + access.permissions.length > 0 ? access : undefined,
    audit: getOption(desc, options.audit),
    destructive: getOption(desc, options.destructive),
    query: desc.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
    deadlineMs: getOption(desc, options.deadline_ms) || defaultDeadlineMs,
    itemsOf: itemsOf(desc.input),
    credential: desc.input.fields.find((field) => getOption(field, options.credential)),
    sparse: getOption(desc.output, options.sparse),
    run,
  };
}

function itemsOf(desc: DescMessage): (request: Message) => number {
  const lists = desc.fields.filter((field) => field.fieldKind === "list");
  if (lists.length === 0) return () => 1;
  return (request) => {
    const reflected = reflect(desc, request, false);
    return Math.max(1, ...lists.map((field) => reflected.get(field).size));
  };
}

/** `AuthService` is `auth`. */
function namespaceOf({ name }: DescService): string {
  const short = name.replace(/Service$/, "");
  return short.charAt(0).toLowerCase() + short.slice(1);
}
