// What a row is searched by: the normalised values of its searchable fields.
import { type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { searchable } from "../gen/tessera/options/v1/options_pb.ts";
import { normalised } from "../policy/search-text.ts";
import type { Term } from "../store/row-operations.ts";

export { normalised } from "../policy/search-text.ts";

/** Searchable fields by proto name, the standard one first. */
export const searchableFields = (desc: DescMessage): string[] =>
  desc.fields.filter((field) => getOption(field, searchable)).map((field) => field.name);

export function termsOf(desc: DescMessage, message: Message): Term[] {
  const reflected = reflect(desc, message, false);
  const fields = desc.fields.filter((field) => getOption(field, searchable) && reflected.isSet(field));
  return fields.map((field) => ({ field: field.name, term: normalised(String(reflected.get(field))) }));
}
