// The symmetric keys of the instance: what is digested, tagged, derived, sealed or audited with them names its key.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import type { Random } from "../random.ts";
import { openWith, type SealContext, sealingKeyId, sealWith } from "./sealing.ts";

export const dataKeyPurposes = ["pepper", "tag", "derive", "seal", "audit"] as const;
export type DataKeyPurpose = (typeof dataKeyPurposes)[number];

/** A data key at rest, sealed with the KEK. */
export type DataKeyRecord = {
  id: string;
  purpose: DataKeyPurpose;
  status: "current" | "previous";
  sealedKey: string;
  createdAt: number;
};

/** A data key in memory; node's KeyObject shows nothing of it to util.inspect. */
export type DataKey = { record: DataKeyRecord; key: KeyObject };

/** How long a new key is only read with: by then every process of the instance has heard of it. */
export const dataKeySpreadMs = 60_000;

export type DataKeys = {
  /** Id of the key that `mac` and `seal` use now. */
  keyId(purpose: DataKeyPurpose): string;
  /** `<key id>.<base64url HMAC-SHA-256>` under the current key. */
  mac(purpose: DataKeyPurpose, value: string): string;
  /** The same under every valid key, at most two: what a stored digest of this value may look like. */
  macs(purpose: DataKeyPurpose, value: string): string[];
  /** The same under the named key; undefined if it is gone. */
  macUnder(purpose: DataKeyPurpose, keyId: string, value: string): string | undefined;
  /** Constant-time comparison; false after equal work if the key is unknown. */
  checkMac(purpose: DataKeyPurpose, value: string, mac: string): boolean;
  /** AES-256-GCM under the current "seal" key, bound to its place. */
  seal(context: SealContext, plaintext: string): string;
  /** Throws Failure `internal` if the value was changed, moved, or sealed with a key that is gone. */
  open(context: SealContext, sealed: string): string;
};

/** Works on whatever keys `loaded` answers at the moment of a call. */
export function createDataKeys(parts: { loaded: () => readonly DataKey[]; clock: Clock; random: Random }): DataKeys {
  const { loaded, clock, random } = parts;
  const keysOf = (purpose: DataKeyPurpose) => loaded().filter(({ record }) => record.purpose === purpose);
  const named = (purpose: DataKeyPurpose, id: string) => keysOf(purpose).find(({ record }) => record.id === id);
  const inUse = (purpose: DataKeyPurpose) => keyInUse(keysOf(purpose), clock.now());

  return {
    keyId: (purpose) => inUse(purpose).record.id,
    mac: (purpose, value) => macWith(inUse(purpose), value),
    macs: (purpose, value) => keysOf(purpose).map((key) => macWith(key, value)),
    macUnder(purpose, keyId, value) {
      const key = named(purpose, keyId);
      return key && macWith(key, value);
    },
    checkMac(purpose, value, mac) {
      const key = named(purpose, mac.slice(0, Math.max(mac.indexOf("."), 0)));
      // The key that stands in for an unknown one has another id, so its digest never equals.
      const expected = Buffer.from(macWith(key ?? inUse(purpose), value));
      const given = Buffer.from(mac);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
    seal(context, plaintext) {
      const { record, key } = inUse("seal");
      return sealWith({ id: record.id, key }, context, Buffer.from(plaintext), random);
    },
    open: (context, sealed) => openSealed(keysOf("seal"), context, sealed).toString(),
  };
}

/** Opens with whichever of `keys` the value names; throws Failure `internal`. */
export function openSealed(keys: readonly DataKey[], context: SealContext, sealed: string): Buffer {
  const found = keys.find(({ record }) => record.id === sealingKeyId(sealed));
  const opened = found && openWith({ id: found.record.id, key: found.key }, context, sealed);
  if (!opened) throw new Failure("internal", "internal error", { cause: `a sealed ${context.table} does not open` });
  return opened;
}

/** A new key of 32 random bytes whose id no key in `taken` has. */
export function newDataKey(parts: {
  purpose: DataKeyPurpose;
  taken: readonly DataKey[];
  kek: KeyObject;
  now: number;
  random: Random;
}): DataKey {
  const { purpose, taken, kek, now, random } = parts;
  let id = newKeyId(random);
  while (taken.some(({ record }) => record.id === id)) id = newKeyId(random);
  const key = createSecretKey(random.bytes(32));
  const sealedKey = wrap(key, kek, { id, purpose }, random);
  return { record: { id, purpose, status: "current", sealedKey, createdAt: now }, key };
}

/** Seals a data key with the KEK, and nothing else is ever sealed with that. */
export function wrap(
  key: KeyObject,
  kek: KeyObject,
  of: Pick<DataKeyRecord, "id" | "purpose">,
  random: Random,
): string {
  return sealWith({ id: "kek", key: kek }, wrapContext(of), key.export(), random);
}

/** Opens a data key; throws Failure `precondition` if this KEK did not seal it. */
export function unwrap(record: DataKeyRecord, kek: KeyObject): DataKey {
  const bytes = openWith({ id: "kek", key: kek }, wrapContext(record), record.sealedKey);
  if (!bytes)
    throw new Failure("precondition", "the key encryption key does not fit this store: it opens none of its keys");
  return { record, key: createSecretKey(bytes) };
}

const wrapContext = ({ id, purpose }: Pick<DataKeyRecord, "id" | "purpose">): SealContext => ({
  table: "data_key",
  row: id,
  purpose,
});

/** The current key, unless it is so young that another process may not know it: then the previous one still. */
function keyInUse(keys: readonly DataKey[], now: number): DataKey {
  const current = keys.find(({ record }) => record.status === "current");
  const previous = keys.find(({ record }) => record.status === "previous");
  const key = current && previous && now < current.record.createdAt + dataKeySpreadMs ? previous : current;
  if (!key) throw new Failure("internal", "internal error", { cause: "no data key of this purpose" });
  return key;
}

function macWith({ record, key }: DataKey, value: string): string {
  return `${record.id}.${createHmac("sha256", key).update(value).digest("base64url")}`;
}

function newKeyId(random: Random): string {
  const digits = random.bytes(6).reduce((id, byte) => id + (byte % 36).toString(36), "");
  return `k${digits}`;
}
