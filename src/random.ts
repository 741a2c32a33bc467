// Randomness, handed down so that tests can repeat it, and the ids made of it.
import { randomBytes } from "node:crypto";

export type Random = {
  bytes(length: number): Uint8Array;
};

export const systemRandom: Random = pooled(4096);

/** Asks the system for many bytes at once, which costs as much as for a few. None is handed out twice. */
function pooled(size: number): Random {
  let pool = new Uint8Array();
  return {
    bytes(length) {
      if (length > size) return randomBytes(length);
      if (length > pool.length) pool = randomBytes(size);
      const bytes = pool.subarray(0, length);
      pool = pool.subarray(length);
      return bytes;
    },
  };
}

/** 21 characters of [0-9a-z]: 48 bits of time in ten, then 56 random bits in eleven. Sorts by time of birth. */
export function newId(now: number, random: Random): string {
  const tail = random.bytes(7).reduce<bigint>((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return now.toString(36).padStart(10, "0") + tail.toString(36).padStart(11, "0");
}
