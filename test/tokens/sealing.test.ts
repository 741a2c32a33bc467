// Sealed values: they open in their place with their key, and nowhere else.
import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/random.ts";
import { openWith, type SealContext, sealWith } from "../../src/tokens/sealing.ts";

const key = { id: "k000001", key: createSecretKey(randomBytes(32)) };
const place: SealContext = { table: "connector", row: "row-1", purpose: "clientSecret" };
const seal = (text: string) => sealWith(key, place, Buffer.from(text), systemRandom);
const open = (sealed: string) => openWith(key, place, sealed)?.toString();

describe("a sealed value", () => {
  it("opens to what was sealed, the empty text included", () => {
    for (const text of ["", "s", "grüße".repeat(500)]) expect(open(seal(text))).toBe(text);
  });

  it("names its key, hides its content, and differs each time", () => {
    const sealed = seal("plain-and-visible");
    expect(sealed).toMatch(/^k000001\.[0-9A-Za-z_-]+$/);
    expect(Buffer.from(sealed.slice(8), "base64url").toString("latin1")).not.toContain("plain-and-visible");
    expect(seal("plain-and-visible")).not.toBe(sealed);
  });
});

describe("D5: a sealed value does not open", () => {
  it("in another table, row or column", () => {
    const sealed = seal("secret");
    for (const other of [{ table: "signing_key" }, { row: "row-2" }, { purpose: "other" }]) {
      expect(openWith(key, { ...place, ...other }, sealed)).toBeUndefined();
    }
  });

  it("where the same characters are cut into other parts", () => {
    const sealed = sealWith(key, { table: "a", row: "b,c", purpose: "d" }, Buffer.from("x"), systemRandom);
    expect(openWith(key, { table: "a", row: "b", purpose: "c,d" }, sealed)).toBeUndefined();
  });

  it("with another key, whether it has the same id or not", () => {
    const sealed = seal("secret");
    const other = createSecretKey(randomBytes(32));
    expect(openWith({ id: key.id, key: other }, place, sealed)).toBeUndefined();
    expect(openWith({ id: "k000002", key: key.key }, place, sealed)).toBeUndefined();
    expect(openWith({ id: "k000002", key: key.key }, place, sealed.replace("k000001", "k000002"))).toBeUndefined();
  });

  it("with any one bit changed, cut short, lengthened or spelled otherwise", () => {
    const sealed = seal("secret");
    const bytes = Buffer.from(sealed.slice(8), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(`k000001.${changed.toString("base64url")}`)).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length++) expect(open(sealed.slice(0, length))).toBeUndefined();
    for (const other of [`${sealed}A`, `${sealed}=`, `${sealed}\n`, ` ${sealed}`]) expect(open(other)).toBeUndefined();
  });
});
