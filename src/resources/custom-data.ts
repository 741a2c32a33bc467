// Free data that callers keep beside a resource: how large it may be, and how a part of it is changed.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { refused } from "./listing.ts";

/** Bytes of JSON. */
const most = 16 * 1024;

/** Objects and lists inside one another. Decoders of Protobuf give up at 100 messages, and each of these is up to three. */
const deepest = 20;

/** Throws invalid for more than 16 KiB of JSON, and for what not every client could read back. */
export function requireSmall(data: JsonObject | undefined): void {
  if (isDeeper(data ?? {}, deepest)) throw refused("custom_data", "is nested more than 20 deep");
  if (Buffer.byteLength(JSON.stringify(data ?? {})) > most) throw refused("custom_data", "is larger than 16 KiB");
}

const isDeeper = (value: JsonValue, left: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (left === 0 || Object.values(value).some((each) => isDeeper(each, left - 1)));

/** Sets the top-level keys of `change`; null removes one (RFC 7396, at the top level only). */
export const merged = (data: JsonObject | undefined, change: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries({ ...data, ...change }).filter(([, value]) => value !== null));
