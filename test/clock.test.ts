// The clock: it follows the wall, and holds still while the wall is behind.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { steadyClock } from "../src/clock.ts";

describe("steady clock", () => {
  it("F07: stands at the high-water mark until the wall has passed it", () => {
    let wall = 1000;
    const clock = steadyClock(5000, () => wall);
    expect(clock.now()).toBe(5000);
    wall = 5000;
    expect(clock.now()).toBe(5000);
    wall = 5001;
    expect(clock.now()).toBe(5001);
  });

  it("F07: never goes back, whatever the wall does, and is never behind it", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(), { minLength: 1 }), (mark, times) => {
        let wall = 0;
        const clock = steadyClock(mark, () => wall);
        let last = mark;
        for (wall of times) {
          const now = clock.now();
          expect(now).toBe(Math.max(last, wall));
          last = now;
        }
      }),
    );
  });

  it("is the machine's own when nobody hands it another", () => {
    const before = Date.now();
    const now = steadyClock().now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
