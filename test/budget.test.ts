// Budgets: what is left, when it comes back, and what is forgotten.
import { describe, expect, it } from "vitest";
import { createBudget } from "../src/budget.ts";

const exhausted = (retryAfterMs: number): unknown =>
  expect.objectContaining({ kind: "exhausted", reason: "RATE_LIMITED", retryAfterMs });

function setUp(points = 3) {
  let now = 1000;
  const budget = createBudget({ points, seconds: 1 }, () => now);
  return { budget, pass: (ms: number) => void (now += ms) };
}

describe("a budget", () => {
  it("F13: gives what it has, says how long to wait for more, and gives it then", () => {
    const { budget, pass } = setUp();
    budget.take("a", 2);
    pass(400);
    budget.take("a");
    expect(() => budget.take("a")).toThrow(exhausted(600));
    pass(599);
    expect(() => budget.take("a")).toThrow(exhausted(1));
    pass(1);
    budget.take("a", 3);
    expect(() => budget.take("a")).toThrow(exhausted(1000));
  });

  it("is each key's own, and what is refused costs nothing", () => {
    const { budget } = setUp();
    budget.take("a", 2);
    expect(() => budget.take("a", 2)).toThrow(exhausted(1000));
    budget.take("a");
    budget.take("b", 3);
  });

  it("can be asked without being spent, and overdrawn by what has happened already", () => {
    const { budget, pass } = setUp();
    for (let turn = 0; turn < 5; turn++) budget.check("a");
    for (let turn = 0; turn < 2; turn++) budget.add("a");
    budget.check("a");
    for (let turn = 0; turn < 2; turn++) budget.add("a");
    expect(() => budget.check("a")).toThrow(exhausted(1000));
    pass(1000);
    budget.check("a");
  });

  it("F13: forgets those that began longest ago when there are too many, and no others", () => {
    const { budget } = setUp(1);
    budget.take("first");
    for (let key = 0; key < 100_000; key++) budget.take(`key ${key}`);
    // Some are forgotten with each that begins, and the first was the first.
    budget.take("first");
    expect(() => budget.take("key 99999")).toThrow(exhausted(1000));
  });
});
