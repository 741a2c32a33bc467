// How the bytes of a request are put together: how often they are copied, and how much they may take meanwhile.
import { describe, expect, it } from "vitest";
import { collectBody, prefixBytes } from "../../src/transport/grpc-message.ts";
import { uint32 } from "../support/raw-http2.ts";

const kib = 1024;

/** Adds the prefix of a message that says it has so many bytes, then parts of a size; answers the buffers it had. */
function collect(said: number, parts: readonly number[]) {
  const body = collectBody();
  const buffers = new Set<ArrayBufferLike>();
  body.add(Buffer.concat([Buffer.of(0), uint32(said)]));
  for (const size of parts) {
    body.add(Buffer.alloc(size, "x"));
    buffers.add(body.bytes().buffer);
  }
  return { body, buffers };
}

describe("a body in parts", () => {
  it("is copied a few times, in as much room as it says or twice of what came", () => {
    const { body, buffers } = collect(
      72 * kib,
      [16, 16, 16, 16, 8].map((size) => size * kib),
    );
    expect(body.bytes()).toHaveLength(prefixBytes + 72 * kib);
    expect(buffers.size).toBeLessThanOrEqual(4);
    expect(body.bytes().buffer.byteLength).toBe(prefixBytes + 72 * kib);
    // Saying much reserves little.
    const early = collect(250 * kib, [16 * kib, 1]).body.bytes();
    expect(early.buffer.byteLength).toBeLessThanOrEqual(2 * early.length);
  });

  it("F16: is copied as seldom where more comes than it says", () => {
    const { buffers } = collect(1, [...Array<number>(8).fill(16 * kib), ...Array<number>(5000).fill(1)]);
    expect(buffers.size).toBeLessThanOrEqual(10);
  });

  it("is let go of, and counts all the same", () => {
    const { body } = collect(16, [16]);
    body.letGo();
    expect(body.bytes()).toHaveLength(0);
    expect(body.length()).toBe(prefixBytes + 16);
  });
});
