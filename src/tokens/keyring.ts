// The instance's keys in use: who signs now, who still verifies, and what is digested or sealed with which key.
import { createHash, createSecretKey } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Failure, unavailable } from "../failure.ts";
import { type Algorithm, type KeyRequest, type KeyTimes, type KeyUse, verifyingStatuses } from "../policy/keys.ts";
import type { Random } from "../random.ts";
import { createDataKeys, type DataKeyPurpose, type DataKeyRecord, type DataKeys } from "./data-keys.ts";
import { holdKeys, type KeyRecords } from "./held-keys.ts";
import { advanceKeys, type KeyAudit, replaceDataKey, rewrapped } from "./key-rotation.ts";
import { isOfLine, type KeyLine, type KeyState } from "./key-state.ts";
import type { CheckSignature, Sign } from "./signature.ts";
import type { SigningKey, SigningKeyRecord } from "./signing-key.ts";

export type { Algorithm } from "../policy/keys.ts";
export type { DataKeyPurpose, DataKeyRecord } from "./data-keys.ts";
export type { KeyRecords } from "./held-keys.ts";
export type { SealContext } from "./sealing.ts";
export type { SigningKeyRecord } from "./signing-key.ts";

export type Signer = { kid: string; algorithm: Algorithm; sign: Sign };
export type Published = { body: string; etag: string };
/** `check` is the same function for as long as the key may be used. */
export type Verifier = { algorithm: Algorithm; check: CheckSignature };

/** The rows without their keys. Times are milliseconds. */
export type KeyListing = {
  signingKeys: Omit<SigningKeyRecord, "publicJwk" | "sealedPrivateKey">[];
  dataKeys: Omit<DataKeyRecord, "sealedKey">[];
};

export type Keyring = DataKeys & {
  /** The Current key. Makes the first one of an algorithm that has none. */
  signer(algorithm: Algorithm, purpose?: KeyUse): Promise<Signer>;
  /** A key that is Next, Current or Previous for this purpose; undefined for all others, revoked ones included. */
  verifier(kid: string, purpose?: KeyUse): Verifier | undefined;
  /** The published set (RFC 7517 section 5), the same bytes on every process of the instance. */
  jwks(): Published;
  /** Reads what other processes changed, and promotes what is due. Call it often: a revoked key verifies until then. */
  tick(): Promise<void>;
  /** Next takes over as soon as it has been published for two JWKS cache lifetimes; at once if it has been. */
  rotate(by?: KeyAudit): Promise<void>;
  /** The key verifies nothing from now on. If it was Current its successor signs at once. Throws `notFound`. */
  revoke(kid: string, by?: KeyAudit): Promise<void>;
  /** Seals the data keys with another KEK of 32 bytes; nothing that they protect changes. */
  rewrap(kek: Uint8Array): Promise<void>;
  /** A new current data key, the old one stays readable. Throws `precondition` while the one before is needed. */
  rotateDataKey(purpose: DataKeyPurpose): Promise<void>;
  list(): KeyListing;
  /** Forgets every key; whatever is called afterwards throws `unavailable`. */
  close(): void;
};

export type KeyringParts = {
  records: KeyRecords;
  /** 32 bytes that seal the data keys and nothing else. */
  kek: Uint8Array;
  clock: Clock;
  random: Random;
  /** Seconds: how long others cache the key set, the longest access token, how long a key signs. */
  jwksMaxAge: number;
  maxAccessTokenTtl: number;
  rotationInterval: number;
};

/** Time for every process to hear of a promotion, and for the clocks of verifiers. */
const leewayMs = 300_000;

/**
 * Opens the keys of a store, or makes the first ones if it never had any. Throws Failure `precondition` if the KEK does
 * not fit the store or some keys are missing (nothing is ever made anew over an existing store), `internal` if a key
 * is damaged.
 */
export async function openKeyring(parts: KeyringParts): Promise<Keyring> {
  const { records, clock, random } = parts;
  const times = keyTimes(parts);
  let kek = importKek(parts.kek);
  const held = await holdKeys({ records, kek: () => kek, clock, random, times });
  const publish = publisher();

  const advance = (
    request: KeyRequest,
    event: string,
    { lines, by }: { lines?: readonly KeyLine[]; by?: KeyAudit } = {},
  ) =>
    held.change(async (state) => {
      const asked = { state, request, event, lines: lines ?? linesOf(state), now: clock.now(), random, times };
      const change = await advanceKeys(asked);
      return change && by ? { ...change, by } : change;
    });

  return {
    ...createDataKeys({ loaded: () => held.state().dataKeys, clock, random }),
    async signer(algorithm, purpose = "access") {
      const found = currentKey(held.state(), { purpose, algorithm });
      if (found) return found;
      await advance({ kind: "tick" }, "key.created", { lines: [{ purpose, algorithm }] });
      const made = currentKey(held.state(), { purpose, algorithm });
      if (!made) throw unavailable("no signing key");
      return made;
    },
    verifier(kid, purpose = "access") {
      const key = held.state().usable.get(kid);
      if (key?.record.purpose !== purpose) return undefined;
      return { algorithm: key.record.algorithm, check: key.check };
    },
    jwks: () => publish(held.state()),
    tick: () => advance({ kind: "tick" }, "keys.advanced"),
    rotate: (by) => advance({ kind: "rotate" }, "keys.rotated", { ...(by && { by }) }),
    revoke: (kid, by) => advance({ kind: "revoke", kid }, "key.revoked", { ...(by && { by }) }),
    async rewrap(bytes) {
      const wanted = importKek(bytes);
      await held.change(async (state) => rewrapped(state, wanted, random));
      kek = wanted;
    },
    rotateDataKey: (purpose) =>
      held.change(async (state) => replaceDataKey(state, purpose, { kek, now: clock.now(), random })),
    list: () => listing(held.state()),
    close: () => held.close(),
  };
}

const keyTimes = ({ jwksMaxAge, maxAccessTokenTtl, rotationInterval }: KeyringParts): KeyTimes => ({
  publishMs: 2 * jwksMaxAge * 1000,
  previousMs: maxAccessTokenTtl * 1000 + leewayMs,
  rotationMs: rotationInterval * 1000,
});

function importKek(bytes: Uint8Array) {
  if (bytes.length !== 32) throw new Failure("invalid", "the key encryption key must have 32 bytes");
  return createSecretKey(bytes);
}

function linesOf({ rows }: KeyState): KeyLine[] {
  const current = rows.filter(({ status }) => status === "current");
  return current.map(({ purpose, algorithm }) => ({ purpose, algorithm }));
}

function currentKey({ usable }: KeyState, line: KeyLine): Signer | undefined {
  const key = [...usable.values()].find(({ record }) => record.status === "current" && isOfLine(record, line));
  return key && { kid: key.record.kid, algorithm: line.algorithm, sign: key.sign };
}

/** Makes the published set once per state: Current, Next, Previous, and by kid, whatever order the store answers in. */
function publisher(): (state: KeyState) => Published {
  let made: { of: KeyState; published: Published } | undefined;
  return (state) => {
    if (made?.of === state) return made.published;
    const rank = ({ record }: SigningKey) => `${verifyingStatuses.indexOf(record.status)}${record.kid}`;
    const keys = [...state.usable.values()].filter(({ record }) => record.purpose === "access");
    keys.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    const body = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
    made = { of: state, published: { body, etag: `"${createHash("sha256").update(body).digest("base64url")}"` } };
    return made.published;
  };
}

function listing({ rows, dataKeys }: KeyState): KeyListing {
  return {
    signingKeys: rows.map(({ publicJwk: _public, sealedPrivateKey: _sealed, ...row }) => row),
    dataKeys: dataKeys.map(({ record: { sealedKey: _sealed, ...row } }) => row),
  };
}
