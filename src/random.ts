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
  const bytes = random.bytes(12);
  return digits(now, 10) + digits(numberOf(bytes, 0) % 36 ** 6, 6) + digits(numberOf(bytes, 6) % 36 ** 5, 5);
}

const digits = (value: number, length: number): string => value.toString(36).padStart(length, "0");

/** Of six bytes: so many more than its digits hold that cutting it to them favours none by more than 1 in 100,000. */
function numberOf(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; at < from + 6; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}
