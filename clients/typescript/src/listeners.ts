// Those who want to hear of a change.

export type Listener<Value> = (value: Value | undefined) => void;

export type Listeners<Value> = {
  /** Answers how to stop listening. */
  subscribe: (listener: Listener<Value>) => () => void;
  tell: (value: Value | undefined) => void;
};

export function createListeners<Value>(): Listeners<Value> {
  const all = new Set<Listener<Value>>();
  return {
    subscribe(listener) {
      all.add(listener);
      return () => void all.delete(listener);
    },
    tell(value) {
      for (const listener of all) listener(value);
    },
  };
}
