// The time, handed down so that tests can hold it. Everything in Tessera counts in integer milliseconds.

export type Clock = {
  /** Milliseconds since 1970, never less than an earlier answer or the high-water mark it was opened with. */
  now(): number;
};

/** The wall clock, held at its high-water mark: a clock that jumps back revives nothing that has expired. */
export function steadyClock(highWater = 0, wall: () => number = Date.now): Clock {
  let mark = highWater;
  return {
    now() {
      mark = Math.max(mark, wall());
      return mark;
    },
  };
}
