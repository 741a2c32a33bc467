// Which tab leads: the one that holds the Web Lock. The browser passes it on when a tab closes, crashes or resigns.

/** The part of LockManager that is used. */
export type Locks = {
  request(name: string, options: LockRequest, hold: (lock: unknown) => Promise<void>): Promise<unknown>;
};

type LockRequest = { ifAvailable?: boolean; signal?: AbortSignal };

export type Candidacy = { locks: Locks; name: string; elected: (inheriting: boolean) => void };

/**
 * Stands for election and stays until it resigns. `elected` is told whether this tab waited in line, which means that
 * there was a leader before it. Answers how to resign.
 */
export function stand({ locks, name, elected }: Candidacy): () => void {
  const resigned = new AbortController();
  const hold = (inheriting: boolean) =>
    new Promise<void>((release) => {
      if (resigned.signal.aborted) return release();
      resigned.signal.addEventListener("abort", () => release(), { once: true });
      elected(inheriting);
    });
  run().catch((error: unknown) => {
    if (!resigned.signal.aborted) throw error;
  });
  return () => resigned.abort();

  async function run(): Promise<void> {
    let was = false;
    await locks.request(name, { ifAvailable: true }, async (lock) => {
      was = lock !== null;
      if (was) await hold(false);
    });
    if (!was) await locks.request(name, { signal: resigned.signal }, () => hold(true));
  }
}
