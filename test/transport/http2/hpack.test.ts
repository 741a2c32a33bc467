// Compressed fields: the examples of RFC 7541, what Node's own HTTP/2 compresses, and what nobody should send.
import { connect } from "node:http2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sendTrailers } from "../../../src/transport/http2/answers.ts";
import { ProtocolFault } from "../../../src/transport/http2/frames.ts";
import { createFieldDecoder, encodeFields } from "../../../src/transport/http2/hpack.ts";
import { decodeHuffman } from "../../../src/transport/http2/huffman.ts";
import { ok, openServer } from "../../support/raw-http2.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const decoder = (most = 100_000) => {
  const decode = createFieldDecoder(most);
  return (hex: string | Buffer) => {
    const block = typeof hex === "string" ? bytes(hex) : hex;
    return decode(block, 0, block.length).fields.map(({ name, value }) => `${name}: ${value}`);
  };
};

const first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const third = [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com"];

describe("the examples of RFC 7541", () => {
  it.each([
    ["C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", ["custom-key: custom-header"]],
    ["C.2.2", "040c 2f73 616d 706c 652f 7061 7468", [":path: /sample/path"]],
    ["C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", ["password: secret"]],
    ["C.2.4", "82", [":method: GET"]],
  ])("%s is read", (_name, hex, fields) => {
    expect(decoder()(hex)).toEqual(fields);
  });

  it.each([
    [
      "C.3, without Huffman",
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
    [
      "C.4, with Huffman",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  ])("%s are read one after the other", (_name, ...blocks) => {
    const read = decoder();
    expect(blocks.map(read)).toEqual([
      first,
      [...first, "cache-control: no-cache"],
      [...third, "custom-key: custom-value"],
    ]);
  });

  it("C.6: a table of 256 bytes forgets its oldest fields", () => {
    const read = decoder();
    read("3fe1 01"); // the table has 256 bytes from now on
    read(
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
    );
    expect(read("4883 640e ffc1 c0bf")[0]).toBe(":status: 307");
    expect(read("c1").join()).toBe("cache-control: private");
    // The fourth is gone: ":status: 302" made room for ":status: 307".
    expect(() => read("c2")).toThrow(ProtocolFault);
  });
});

describe("a block", () => {
  const broken = [
    ["an index of nothing", "80"],
    ["an index beyond both tables", "be"],
    ["a name beyond both tables", "7f 00 01 61"],
    ["a text that is cut short", "00 01 61 05 61"],
    ["a text without a length", "00"],
    ["a name that is cut short", "00 7f"],
    ["an integer of many bytes", "00 7f ff ff ff ff 0f"],
    ["an integer that is cut short", "ff ff"],
    ["a table that is larger than allowed", "3f e2 1f"],
    ["a table that changes within", "82 20"],
    ["Huffman with the end of the text in it", "00 84 ff ff ff ff 00"],
    ["Huffman whose padding is not of ones", "00 81 00 00"],
    ["Huffman with a byte of padding", "00 82 1f ff 00"],
  ];
  it.each(broken)("I-H2-01: of %s ends the connection", (_name, hex) => {
    expect(() => decoder()(hex)).toThrow(ProtocolFault);
  });

  it("I-H2-01: of any bytes at all is read, or ends the connection, and does nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
        const read = decoder(1000);
        try {
          for (const block of blocks) read(Buffer.from(block));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolFault);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("I-H2-01: that unfolds to more than is kept is read to its end, and the next one still is", () => {
    const decode = createFieldDecoder(16_384);
    const large = encodeFields([["x", "y".repeat(3000)]]);
    large[0] = 0x40; // into the table
    decode(large, 0, large.length);
    const bomb = Buffer.alloc(30_000, 0xbe);
    const { fields, size } = decode(bomb, 0, bomb.length);
    expect(fields.length).toBeLessThan(10);
    expect(size).toBeGreaterThan(90_000_000);
    expect(decode(bomb, 0, 1).fields).toHaveLength(1);
  });

  it("of our own is read as it was written, however long its texts are", () => {
    const text = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 20_000,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 4 }), (fields) => {
        expect(decoder(1e6)(encodeFields(fields))).toEqual(fields.map(([name, value]) => `${name}: ${value}`));
      }),
    );
  });
});

describe("Huffman", () => {
  it("has a code for every octet: all that Node sends are read", async () => {
    const seen: Map<string, string>[] = [];
    const { port } = await openServer({
      onRequest(stream) {
        seen.push(new Map(stream.fields.map(({ name, value }) => [name, value])));
        sendTrailers(stream, ok);
      },
    });
    const session = connect(`http://127.0.0.1:${port}`);
    const octets = Array.from({ length: 224 }, (_, at) => String.fromCharCode(at + 32)).filter(
      (sign) => sign !== "\u007f",
    );
    // Long enough for the shortest codes, so that each is sent in Huffman, and different, so that tables fill and forget.
    const sent = octets.map((sign, at) => ({
      "x-one": `e${sign.repeat(1 + (at % 3))}${"e".repeat(60)}${at}`,
      [`x-${at}`]: "a",
    }));
    for (const fields of sent) {
      const stream = session.request({ ":path": "/", ...fields });
      await new Promise((resolve) => stream.on("close", resolve).resume());
    }
    session.destroy();
    for (const [at, fields] of sent.entries()) {
      expect(seen[at]?.get("x-one")).toBe(fields["x-one"]);
      expect(seen[at]?.get(`x-${at}`)).toBe("a");
    }
  });

  it("of any bytes is a text or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (some) => {
        const text = decodeHuffman(Buffer.from(some), 0, some.length);
        expect(text === undefined || text.length <= (some.length * 8) / 5).toBe(true);
      }),
    );
  });
});
