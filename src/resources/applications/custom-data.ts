// Free data that callers keep beside a resource: how large it may be, and how a part of it is changed.
import type { JsonObject } from "@bufbuild/protobuf";
import { refused } from "../listing.ts";

/** Bytes of JSON. */
const most = 16 * 1024;

/** Throws invalid for more than 16 KiB of JSON. */
export function requireSmall(data: JsonObject | undefined): void {
  if (Buffer.byteLength(JSON.stringify(data ?? {})) > most) throw refused("custom_data", "is larger than 16 KiB");
}

/** Sets the top-level keys of `change`; null removes one (RFC 7396, at the top level only). */
export const merged = (data: JsonObject | undefined, change: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries({ ...data, ...change }).filter(([, value]) => value !== null));
