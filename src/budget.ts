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

type Spending = { spent: number; end: number };

/** `monotonic` is in milliseconds. */
export function createBudget(
  { points, seconds }: { points: number; seconds: number },
  monotonic: () => number = () => performance.now(),
): Budget {
  const length = seconds * 1000;
  const spendings = new Map<string, Spending>();
  const sweep = sweeper(spendings);
  const spendingOf = (key: string) => {
    const now = monotonic();
    const known = spendings.get(key);
    if (known !== undefined && now < known.end) return known;
    // Set anew, so that those of the map end in its order: all have the same length.
    spendings.delete(key);
    sweep(now);
    const begun = { spent: 0, end: now + length };
    spendings.set(key, begun);
    return begun;
  };
  const exhausted = (end: number) =>
    new Failure("exhausted", "too many calls", { retryAfterMs: Math.max(1, Math.ceil(end - monotonic())) });
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

/** Ended ones that are forgotten for each that begins: more than begin, and never many at once. */
const sweptAtOnce = 4;

/** Forgets from the beginning of the map. It goes on where it was: the way past forgotten ones is long. */
function sweeper(spendings: Map<string, Spending>): (now: number) => void {
  let rest = spendings.entries();
  let first: [string, Spending] | undefined;
  return (now) => {
    for (let swept = 0; swept < sweptAtOnce; swept += 1) {
      first ??= rest.next().value;
      if (first === undefined) {
        rest = spendings.entries();
        return;
      }
      const [key, spending] = first;
      if (now < spending.end && spendings.size < keysKept) return;
      if (spendings.get(key) === spending) spendings.delete(key);
      first = undefined;
    }
  };
}
