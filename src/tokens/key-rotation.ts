// Changes of the key set, each as rows to be saved: first keys, promotion, revocation, new data keys, a new KEK.
import type { KeyObject } from "node:crypto";
import { Failure } from "../failure.ts";
import { type KeyRequest, type KeyTimes, planKeys } from "../policy/keys.ts";
import type { Random } from "../random.ts";
import {
  type DataKey,
  type DataKeyPurpose,
  type DataKeyRecord,
  dataKeyPurposes,
  newDataKey,
  openSealed,
  unwrap,
  wrap,
} from "./data-keys.ts";
import { isOfLine, type KeyLine, type KeyState, sealKeys } from "./key-state.ts";
import { type SealContext, sealWith } from "./sealing.ts";
import { newSigningKey, privateKeyContext, proveSigningKey, type SigningKeyRecord } from "./signing-key.ts";

/** How the trail tells of a change that somebody asked for through a door. */
export type KeyAudit = { event: string; subject: string; actor: string; clientId: string; requestId: string };

/** The rows that shall replace all others, and what the audit calls it; `by` is absent for the operator and the timer. */
export type KeyChange = { signingKeys: SigningKeyRecord[]; dataKeys: DataKeyRecord[]; event: string; by?: KeyAudit };

type Setting = { kek: KeyObject; now: number; random: Random };

/**
 * How long a data key stays readable once replaced at the very least: the absolute life of a refresh family. A second
 * rotation drops it, and what is still digested or sealed under it is lost.
 */
export const dataKeyOverlapMs = 30 * 24 * 3_600_000;

/** Everything for an empty store: five data keys, an ES256 key to sign tokens with its successor, one for checkpoints. */
export async function firstKeys({ kek, now, random }: Setting, times: KeyTimes): Promise<KeyChange> {
  const dataKeys: DataKey[] = [];
  for (const purpose of dataKeyPurposes) dataKeys.push(newDataKey({ purpose, taken: dataKeys, kek, now, random }));
  const nothing: KeyState = { revision: 0, rows: [], usable: new Map(), dataKeys };
  const lines: KeyLine[] = [
    { purpose: "access", algorithm: "ES256" },
    { purpose: "checkpoint", algorithm: "ES256" },
  ];
  const signingKeys = await planLines({ state: nothing, request: { kind: "tick" }, lines, now, random, times });
  return { signingKeys, dataKeys: dataKeys.map(({ record }) => record), event: "keys.created" };
}

/**
 * Brings `lines` to where `request` and the time want them; undefined if they are there already. A key is tried before
 * it becomes Current: a broken one throws instead of taking over. Throws Failure `notFound` for a kid to be revoked.
 */
export async function advanceKeys(parts: {
  state: KeyState;
  request: KeyRequest;
  lines: readonly KeyLine[];
  now: number;
  random: Random;
  times: KeyTimes;
  event: string;
}): Promise<KeyChange | undefined> {
  const { state, request, event } = parts;
  if (request.kind === "revoke" && !state.rows.some(({ kid }) => kid === request.kid)) {
    throw new Failure("notFound", "no such signing key");
  }
  const signingKeys = await planLines(parts);
  const isSame = signingKeys.length === state.rows.length && signingKeys.every((row) => state.rows.includes(row));
  if (isSame) return undefined;
  for (const { kid, status } of signingKeys) {
    const key = state.usable.get(kid);
    if (key && status === "current" && key.record.status !== "current") await proveSigningKey(key);
  }
  return { signingKeys, dataKeys: state.dataKeys.map(({ record }) => record), event };
}

/**
 * Replaces the current data key of `purpose` and drops the one before it. A new "seal" key takes over the private keys
 * at once; what others sealed they seal again themselves. Throws Failure `precondition` while the replaced key is
 * younger than `dataKeyOverlapMs`, or if `kek` is no longer the one this store is sealed with.
 */
export function replaceDataKey(state: KeyState, purpose: DataKeyPurpose, setting: Setting): KeyChange {
  // Another process may have changed the KEK: a store sealed with two would open with neither.
  for (const { record } of state.dataKeys) unwrap(record, setting.kek);
  const old = state.dataKeys.filter(({ record }) => record.purpose === purpose);
  const replaced = old.find(({ record }) => record.status === "current");
  if (old.length > 1 && replaced && setting.now < replaced.record.createdAt + dataKeyOverlapMs) {
    throw new Failure("precondition", `the previous ${purpose} key is still needed`);
  }
  const made = newDataKey({ ...setting, purpose, taken: state.dataKeys });
  const others = state.dataKeys.filter((key) => !old.includes(key)).map(({ record }) => record);
  const previous = replaced ? [{ ...replaced.record, status: "previous" as const }] : [];
  return {
    signingKeys: purpose === "seal" ? resealed(state, made, setting.random) : state.rows,
    dataKeys: [...others, ...previous, made.record],
    event: "data_key.rotated",
  };
}

/** Seals every data key with another KEK. The data keys stay the same, and so does all that they protect. */
export function rewrapped(state: KeyState, kek: KeyObject, random: Random): KeyChange {
  const dataKeys = state.dataKeys.map(({ record, key }) => ({ ...record, sealedKey: wrap(key, kek, record, random) }));
  return { signingKeys: state.rows, dataKeys, event: "kek.replaced" };
}

async function planLines(parts: {
  state: KeyState;
  request: KeyRequest;
  lines: readonly KeyLine[];
  now: number;
  random: Random;
  times: KeyTimes;
}): Promise<SigningKeyRecord[]> {
  const { state, request, lines, now, times } = parts;
  const planned: SigningKeyRecord[] = state.rows.filter((row) => !lines.some((line) => isOfLine(row, line)));
  for (const line of lines) {
    const rows = state.rows.filter((row) => isOfLine(row, line));
    const { keys, missing } = planKeys(rows, request, now, times);
    planned.push(...keys);
    for (const status of missing) {
      // Only access tokens have verifiers with caches that must know a key before it signs.
      if (status === "next" && line.purpose !== "access") continue;
      planned.push((await newSigningKey({ ...line, status, now, seal: sealer(state.dataKeys, parts.random) })).record);
    }
  }
  return planned;
}

/** Seals private keys with the newest key: unlike other values they are read together with the rows of data keys. */
function sealer(dataKeys: readonly DataKey[], random: Random) {
  const newest = sealKeys(dataKeys).find(({ record }) => record.status === "current");
  if (!newest) throw new Failure("internal", "internal error", { cause: "no key to seal with" });
  return (context: SealContext, plaintext: string): string =>
    sealWith({ id: newest.record.id, key: newest.key }, context, Buffer.from(plaintext), random);
}

function resealed(state: KeyState, made: DataKey, random: Random): SigningKeyRecord[] {
  const seal = sealer([made], random);
  return state.rows.map((row) => {
    const context = privateKeyContext(row);
    const pem = openSealed(sealKeys(state.dataKeys), context, row.sealedPrivateKey).toString();
    return { ...row, sealedPrivateKey: seal(context, pem) };
  });
}
