// The form under which a verified e-mail address is looked up.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emailKey } from "../../src/policy/email.ts";

describe("the key of an address", () => {
  it("has the domain as DNS compares it", () => {
    expect(emailKey(" ada@Harbour.TEST ")).toBe("ada@harbour.test");
    expect(emailKey("ada@ｈarbour.test")).toBe("ada@harbour.test");
  });

  it("I-ID-03: keeps the case of the local part", () => {
    expect(emailKey("Ada@harbour.test")).not.toBe(emailKey("ada@harbour.test"));
  });

  it("I-ID-02: keeps look-alike local parts apart", () => {
    const alike = ["ada", "ａda", "ad\u{200b}a", "аda", "ada\u{ad}", "ﬁn", "fin", "ª", "a"];
    expect(new Set(alike.map((local) => emailKey(`${local}@harbour.test`))).size).toBe(alike.length);
  });

  it("is the same for the two ways to write an accented letter", () => {
    expect(emailKey("zo\u{eb}@harbour.test")).toBe(emailKey("zoe\u{308}@harbour.test"));
  });

  it("I-ID-02: takes only the ASCII @ for the one that divides", () => {
    expect(emailKey("victim＠harbour.test")).toBe("");
    expect(emailKey("ada@evil.test＠harbour.test")).toBe("");
    expect(emailKey("victim@harbour.test＠evil.test")).toBe("");
    expect(emailKey('"a@b"@Harbour.test')).toBe('"a@b"@harbour.test');
  });

  it("is empty for what is no address", () => {
    for (const text of ["", "@", "ada", "ada@", "@harbour.test", " @harbour.test", "ada@ ", "ada@har bour.test"])
      expect(emailKey(text)).toBe("");
  });

  it("is its own key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (local, domain) => {
        const key = emailKey(`${local}@${domain}`);
        expect(emailKey(key)).toBe(key);
      }),
    );
  });
});
