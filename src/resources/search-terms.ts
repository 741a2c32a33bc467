// What a row is searched by: the normalised values of its searchable fields.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { normalised } from "../policy/search-text.ts";
import type { Term } from "../store/row-operations.ts";
import { isSearchable } from "./fields.ts";

export { normalised } from "../policy/search-text.ts";

/** Searchable fields by proto name, the standard one first. */
export const searchableFields = (desc: DescMessage): string[] =>
  desc.fields.filter(isSearchable).map((field) => field.name);

export function termsOf(desc: DescMessage, message: Message): Term[] {
  const reflected = reflect(desc, message, false);
  const fields = desc.fields.filter((field) => isSearchable(field) && reflected.isSet(field));
  return fields.map((field) => ({ field: field.name, term: normalised(reflected.get(field) as string) }));
}
