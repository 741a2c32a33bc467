// Two queues of what was asked for last, after 2Q (Johnson and Shasha, 1994): what comes unasked, however much of it, pushes
// out nothing that is asked for again and again.
import { LRUCache } from "lru-cache";

/** How many, and how large together by their `size`: of those that were asked for, and as much again of the others. */
export type Room = { max: number; maxSize?: number };

export type TwoQueues<Value extends { size: number }> = {
  get(key: string): Value | undefined;
  /** Of something that was asked for. */
  set(key: string, value: Value): void;
  /** Of something that may be asked for. From the first time it is, it counts like the rest. */
  setUnasked(key: string, value: Value): void;
  delete(key: string): void;
};

export function createTwoQueues<Value extends { size: number }>(room: Room): TwoQueues<Value> {
  // Each is made with its first value: it takes the room for all of them at once.
  let asked: LRUCache<string, Value> | undefined;
  let unasked: LRUCache<string, Value> | undefined;
  const set = (key: string, value: Value) => void (asked ??= queue(room)).set(key, value);
  return {
    get(key) {
      const value = asked?.get(key);
      if (value !== undefined) return value;
      const first = unasked?.get(key);
      if (first !== undefined) {
        unasked?.delete(key);
        set(key, first);
      }
      return first;
    },
    set,
    setUnasked: (key, value) => void (unasked ??= queue(room)).set(key, value),
    delete(key) {
      asked?.delete(key);
      unasked?.delete(key);
    },
  };
}

const queue = <Value extends { size: number }>({ max, maxSize }: Room) =>
  new LRUCache<string, Value>(maxSize === undefined ? { max } : { max, maxSize, sizeCalculation: ({ size }) => size });
