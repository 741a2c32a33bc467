// Two queues of what was asked for last, after 2Q (Johnson and Shasha, 1994): what comes unasked, however much of it, pushes
// out nothing that is asked for again and again.
import { LRUCache } from "lru-cache";

/** How many, and how large together by their `size`. */
export type Room = { max: number; maxSize?: number };

export type TwoQueues<Value extends { size: number }> = {
  get(key: string): Value | undefined;
  /** Of something that was asked for. */
  set(key: string, value: Value): void;
  /** Of something that may be asked for. From the first time it is, it counts like the rest. */
  setUnasked(key: string, value: Value): void;
  delete(key: string): void;
};

export function createTwoQueues<Value extends { size: number }>(rooms: { asked: Room; unasked: Room }) {
  const [asked, unasked] = [queue<Value>(rooms.asked), queue<Value>(rooms.unasked)];
  const queues: TwoQueues<Value> = {
    get(key) {
      const value = asked.get(key);
      if (value !== undefined) return value;
      const first = unasked.get(key);
      if (first !== undefined) {
        unasked.delete(key);
        asked.set(key, first);
      }
      return first;
    },
    set: (key, value) => void asked.set(key, value),
    setUnasked: (key, value) => void unasked.set(key, value),
    delete(key) {
      asked.delete(key);
      unasked.delete(key);
    },
  };
  return queues;
}

const queue = <Value extends { size: number }>({ max, maxSize }: Room) =>
  new LRUCache<string, Value>(maxSize === undefined ? { max } : { max, maxSize, sizeCalculation: ({ size }) => size });
