// Values that were made of rows, each kept for as long as nothing that concerns it has changed.
import { LRUCache } from "lru-cache";
import type { Changes } from "./changes.ts";

/** Values are shared by all who ask: nobody may change one. */
export type Memo<Value extends object> = {
  /** Undefined where nothing is known, or something changed. */
  get(key: string): Value | undefined;
  /** Made of the rows of these ids; `since` is `changes.count()` from before the first of them was read. */
  keep(key: string, value: Value, made: { ids: readonly string[]; since: number; size?: number }): void;
};

/** Values that are kept, and their sizes together where each has one. What was asked for longest ago goes first. */
export type Most = { max: number; maxSize?: number };

export function createMemo<Value extends object>(
  changes: Pick<Changes, "unchanged" | "count">,
  most: Most,
): Memo<Value> {
  // Made with the first value: it takes the room for all of them at once.
  let kept: LRUCache<string, { value: Value; ids: readonly string[]; since: number }> | undefined;
  return {
    get(key) {
      const known = kept?.get(key);
      if (known === undefined) return undefined;
      const now = changes.count();
      if (!changes.unchanged(known.ids, known.since)) {
        kept?.delete(key);
        return undefined;
      }
      // True up to here: the next look needs to ask about later changes only.
      known.since = now;
      return known.value;
    },
    keep(key, value, { ids, since, size }) {
      kept ??= new LRUCache(most);
      kept.set(key, { value, ids, since }, size === undefined ? {} : { size });
    },
  };
}

/** One for each list of texts, whatever is in them. */
export function keyOf(texts: readonly string[]): string {
  let key = "";
  for (const text of texts) key += `${text.length} ${text}`;
  return key;
}
