// Calls begin in the order they came, and only so many in one turn of the event loop.
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTurns } from "../../src/transport/turns.ts";

function setUp() {
  const turn = createTurns();
  const begun: number[] = [];
  const ask = (count: number) => {
    for (let at = 0; at < count; at++) {
      const mine = asked++;
      const waits = turn();
      if (waits === undefined) begun.push(mine);
      else void waits.then(() => begun.push(mine));
    }
  };
  let asked = 0;
  return { ask, begun };
}

describe("a turn of the event loop", () => {
  it("F13: lets 32 calls begin at once, and the rest in their order, 32 a turn", async () => {
    const { ask, begun } = setUp();
    ask(100);
    const sizes = [begun.length];
    while (begun.length < 100) {
      await nextTurn();
      sizes.push(begun.length);
    }
    expect(sizes).toEqual([32, 64, 96, 100]);
    expect(begun).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it("lets nobody overtake who waits, and is empty again afterwards", async () => {
    const { ask, begun } = setUp();
    ask(40);
    await nextTurn();
    ask(30);
    expect(begun).toHaveLength(64);
    await nextTurn();
    expect(begun).toEqual(Array.from({ length: 70 }, (_, at) => at));
    await nextTurn();
    ask(32);
    expect(begun).toHaveLength(102);
  });
});
