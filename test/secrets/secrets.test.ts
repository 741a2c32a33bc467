// The comparison that every store of secrets ends in.
import { describe, expect, it } from "vitest";
import { isSameSecret } from "../../src/secrets/secrets.ts";

describe("comparing secrets", () => {
  it("is true for the same text only", () => {
    expect(isSameSecret("secret", "secret")).toBe(true);
    for (const other of ["", "secre", "secret ", "Secret", "secrets"])
      expect(isSameSecret(other, "secret")).toBe(false);
  });

  it("N6-04: nothing compared with nothing is not the same", () => {
    expect(isSameSecret("", "")).toBe(false);
  });
});
