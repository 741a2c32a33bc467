// The heap of a process that has started, seen in a process of its own.
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const heap = new URL("../src/heap.ts", import.meta.url).href;

/** What a module prints that has left garbage in the old generation, as a start does. In MiB of what V8 holds. */
function held(settle: string): number {
  const code = `
    import { settleHeap } from ${JSON.stringify(heap)};
    let kept = Array.from({ length: 400_000 }, (_, at) => ({ at, next: [at] }));
    const made = kept.length;
    kept = [];
    ${settle}
    console.log(made && process.memoryUsage().heapTotal / 2 ** 20);
  `;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }));
}

it("gives back what only the start needed, and leaves nobody a function that collects", () => {
  const [before, after] = [held(""), held("settleHeap(); if ('gc' in globalThis) process.exit(1);")];

  expect(before).toBeGreaterThan(30);
  expect(after).toBeLessThan(15);
});
