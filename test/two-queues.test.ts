// What is asked for stays, however much comes unasked; both have their bounds.
import { expect, it } from "vitest";
import { createTwoQueues } from "../src/two-queues.ts";

const sized = (size: number) => ({ size });

it("a flood of what nobody asks for pushes out nothing that was asked for", () => {
  const queues = createTwoQueues({ max: 10 });
  for (let at = 0; at < 10; at++) queues.set(`asked ${at}`, sized(at));
  for (let at = 0; at < 1000; at++) queues.setUnasked(`unasked ${at}`, sized(1));
  for (let at = 0; at < 10; at++) expect(queues.get(`asked ${at}`)).toEqual(sized(at));
  expect(queues.get("unasked 989")).toBeUndefined();
  expect(queues.get("unasked 990")).toBeDefined();
});

it("what came unasked counts as asked for from its first time on", () => {
  const queues = createTwoQueues({ max: 2 });
  queues.setUnasked("a", sized(1));
  const first = queues.get("a");
  for (const name of ["b", "c", "d"]) queues.setUnasked(name, sized(1));
  expect(queues.get("a")).toBe(first);
  queues.set("e", sized(1));
  queues.set("f", sized(1));
  expect(queues.get("a")).toBeUndefined();
});

it("what is deleted is gone from both, and sizes count", () => {
  const queues = createTwoQueues({ max: 9, maxSize: 5 });
  queues.setUnasked("a", sized(3));
  queues.delete("a");
  expect(queues.get("a")).toBeUndefined();
  queues.setUnasked("b", sized(3));
  queues.setUnasked("c", sized(3));
  expect(queues.get("b")).toBeUndefined();
  queues.set("d", sized(4));
  expect(queues.get("c")).toBeDefined();
  expect(queues.get("d")).toBeUndefined();
});
