// How much a key may take within a time that begins with the first it takes. In memory.
import { Failure } from "./failure.ts";

export type Budget = {
  /** Throws Failure `exhausted`, with the time to wait, and takes nothing, where so much is not left. */
  take(key: string, cost?: number): void;
  /** Throws the same where nothing is left. */
  check(key: string): void;
  /** Takes one, whatever is left. */
  add(key: string): void;
};

/** Keys whose spending is known. Beyond it those that began longest ago are forgotten. */
const keysKept = 100_000;

/** `monotonic` is in milliseconds. */
export function createBudget(
  { points, seconds }: { points: number; seconds: number },
  monotonic: () => number = () => performance.now(),
): Budget {
  const length = seconds * 1000;
  const spendings = new Map<string, { spent: number; end: number }>();
  const spendingOf = (key: string) => {
    const now = monotonic();
    const known = spendings.get(key);
    if (known !== undefined && now < known.end) return known;
    // Set anew, so that the first of the map is the one that ends first: all have the same length.
    spendings.delete(key);
    for (const [old, { end }] of spendings) {
      if (now < end && spendings.size < keysKept) break;
      spendings.delete(old);
    }
    const begun = { spent: 0, end: now + length };
    spendings.set(key, begun);
    return begun;
  };
  const exhausted = (end: number) =>
    new Failure("exhausted", "too many calls", { retryAfterMs: Math.max(1, end - monotonic()) });
  return {
    take(key, cost = 1) {
      const spending = spendingOf(key);
      if (spending.spent + cost > points) throw exhausted(spending.end);
      spending.spent += cost;
    },
    check(key) {
      const known = spendings.get(key);
      if (known !== undefined && known.spent >= points && monotonic() < known.end) throw exhausted(known.end);
    },
    add: (key) => void (spendingOf(key).spent += 1),
  };
}
