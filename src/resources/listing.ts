// Lists: what a request asks for, as conditions on rows, and the token that says where the next page goes on.
import { createHash } from "node:crypto";
import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Failure } from "../failure.ts";
import { type Search, SearchMode, SearchSchema } from "../gen/tessera/admin/v1/page_pb.ts";
import type { Position, RowConditions } from "../store/list-reads.ts";
import { fromColumns } from "./columns.ts";
import { referenceOf } from "./fields.ts";
import { tableNamed, withoutDangling } from "./reference-checks.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource-type.ts";
import { normalised, searchableFields } from "./search-terms.ts";

export type PageRequest = { pageSize?: number | undefined; pageToken?: string; count?: boolean };
export type Page<T> = { items: T[]; nextPageToken: string; totalSize?: number };

/** A page of what the conditions let through. Throws invalid for a token of another query. */
export async function pageOf<D extends DescMessage>(
  parts: ResourceParts,
  type: Pick<ResourceType<D>, "desc" | "name">,
  acting: Pick<Acting, "tenantId">,
  { pageSize = 20, pageToken = "", count = false }: PageRequest,
  conditions: RowConditions = {},
): Promise<Page<MessageShape<D>>> {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 100)
    throw refused("page_size", "a number from 1 to 100");
  const mark = markOf(type.name, conditions);
  const tenant = parts.store.tenant(acting.tenantId);
  const after = pageToken === "" ? undefined : fitting(conditions, readToken(pageToken, mark));
  const { rows, next } = await tenant.list(type.name, { ...conditions, after, limit: pageSize });
  const total = count ? await tenant.total(type.name, conditions) : undefined;
  return {
    items: await withoutDangling(
      parts,
      acting,
      type.desc,
      rows.map((row) => fromColumns(type.desc, row)),
    ),
    nextPageToken: next === undefined ? "" : writeToken(next, mark),
    ...(total === undefined ? {} : { totalSize: total }),
  };
}

/**
 * A request's own conditions: its search, and each further field that is called like one of the listed message. Throws
 * notFound for the id of an owner that is not there, so that an empty list always means that the owner has none.
 */
export async function conditionsOf(
  parts: Pick<ResourceParts, "store">,
  type: Pick<ResourceType, "desc">,
  acting: Pick<Acting, "tenantId">,
  desc: DescMessage,
  request: Message,
): Promise<RowConditions> {
  const reflected = reflect(desc, request, false);
  const parent: Record<string, string> = {};
  const matching: Record<string, unknown[]> = {};
  const listed = new Map(type.desc.fields.map((field) => [field.name, field]));
  for (const field of desc.fields.filter((each) => listed.has(each.name) && reflected.isSet(each))) {
    const target = referenceOf(field);
    const value: unknown = reflected.get(field);
    if (target === undefined) matching[field.localName] = [value];
    else {
      parent[field.localName] = String(value);
      const owner = await parts.store.tenant(acting.tenantId).row(tableNamed(target), String(value));
      if (owner === undefined) throw new Failure("notFound", "not found");
    }
  }
  const search = searchIn(desc, request);
  return { parent, matching, ...(search && { search: searchOf(type.desc, search) }) };
}

function searchIn(desc: DescMessage, request: Message): Search | undefined {
  const field = desc.fields.find((each: DescField) => each.message?.typeName === SearchSchema.typeName);
  const reflected = reflect(desc, request, false);
  if (field?.fieldKind !== "message" || !reflected.isSet(field)) return undefined;
  return reflected.get(field).message as Search;
}

/** Throws invalid for a field that is not searched, and for a substring that the trigram index cannot find. */
export function searchOf(desc: DescMessage, { text, mode, field }: Search): NonNullable<RowConditions["search"]> {
  const [standard = "", ...others] = searchableFields(desc);
  const searched = field || standard;
  if (![standard, ...others].includes(searched)) throw refused("search.field", "is not searchable");
  const wanted = normalised(text);
  if (wanted === "") throw refused("search.text", "is empty");
  // Neither a trigram index nor PostgreSQL reads on behind it.
  if (wanted.includes("\0")) throw refused("search.text", "has a character that is not looked for");
  if (mode === SearchMode.SUBSTRING && /^.{0,2}$/su.test(wanted))
    throw refused("search.text", "has at least three characters where it is looked for anywhere");
  return { field: searched, text: wanted, mode: (["prefix", "exact", "substring"] as const)[mode] ?? "prefix" };
}

/** Which query a token belongs to. */
export const markOf = (name: string, conditions: object): string =>
  createHash("sha256")
    .update(JSON.stringify([name, conditions]))
    .digest("base64url")
    .slice(0, 8);

/** Positions are of the caller's own rows and open nothing, so a token is no secret and needs no seal. */
export const writeToken = (position: Position, mark: string): string =>
  Buffer.from(JSON.stringify([mark, ...position])).toString("base64url");

/** Throws invalid for a position that this query has none of: whoever wrote such a token made it up. */
function fitting({ search }: RowConditions, position: Position): Position {
  const places = search === undefined ? ["string"] : search.mode === "substring" ? ["number"] : ["string", "string"];
  if (position.map((part) => typeof part).join() === places.join()) return position;
  throw strangeToken();
}

/** Throws invalid. */
export function readToken(token: string, mark: string): Position {
  try {
    const [of, ...position] = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as unknown[];
    const plain = position.every((part) => typeof part === "string" || Number.isSafeInteger(part));
    if (of === mark && plain && position.length > 0 && position.length < 3) return position as Position;
  } catch {
    // Refused below, like a token of another query.
  }
  throw strangeToken();
}

const strangeToken = () => refused("page_token", "is the token of a page before, of the same query");

export const refused = (field: string, description: string) =>
  new Failure("invalid", "the request is invalid", { violations: [{ field, description, rule: field }] });
