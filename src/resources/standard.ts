// The standard methods of a service, by their names: Create, Get, List, Update and Delete of one management type.
import type { DescMessage, DescMethod, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import { type FieldMask, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { UseCase, UseCases } from "../call.ts";
import { actingOf } from "./acting.ts";
import { conditionsOf, type PageRequest, pageOf, refused } from "./listing.ts";
import { createResource, deleteResource, getResource, updateResource } from "./resource.ts";
import type { ResourceParts, ResourceType } from "./resource-type.ts";

/** `Group` of `tessera.admin.v1.Group`. */
type NounOf<D extends DescMessage> = MessageShape<D>["$typeName"] extends `tessera.admin.v1.${infer Noun}`
  ? Noun
  : never;
type Plural<Noun extends string> = Noun extends `${infer Stem}y` ? `${Stem}ies` : `${Noun}s`;
type StandardName<D extends DescMessage> =
  | `${"create" | "get" | "update" | "delete"}${NounOf<D>}`
  | `list${Plural<NounOf<D>>}`;

type StandardMethods<S extends DescService, D extends DescMessage> = Pick<
  UseCases<S>,
  StandardName<D> & keyof S["method"]
>;

/** Those of the five that the service has. What differs is written by hand beside them. */
export function standardMethods<S extends DescService, D extends DescMessage>(
  parts: ResourceParts,
  service: S,
  type: ResourceType<D>,
): StandardMethods<S, D> {
  const noun = type.desc.name;
  const made = {
    [`create${noun}`]: create(parts, type),
    [`get${noun}`]: get(parts, type),
    [`list${plural(noun)}`]: list(parts, type, service.method[`list${plural(noun)}`]),
    [`update${noun}`]: update(parts, type),
    [`delete${noun}`]: remove(parts, type),
  };
  const present = Object.entries(made).filter(([name]) => name in service.method);
  return Object.fromEntries(present) as unknown as StandardMethods<S, D>;
}

export const plural = (noun: string): string => noun.replace(/y$/, "ie") + "s";

type Method = UseCase<DescMessage, DescMessage>;

const create =
  (parts: ResourceParts, type: ResourceType): Method =>
  (call, request) =>
    createResource(parts, type, actingOf(call), made(type, request));

/** Throws invalid for an id: only the service makes them, so that none can be taken from another tenant. */
export function made<D extends DescMessage>(type: ResourceType<D>, request: Message): MessageShape<D> {
  const message = carried(type, request);
  if (idOf(message) !== "") throw refused("id", "is made by the service");
  return message;
}

const get =
  (parts: ResourceParts, type: ResourceType): Method =>
  (call, request) =>
    getResource(parts, type, actingOf(call), idOf(request));

const list =
  (parts: ResourceParts, type: ResourceType, method: DescMethod | undefined): Method =>
  async (call, request) => {
    if (method === undefined) return {};
    const acting = actingOf(call);
    const conditions = await conditionsOf(parts, type, acting, method.input, request);
    const { items, ...page } = await pageOf(parts, type, acting, request as PageRequest, conditions);
    return { ...page, [method.output.fields[0]?.localName ?? ""]: items };
  };

const update =
  (parts: ResourceParts, type: ResourceType): Method =>
  (call, request) =>
    updateResource(parts, type, actingOf(call), updateIn(type, request));

const remove =
  (parts: ResourceParts, type: ResourceType): Method =>
  async (call, request) => {
    await deleteResource(parts, type, actingOf(call), idOf(request));
    return {};
  };

/** What a request to update asks for: the row by the id of its message, the revision that it was read at, and the mask. */
export function updateIn<D extends DescMessage>(type: Pick<ResourceType<D>, "desc">, request: Message) {
  const change = carried(type, request);
  const { revision } = change as unknown as { revision: number };
  return { id: idOf(change), change, revision, ...maskIn(request) };
}

/** The message that a request to create or update carries. Throws invalid where it carries none. */
export function carried<D extends DescMessage>(type: Pick<ResourceType<D>, "desc">, request: Message): MessageShape<D> {
  const found = Object.values(request).find((value) => isOf(type.desc, value));
  if (found === undefined) throw refused(type.desc.name, "is missing");
  return found as unknown as MessageShape<D>;
}

/** The paths of a request's mask; absent where it has none, or an empty one. */
export function maskIn(request: Message): { mask?: readonly string[] } {
  const mask = Object.values(request).find((value) => isOf(FieldMaskSchema, value)) as FieldMask | undefined;
  return mask === undefined || mask.paths.length === 0 ? {} : { mask: mask.paths };
}

const isOf = (desc: DescMessage, value: unknown): boolean =>
  typeof value === "object" && value !== null && "$typeName" in value && value.$typeName === desc.typeName;

const idOf = (message: object): string => ("id" in message && typeof message.id === "string" ? message.id : "");
