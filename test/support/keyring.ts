// Key rows in memory, under the same rule as the store's: a save on an older revision is stale.
import { randomBytes } from "node:crypto";
import { steadyClock } from "../../src/clock.ts";
import { Failure } from "../../src/failure.ts";
import { systemRandom } from "../../src/random.ts";
import { type Keyring, type KeyRecords, type KeyringParts, openKeyring } from "../../src/tokens/keyring.ts";

type Rows = Awaited<ReturnType<KeyRecords["load"]>>;

/** `rows` may be looked at and damaged; `events` are those of the saves that went through. */
export type MemoryKeys = KeyRecords & { rows: Rows; events: string[] };

export function memoryKeys(): MemoryKeys {
  const keys: MemoryKeys = {
    rows: { revision: 0, signingKeys: [], dataKeys: [] },
    events: [],
    load: async () => structuredClone(keys.rows),
    async save({ event, ...rows }) {
      if (rows.revision !== keys.rows.revision) throw new Failure("stale", "the keys changed");
      keys.rows = structuredClone({ ...rows, revision: rows.revision + 1 });
      keys.events.push(event);
    },
  };
  return keys;
}

/** A clock that stands still until it is moved. */
export function heldClock(start = 1_800_000_000_000) {
  let at = start;
  const clock = steadyClock(0, () => at);
  return { now: () => clock.now(), advance: (ms: number) => void (at += ms) };
}

export const keyringParts = (parts: Partial<KeyringParts> = {}): KeyringParts => ({
  records: memoryKeys(),
  kek: randomBytes(32),
  clock: heldClock(),
  random: systemRandom,
  jwksMaxAge: 300,
  maxAccessTokenTtl: 3600,
  rotationInterval: 90 * 86_400,
  ...parts,
});

/** A keyring over rows of its own, or over the given ones. */
export const testKeyring = (parts: Partial<KeyringParts> = {}): Promise<Keyring> => openKeyring(keyringParts(parts));
