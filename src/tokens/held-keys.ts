// The opened keys of this process, and how they change: one change at a time here, settled by `stale` between processes.
import type { KeyObject } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Failure, unavailable } from "../failure.ts";
import type { KeyTimes } from "../policy/keys.ts";
import type { Random } from "../random.ts";
import { firstKeys, type KeyChange } from "./key-rotation.ts";
import { isEmpty, type KeyRows, type KeyState, openKeys } from "./key-state.ts";

/** Where the rows lie. */
export type KeyRecords = {
  /** All rows as of one revision; revision 0 means that this store never had keys. */
  load(): Promise<KeyRows>;
  /** Replaces all key rows if nothing changed them since `revision`; throws Failure `stale` otherwise. */
  save(state: KeyRows & Pick<KeyChange, "event" | "by">): Promise<void>;
};

export type HeldKeys = {
  /** Throws Failure `unavailable` once closed. */
  state(): KeyState;
  /** Plans on what the store holds now and saves it; plans again whenever another process came first. */
  change(plan: (state: KeyState) => Promise<KeyChange | undefined>): Promise<void>;
  close(): void;
};

export type HeldKeysParts = {
  records: KeyRecords;
  /** The KEK as it is at the moment of a call. */
  kek: () => KeyObject;
  clock: Clock;
  random: Random;
  times: KeyTimes;
};

const attempts = 10;

/** Opens the keys of a store; makes the first ones if it never had any. Throws as openKeys does. */
export async function holdKeys(parts: HeldKeysParts): Promise<HeldKeys> {
  const { records, kek } = parts;
  let opened: KeyState | undefined = await openOrCreate(parts);
  let lastChange: Promise<void> = Promise.resolve();

  function state(): KeyState {
    if (!opened) throw unavailable("the keyring is closed");
    return opened;
  }

  async function reload(): Promise<KeyState> {
    const rows = await records.load();
    const next = rows.revision === state().revision ? state() : await openKeys(rows, kek(), state());
    // Opening takes a while, and a keyring closed meanwhile stays closed.
    state();
    opened = next;
    return next;
  }

  async function settle(plan: (state: KeyState) => Promise<KeyChange | undefined>): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const before = await reload();
      const wanted = await plan(before);
      if (!wanted) return;
      if (await saved(records, { revision: before.revision, ...wanted })) {
        await reload();
        return;
      }
    }
    throw unavailable("the keys kept changing");
  }

  return {
    state,
    change(plan) {
      const turn = lastChange.then(() => settle(plan));
      lastChange = turn.catch(() => undefined);
      return turn;
    },
    close() {
      opened = undefined;
    },
  };
}

async function openOrCreate({ records, kek, clock, random, times }: HeldKeysParts): Promise<KeyState> {
  const rows = await records.load();
  if (!isEmpty(rows)) return openKeys(rows, kek());
  const first = await firstKeys({ kek: kek(), now: clock.now(), random }, times);
  // If another process was faster, its keys are the keys.
  await saved(records, { revision: rows.revision, ...first });
  return openKeys(await records.load(), kek());
}

/** False if another process changed the rows first. */
async function saved(records: KeyRecords, rows: KeyRows & Pick<KeyChange, "event" | "by">): Promise<boolean> {
  try {
    await records.save(rows);
    return true;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === "stale") return false;
    throw thrown;
  }
}
