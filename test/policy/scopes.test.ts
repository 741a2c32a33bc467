// Scope strings, and what is left of what was asked.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { narrow, parseScope } from "../../src/policy/scopes.ts";

const names = fc.uniqueArray(fc.constantFrom("read", "write", "own", "pay", "ships:read"));

describe("a scope string", () => {
  it("is its names, each once, in their order", () => {
    expect(parseScope("b a b")).toEqual(["b", "a"]);
    fc.assert(
      fc.property(names, (list) => {
        expect(parseScope(list.join(" "))).toEqual(list);
      }),
    );
  });

  it("has names of up to 128 characters", () => {
    expect(parseScope("a".repeat(128))).toEqual(["a".repeat(128)]);
    expect(parseScope("a".repeat(129))).toBeUndefined();
  });

  it("has every character of RFC 6749 section 3.3 and no other", () => {
    for (let code = 0; code < 0x180; code += 1) {
      const character = String.fromCharCode(code);
      const legal = code >= 0x21 && code <= 0x7e && character !== '"' && character !== "\\";
      expect(parseScope(`a${character}b`)).toEqual(legal ? [`a${character}b`] : code === 0x20 ? ["a", "b"] : undefined);
    }
  });

  it("breaks the grammar with a space too many", () => {
    for (const scope of [" ", " a", "a ", "a  b", "a\tb", "a\nb"]) expect(parseScope(scope)).toBeUndefined();
  });
});

describe("narrowing", () => {
  it("never widens: what is left was permitted and asked, in the order of what is permitted", () => {
    fc.assert(
      fc.property(names, names, (permitted, asked) => {
        const left = narrow(permitted, asked);
        expect(left).toEqual(permitted.filter((name) => asked.includes(name)));
        expect(narrow(left, asked)).toEqual(left);
      }),
    );
  });

  it("leaves everything where nothing was asked, and nothing where the empty scope was", () => {
    expect(narrow(["read", "write"], null)).toEqual(["read", "write"]);
    expect(narrow(["read", "write"], [])).toEqual([]);
  });
});
