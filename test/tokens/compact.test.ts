// One spelling per token and one meaning per document: both sides of each limit, and what readers disagree about.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { parseCompact, parseJson } from "../../src/tokens/compact.ts";

const part = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");
const token = (payload: string | Uint8Array, header: string | Uint8Array = '{"alg":"ES256"}') =>
  `${part(header)}.${part(payload)}.AAAA`;
const good = token('{"sub":"alice"}');

function refusal(text: string, maxBytes?: number): string {
  try {
    parseCompact(text, maxBytes);
  } catch (error) {
    return error instanceof Failure ? error.kind : "not a Failure";
  }
  return "accepted";
}

describe("the form", () => {
  it("gives back header, payload and the one spelling", () => {
    const { header, payload, canonical } = parseCompact(good);
    expect({ ...header }).toEqual({ alg: "ES256" });
    expect({ ...payload }).toEqual({ sub: "alice" });
    expect(canonical).toBe(good);
  });

  it.each([
    ["leading space", ` ${good}`],
    ["trailing newline", `${good}\n`],
    ["padding", `${good}==`],
    ["a space inside", good.replace(".", ". ")],
    ["quotes", `"${good}"`],
    ["JSON serialization", JSON.stringify({ payload: "e30", protected: "e30", signature: "AAAA" })],
    ["braces", `{${good}}`],
    ["non-ASCII", `${good}é`],
    ["standard base64", good.replace("AAAA", "A+/A")],
    ["NUL", `${good}\0`],
    ["two parts", "e30.e30"],
    ["four parts", `${good}.AAAA`],
    ["six parts", `${good}.AAAA.AAAA.AAAA`],
    ["an empty header", ".e30.AAAA"],
    ["an empty payload", "e30..AAAA"],
    ["an empty signature, as alg none has it", "e30.e30."],
    ["nothing", ""],
  ])("N1-11: %s is refused", (_name, text) => {
    expect(refusal(text)).toBe("badToken");
  });

  it("N1-13 N1-14: a JWE, five parts, is refused before anything is decoded", () => {
    const header = part('{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":2147483647,"zip":"DEF"}');
    expect(refusal(`${header}.AAAA.AAAA.AAAA.AAAA`)).toBe("badToken");
  });

  it.each(["AB", "AAB", "A"])("N1-12: %s as signature, with unused bits set, is refused", (signature) => {
    expect(refusal(good.replace(/AAAA$/, signature))).toBe("badToken");
  });

  it("N1-12: no other spelling of a token is accepted", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_= \n.";
    const at = fc.nat({ max: good.length - 1 });
    fc.assert(
      fc.property(at, fc.constantFrom(...alphabet.split("")), (index, sign) => {
        const other = good.slice(0, index) + sign + good.slice(index + 1);
        if (refusal(other) !== "accepted") return;
        expect(other.split(".").map((text) => Buffer.from(text, "base64url").toString("base64url"))).toEqual(
          other.split("."),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("N1-29: 16,384 bytes pass and one more does not", () => {
    const head = `${part('{"alg":"ES256"}')}.${part("{}")}.`;
    expect(refusal(head + "A".repeat(16_384 - head.length))).toBe("accepted");
    expect(refusal(`${head}${"A".repeat(16_384 - head.length)}AAAA`)).toBe("badToken");
    expect(refusal(good, good.length)).toBe("accepted");
    expect(refusal(good, good.length - 1)).toBe("badToken");
  });
});

describe("the documents", () => {
  it.each([
    ["twice the same", '{"aud":"a","aud":"b"}'],
    ["twice the same, one escaped", '{"aud":"a","\\u0061ud":"b"}'],
    ["nested", '{"a":[{"b":1,"b":2}]}'],
    ["twice __proto__", '{"__proto__":1,"__proto__":2}'],
  ])("N1-15: a duplicate member (%s) is refused in header and payload", (_name, json) => {
    expect(refusal(token(json))).toBe("badToken");
    expect(refusal(token("{}", json))).toBe("badToken");
  });

  it.each([
    ["Latin-1", Buffer.from('{"sub":"é"}', "latin1")],
    ["UTF-16", Buffer.from('{"sub":"a"}', "utf16le")],
    ["a BOM", Buffer.from('\ufeff{"sub":"a"}')],
    ["overlong UTF-8", Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    [
      "a surrogate in UTF-8",
      Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ["an escaped lone surrogate", Buffer.from('{"sub":"\\ud800"}')],
    ["a list", Buffer.from("[]")],
    ["a string", Buffer.from('"a"')],
    ["null", Buffer.from("null")],
    ["a number", Buffer.from("1")],
    ["nothing but space", Buffer.from(" ")],
    ["something after it", Buffer.from("{} {}")],
    ["a comment", Buffer.from("{/* */}")],
    ["a trailing comma", Buffer.from('{"a":1,}')],
    ["a missing comma", Buffer.from('{"a":1 "b":2}')],
    ["a name without quotes", Buffer.from("{a:1}")],
    ["a bare newline in a string", Buffer.from('{"a":"\n"}')],
    ["an unknown escape", Buffer.from('{"a":"\\x41"}')],
    ["an open end", Buffer.from('{"a":')],
  ])("N1-16: %s is refused", (_name, bytes) => {
    expect(refusal(token(bytes))).toBe("badToken");
  });

  it.each(["1e400", "-1e400", "NaN", "Infinity", "01", "+1", "1.", ".5", "0x10"])(
    "N1-17: the number %s is refused",
    (number) => {
      expect(refusal(token(`{"exp":${number}}`))).toBe("badToken");
    },
  );

  it("a refusal tells nothing of what was read", () => {
    const limits = { depth: 4, members: 4, items: 4 };
    for (const text of ['{"secret":tru}', '{"secret":1,"secret":2}', '["secret"', "secret"]) {
      expect(() => parseJson(Buffer.from(text), limits)).toThrow(/^json: (?!.*secret)/);
    }
  });

  it("whatever JSON.stringify writes is read as JSON.parse reads it", () => {
    const limits = { depth: 64, members: 1_000, items: 1_000 };
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: "grapheme" }), (text) => {
        expect(JSON.stringify(parseJson(Buffer.from(text), limits))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});

/** The first is read by JSON.parse, the second sign by sign: they may not differ. */
describe.each([
  { spelled: "as JSON.stringify writes it", written: (text: string) => text },
  { spelled: "with a space", written: (text: string) => ` ${text}` },
])("a document, $spelled", ({ written }) => {
  const judged = (text: string) => refusal(token(written(text)));

  it("N1-29: may have 16 levels and not 17", () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
    expect(judged(nested(16))).toBe("accepted");
    expect(judged(nested(17))).toBe("badToken");
    expect(judged(`{"a":${"[".repeat(15)}${"]".repeat(15)}}`)).toBe("accepted");
    expect(judged(`{"a":${"[".repeat(16)}${"]".repeat(16)}}`)).toBe("badToken");
  });

  it("N1-29: may have 200 claims and not 201", () => {
    const claims = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, at])));
    expect(judged(claims(200))).toBe("accepted");
    expect(judged(claims(201))).toBe("badToken");
  });

  it("N1-29: may have 2,000 roles and not 2,001", () => {
    const roles = (count: number) => JSON.stringify({ roles: Array.from({ length: count }, () => "r") });
    expect(judged(roles(2_000))).toBe("accepted");
    expect(judged(roles(2_001))).toBe("badToken");
  });

  it("has members named like parts of JavaScript as members and nothing more", () => {
    const { payload } = parseCompact(token(written('{"__proto__":{"isAdmin":true},"constructor":1,"toJSON":2}')));
    const inner = payload["__proto__"] as object;
    for (const object of [payload, inner]) expect(Object.getPrototypeOf(object)).toBeNull();
    expect(Object.keys(payload)).toEqual(["__proto__", "constructor", "toJSON"]);
    expect(payload.isAdmin).toBeUndefined();
    expect("toString" in payload).toBe(false);
  });

  it("N1-15: says nothing twice, at any depth", () => {
    for (const twice of ['{"a":1,"a":1}', '{"a":[{"b":{},"b":{}}]}', '{"__proto__":1,"__proto__":1}'])
      expect(judged(twice)).toBe("badToken");
  });

  it("is read as JSON.parse reads it", () => {
    const limits = { depth: 64, members: 1_000, items: 1_000 };
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: "grapheme" }), (text) => {
        const read = parseJson(Buffer.from(written(`{"a":${text}}`)), limits);
        expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(`{"a":${text}}`)));
      }),
    );
  });
});
