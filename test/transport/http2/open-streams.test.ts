// The open streams of a connection: found by their ids, walked along in their order, and forgotten once they are closed.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createOpenStreams } from "../../../src/transport/http2/open-streams.ts";
import type { Stream } from "../../../src/transport/http2/state.ts";

const streamOf = (id: number) => ({ id }) as Partial<Stream> as Stream;

it("are what was added and not removed, in the order of their ids", () => {
  const step = fc.record({ opens: fc.nat(3), closes: fc.array(fc.nat(40), { maxLength: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const open = createOpenStreams();
      const model = new Map<number, Stream>();
      let next = 1;
      for (const { opens, closes } of steps) {
        for (let left = opens; left > 0; left -= 1) {
          const stream = streamOf(next);
          open.add(stream);
          model.set(next, stream);
          next += 2;
        }
        for (const at of closes) {
          const stream = [...model.values()][at];
          if (stream === undefined) continue;
          open.remove(stream);
          // A second time changes nothing.
          open.remove(stream);
          model.delete(stream.id);
        }
        expect([...open]).toEqual([...model.values()]);
        expect(open.size).toBe(model.size);
        for (let id = 0; id < next + 2; id += 1) expect(open.get(id)).toBe(model.get(id));
      }
    }),
  );
});

it("are all walked along, though some are removed on the way", () => {
  const open = createOpenStreams();
  for (const id of [1, 3, 5, 7]) open.add(streamOf(id));
  const seen: number[] = [];
  for (const stream of open) {
    seen.push(stream.id);
    open.remove(stream);
  }
  expect(seen).toEqual([1, 3, 5, 7]);
  expect(open.size).toBe(0);
});

const child = fileURLToPath(new URL("open-streams-child.ts", import.meta.url));

/** Bytes that the old generation has more of after 2,000 streams of 4 KB came and went, with the flag that serve sets. */
const keptBy = (kind: "list" | "map"): number =>
  Number(execFileSync(process.execPath, ["--expose-gc", "--no-allocation-site-pretenuring", child, kind]));

it("are forgotten once they are closed, however old the connection is", () => {
  expect(keptBy("list")).toBeLessThan(500_000);
});

it("negative control: a Map hands them on from table to table, and V8 keeps them", () => {
  expect(keptBy("map")).toBeGreaterThan(1_500_000);
});
