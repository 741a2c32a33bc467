// How many calls may begin in one turn of the event loop. What comes beyond waits for the next turn, so that a flood
// never keeps the loop from answering what is refused, or asked by an orchestrator, for long.

/** Calls, of half a millisecond or less each. */
const mostATurn = 32;

/** Answers undefined where a call may begin now, else a promise for its turn. In order of asking. */
export function createTurns(): () => Promise<void> | undefined {
  let begun = 0;
  let waiting: (() => void)[] = [];
  const next = () => {
    const beginning = waiting.slice(0, mostATurn);
    waiting = waiting.slice(mostATurn);
    begun = beginning.length;
    for (const begin of beginning) begin();
    if (begun > 0) setImmediate(next);
  };
  return () => {
    if (begun === 0) setImmediate(next);
    if (begun === mostATurn) return new Promise((resolve) => waiting.push(resolve));
    begun += 1;
    return undefined;
  };
}
