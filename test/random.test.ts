// Ids: their form, their order, and that no two are alike.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId, type Random, systemRandom } from "../src/random.ts";

const latest = 2 ** 48 - 1;
const fixed = (value: number): Random => ({ bytes: (length) => new Uint8Array(length).fill(value) });

describe("an id", () => {
  it.each([
    ["the first moment and no random bit", 0, 0],
    ["every random bit", 1_800_000_000_000, 255],
    ["the last moment of 48 bits", latest, 255],
  ])("has 21 characters of 0-9 and a-z: %s", (_name, time, byte) => {
    expect(newId(time, fixed(byte))).toMatch(/^[0-9a-z]{21}$/);
  });

  it("sorts by its time of birth, whatever its random bits are", () => {
    const time = fc.integer({ min: 0, max: latest });
    fc.assert(
      fc.property(time, time, fc.nat(255), fc.nat(255), (one, two, a, b) => {
        fc.pre(one < two);
        expect(newId(one, fixed(a)) < newId(two, fixed(b))).toBe(true);
      }),
    );
  });

  it("holds 56 random bits: each of the twelve bytes it is made of changes it", () => {
    const made = Array.from({ length: 12 }, (_, place) => {
      const bytes = new Uint8Array(12);
      bytes[place] = 1;
      return newId(0, { bytes: () => bytes });
    });
    expect(new Set([...made, newId(0, fixed(0))]).size).toBe(13);
    // Eleven digits, each of which takes all its 36 values.
    const ids = Array.from({ length: 2000 }, () => newId(0, systemRandom));
    for (let at = 10; at < 21; at++) expect(new Set(ids.map((id) => id[at])).size).toBe(36);
  });

  it("F07: is new though the clock stands still", () => {
    const made = Array.from({ length: 20_000 }, () => newId(1_800_000_000_000, systemRandom));
    expect(new Set(made).size).toBe(made.length);
  });
});

describe("the system's randomness", () => {
  it("gives as many bytes as were asked for, other ones each time", () => {
    expect([0, 1, 7, 32].map((length) => systemRandom.bytes(length).length)).toEqual([0, 1, 7, 32]);
    const drawn = Array.from({ length: 1000 }, () => Buffer.from(systemRandom.bytes(32)).toString("hex"));
    expect(new Set(drawn).size).toBe(1000);
    expect(systemRandom.bytes(10_000).length).toBe(10_000);
  });
});
