// An application's secret as text. It is generated, never chosen, so a keyed digest is all it needs at rest.
import { crc32 } from "node:zlib";
import type { Random } from "../random.ts";
import type { Keyring } from "./keyring.ts";

/** A new secret: `tsk_`, 256 random bits, and a checksum by which scanners know a leaked one. Shown once. */
export const newApplicationSecret = (random: Random): string => generated("tsk_", random);

/** The prefix, 256 random bits, and their checksum. */
export function generated(prefix: string, random: Random): string {
  const secret = prefix + Buffer.from(random.bytes(32)).toString("base64url");
  return secret + checksum(secret);
}

/** Whether a text has the form of a generated secret. Says nothing about whose it is, or whether it ever was one. */
export function looksLikeApplicationSecret(text: string): boolean {
  return /^tsk_[0-9A-Za-z_-]{49}$/.test(text) && checksum(text.slice(0, -6)) === text.slice(-6);
}

/** What is stored of a secret. */
export const applicationSecretDigest = (keyring: Pick<Keyring, "mac">, secret: string): string =>
  keyring.mac("pepper", secret);

/** CRC-32 as six base64url characters. */
function checksum(text: string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  return sum.toString("base64url");
}
