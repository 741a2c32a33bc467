// How bytes become frames, however they are cut on their way, and frames bytes again.
import { PassThrough } from "node:stream";
import type { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createFrameReader, headBytes, largestFrame } from "../../../src/transport/http2/frames.ts";
import { createOutlet } from "../../../src/transport/http2/outlet.ts";
import { frame, preface } from "../../support/raw-http2.ts";

type Sent = { type: number; flags: number; stream: number; payload: Buffer };

const bytesOf = ({ type, flags, stream, payload }: Sent): Buffer => frame(type, flags, stream, payload);

/** What a reader hands on of these parts. */
function read(parts: readonly Buffer[]): Sent[] {
  const seen: Sent[] = [];
  const take = createFrameReader(({ bytes, from, to, type, flags, stream }) =>
    seen.push({ type, flags, stream, payload: Buffer.from(bytes.subarray(from, to)) }),
  );
  for (const part of parts) {
    take(part);
    // What was read may be used anew: nothing of it may still be needed.
    part.fill(0xff);
  }
  return seen;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => Buffer.from(bytes.subarray(at[i], end)));
}

const sizes = fc.oneof(fc.constantFrom(0, 1, 4095, 4096, largestFrame), fc.nat(200));
const anyFrame = fc
  .record({ type: fc.nat(9), flags: fc.nat(255), stream: fc.nat(1000), size: sizes, fill: fc.nat(255) })
  .map(({ size, fill, ...head }): Sent => ({ ...head, payload: Buffer.alloc(size, fill) }));
const frames = fc.array(anyFrame, { minLength: 1, maxLength: 6 });

describe("frames", () => {
  it("are the same however their bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 12 }), (sent, places) => {
        const bytes = Buffer.concat([preface, ...sent.map(bytesOf)]);
        expect(read(cut(bytes, places))).toEqual(sent);
      }),
    );
  });

  it("are the same byte by byte", () => {
    const sent = [0, 1, 300].map((size, type) => ({ type, flags: 4, stream: 7, payload: Buffer.alloc(size, "x") }));
    const bytes = Buffer.concat([preface, ...sent.map(bytesOf)]);
    expect(read(cut(bytes, [...bytes.keys()]))).toEqual(sent);
  });

  it("are refused by their head where they are too large, and the preface by its first wrong byte", () => {
    const tooLarge = bytesOf({ type: 0, flags: 0, stream: 1, payload: Buffer.alloc(largestFrame + 1) });
    const heads = Buffer.concat([preface, tooLarge.subarray(0, headBytes)]);
    expect(() => read(cut(heads, [30]))).toThrow("the frame is too large");
    expect(() => read([Buffer.from("PRI * HTTP/1")])).toThrow("this is not HTTP/2");
  });

  it("leave without a copy where they are large, and those that are sent meanwhile leave too", async () => {
    const way = new PassThrough();
    const outlet = createOutlet(way as unknown as Socket);
    const [large, small] = [Buffer.alloc(4096, "l"), Buffer.alloc(4095, "s")];
    const parts: Buffer[] = [];
    way.on("data", (part: Buffer) => {
      if (parts.push(part) === 1) outlet.send(0, 1, 1, small);
    });
    outlet.send(0, 0, 1, large);
    await vi.waitFor(() =>
      expect(read([Buffer.concat([preface, ...parts.map((part) => Buffer.from(part))])])).toHaveLength(2),
    );
    expect(parts.filter((part) => part === large || part === small)).toEqual([large]);
  });

  it("leave in their order, each whole, whatever their sizes", async () => {
    await fc.assert(
      fc.asyncProperty(frames, async (sent) => {
        const way = new PassThrough();
        const outlet = createOutlet(way as unknown as Socket);
        for (const { type, flags, stream, payload } of sent) outlet.send(type, flags, stream, payload);
        outlet.end();
        const parts = (await way.toArray()) as Buffer[];
        expect(read([Buffer.concat([preface, ...parts])])).toEqual(sent);
      }),
    );
  });
});
