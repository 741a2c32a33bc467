// The form under which a verified e-mail address is looked up.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emailKey } from "../../src/policy/email.ts";

describe("the key of an address", () => {
  it("has the domain as DNS is asked for it", () => {
    expect(emailKey(" ada@Harbour.TEST ")).toBe("ada@harbour.test");
    expect(emailKey("ada@ｈarbour.test")).toBe("ada@harbour.test");
    expect(emailKey("ada@intern")).toBe("ada@intern");
  });

  it("I-ID-02: is one for a domain in Unicode and in punycode, and another for one that only looks like it", () => {
    const spellings = ["hafen-süd.test", "HAFEN-SÜD.test", "hafen-su\u{308}d.test", "XN--hafen-sd-d6a.test"];
    expect(new Set(spellings.map((domain) => emailKey(`ada@${domain}`)))).toEqual(
      new Set(["ada@xn--hafen-sd-d6a.test"]),
    );
    expect(emailKey("ada@hаrbour.test")).not.toBe(emailKey("ada@harbour.test"));
  });

  it.each(["/x", "\\x", "?x", "#x", ":25", ":", "%2E", ".", "\u{ad}", "\u{200b}", "[", "_", ",", "\0"])(
    "I-ID-02: is empty where a URL parser would cut or decode the domain: %j at its end",
    (suffix) => {
      expect(emailKey(`ada@harbour.test${suffix}`)).toBe("");
    },
  );

  it.each(["1.2", "harbour.1", "0x7f.1", "2130706433", "[127.0.0.1]", "harbour..test", ".test", "x.①"])(
    "is empty for %s, which is not the name of a host",
    (domain) => {
      expect(emailKey(`ada@${domain}`)).toBe("");
    },
  );

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

  it("in small ASCII letters is the address, as mapping it would say too", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => !text.includes("--"));
    const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{1,10}$/), domain, (local, name) => {
        expect(emailKey(`${local}@${name}`)).toBe(`${local}@${name}`);
        // Mapped, because of the capital.
        expect(emailKey(`${local}@${name.toUpperCase()}`)).toBe(`${local}@${name}`);
      }),
    );
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
