// AES-256-GCM around what must not lie in the store in plain: keys and upstream secrets (NIST SP 800-38D).
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import type { Random } from "../random.ts";

/** Where a sealed value lives. It opens nowhere else: a value copied to another row or column is refused. */
export type SealContext = { table: string; row: string; purpose: string };

export type SealingKey = { id: string; key: KeyObject };

const nonceBytes = 12;
const tagBytes = 16;

/** Answers `<key id>.<base64url of nonce, ciphertext, tag>`. The nonce is fresh: sealing twice differs. */
export function sealWith({ id, key }: SealingKey, context: SealContext, plaintext: Uint8Array, random: Random): string {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(id, context));
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `${id}.${sealed.toString("base64url")}`;
}

/** Undoes sealWith; undefined if key, context or a single bit is not the one it was sealed with. */
export function openWith({ id, key }: SealingKey, context: SealContext, sealed: string): Buffer | undefined {
  if (sealingKeyId(sealed) !== id) return undefined;
  const encoded = sealed.slice(id.length + 1);
  const bytes = Buffer.from(encoded, "base64url");
  if (bytes.length < nonceBytes + tagBytes || bytes.toString("base64url") !== encoded) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(associatedData(id, context));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The id of the key a value was sealed with, as it says itself. */
export function sealingKeyId(sealed: string): string {
  return sealed.slice(0, Math.max(sealed.indexOf("."), 0));
}

/** A JSON list, so that no two contexts spell the same bytes. */
const associatedData = (id: string, { table, row, purpose }: SealContext): Buffer =>
  Buffer.from(JSON.stringify([id, table, row, purpose]));
