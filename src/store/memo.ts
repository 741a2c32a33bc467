// Values that were made of rows, each kept for as long as nothing that concerns it has changed.
import { createTwoQueues, type Room } from "../two-queues.ts";
import type { Changes } from "./changes.ts";

type Made = {
  /** Of the rows made of. */
  ids: readonly string[];
  /** `changes.count()` from before the first of them was read. */
  since: number;
  size?: number;
};

/** Values are shared by all who ask: nobody may change one. */
export type Memo<Value> = {
  /** Undefined where nothing is known, or something changed. */
  get(key: string): Value | undefined;
  keep(key: string, value: Value, made: Made): void;
  /** The same of what nobody asked for yet, which pushes out nothing that somebody did. */
  expect(key: string, value: Value, made: Made): void;
  /** What `read` finds, frozen, and kept unless it is undefined or belongs to nobody. */
  readAnew(
    key: string,
    read: () => Promise<Value | undefined>,
    idsOf: (value: Value) => readonly string[],
  ): Promise<Value | undefined>;
};

export function createMemo<Value>(changes: Pick<Changes, "unchanged" | "count">, room: Room): Memo<Value> {
  const kept = createTwoQueues<{ value: Value; ids: readonly string[]; since: number; size: number }>(room);
  const memo: Memo<Value> = {
    get(key) {
      const known = kept.get(key);
      if (known === undefined) return undefined;
      const now = changes.count();
      if (!changes.unchanged(known.ids, known.since)) {
        kept.delete(key);
        return undefined;
      }
      // True up to here: the next look needs to ask about later changes only.
      known.since = now;
      return known.value;
    },
    keep: (key, value, { ids, since, size = 1 }) => kept.set(key, { value, ids, since, size }),
    expect: (key, value, { ids, since, size = 1 }) => kept.setUnasked(key, { value, ids, since, size }),
    async readAnew(key, read, idsOf) {
      // Before it reads: what changes meanwhile may not be in what it finds.
      const since = changes.count();
      const value = frozen(await read());
      const ids = value === undefined ? [] : idsOf(value);
      if (value !== undefined && ids.length > 0) memo.keep(key, value, { ids, since });
      return value;
    },
  };
  return memo;
}

/** One for each list of texts, whatever is in them. */
export function keyOf(texts: readonly string[]): string {
  let key = "";
  for (const text of texts) key += `${text.length} ${text}`;
  return key;
}

/** With all that is in it. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
