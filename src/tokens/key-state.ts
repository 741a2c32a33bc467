// The instance's keys as opened from one revision of the store, and the checks that refuse a store they do not fit.
import type { KeyObject } from "node:crypto";
import { Failure } from "../failure.ts";
import { verifyingStatuses } from "../policy/keys.ts";
import { type DataKey, type DataKeyRecord, dataKeyPurposes, openSealed, unwrap } from "./data-keys.ts";
import { loadSigningKey, privateKeyContext, type SigningKey, type SigningKeyRecord } from "./signing-key.ts";

/** All key rows of a store. */
export type KeyRows = { revision: number; signingKeys: SigningKeyRecord[]; dataKeys: DataKeyRecord[] };

/** The rows, and the keys that may still be used. A revoked key is a row only. */
export type KeyState = {
  revision: number;
  rows: SigningKeyRecord[];
  usable: Map<string, SigningKey>;
  dataKeys: DataKey[];
};

/**
 * Opens every key. What `known` has in memory already is not opened again, so a running process outlives a change of
 * the KEK. Throws Failure `precondition` if the KEK does not fit or rows are missing, `internal` if a key is damaged.
 */
export async function openKeys(rows: KeyRows, kek: KeyObject, known?: KeyState): Promise<KeyState> {
  const dataKeys = rows.dataKeys.map((record) => {
    const old = known?.dataKeys.find((key) => key.record.id === record.id);
    return old ? { record, key: old.key } : unwrap(record, kek);
  });
  refuseIncomplete(rows);
  const usable = new Map<string, SigningKey>();
  for (const record of rows.signingKeys.filter(({ status }) => verifyingStatuses.includes(status))) {
    usable.set(record.kid, await openSigningKey(record, dataKeys, known?.usable.get(record.kid)));
  }
  return { revision: rows.revision, rows: rows.signingKeys, usable, dataKeys };
}

/** True for a store that never had keys. One whose rows are gone counts them still, and is refused as incomplete. */
export const isEmpty = ({ revision, signingKeys, dataKeys }: KeyRows): boolean =>
  revision === 0 && signingKeys.length === 0 && dataKeys.length === 0;

export const sealKeys = (dataKeys: readonly DataKey[]): DataKey[] =>
  dataKeys.filter(({ record }) => record.purpose === "seal");

/** A line is the keys of one purpose and algorithm: they follow each other. */
export type KeyLine = Pick<SigningKeyRecord, "purpose" | "algorithm">;

export const isOfLine = (row: KeyLine, line: KeyLine): boolean =>
  row.purpose === line.purpose && row.algorithm === line.algorithm;

async function openSigningKey(record: SigningKeyRecord, dataKeys: DataKey[], known?: SigningKey): Promise<SigningKey> {
  if (known) return { ...known, record };
  const pem = openSealed(sealKeys(dataKeys), privateKeyContext(record), record.sealedPrivateKey).toString();
  return loadSigningKey(record, pem);
}

/** A store that lost some of its keys must be restored: making new ones would hide the loss. */
function refuseIncomplete({ signingKeys, dataKeys }: KeyRows): void {
  const count = (rows: readonly { status: string }[], status: string) =>
    rows.filter((row) => row.status === status).length;
  const isWholeData = dataKeyPurposes.every((purpose) => {
    const rows = dataKeys.filter((row) => row.purpose === purpose);
    return count(rows, "current") === 1 && count(rows, "previous") === rows.length - 1 && rows.length <= 2;
  });
  const isWholeLine = signingKeys.every((key) => {
    const line = signingKeys.filter((row) => isOfLine(row, key));
    return count(line, "current") === 1 && count(line, "next") <= 1;
  });
  const hasEachUse = (["access", "checkpoint"] as const).every((use) => signingKeys.some((row) => row.purpose === use));
  if (isWholeData && isWholeLine && hasEachUse) return;
  throw new Failure(
    "precondition",
    "the stored keys are incomplete; nothing was generated, restore them from a backup",
  );
}
