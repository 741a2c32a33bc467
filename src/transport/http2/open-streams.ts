// The streams of a connection that are open. Not a Map, which makes a new table for every few that come and go: each table
// is linked from the one before it, so where one is old, V8 keeps all after it with what was in them, and a served request
// is promoted instead of forgotten.
import type { Stream } from "./state.ts";

/** In order of their ids, which only grow. A walk is along those that were open when it began. */
export type OpenStreams = Iterable<Stream> & {
  readonly size: number;
  get(id: number): Stream | undefined;
  /** Its id is the highest so far. */
  add(stream: Stream): void;
  remove(stream: Stream): void;
};

export function createOpenStreams(): OpenStreams {
  const open: Stream[] = [];
  /** Where it is, or where it would be. */
  const placeOf = (id: number): number => {
    let [from, to] = [0, open.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((open[middle]?.id ?? id) < id) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  return {
    get size() {
      return open.length;
    },
    get(id) {
      const found = open[placeOf(id)];
      return found?.id === id ? found : undefined;
    },
    add: (stream) => void open.push(stream),
    remove(stream) {
      const at = placeOf(stream.id);
      if (open[at] === stream) open.splice(at, 1);
    },
    [Symbol.iterator]: () => open.slice().values(),
  };
}
