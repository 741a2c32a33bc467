// Application secrets as text.
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/random.ts";
import {
  applicationSecretDigest,
  looksLikeApplicationSecret,
  newApplicationSecret,
} from "../../src/tokens/application-secret.ts";
import { testKeyring } from "../support/keyring.ts";

describe("an application secret", () => {
  it("N6-07: has 256 random bits, a prefix and a checksum", () => {
    const secrets = Array.from({ length: 20 }, () => newApplicationSecret(systemRandom));
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) {
      expect(secret).toMatch(/^tsk_[0-9A-Za-z_-]{49}$/);
      expect(Buffer.from(secret.slice(4, 47), "base64url")).toHaveLength(32);
      expect(looksLikeApplicationSecret(secret)).toBe(true);
    }
  });

  it("N6-07: is what nothing chosen by hand looks like", () => {
    for (const text of ["", "tsk_", "password", "tsk_password", `tsk_${"a".repeat(49)}`]) {
      expect(looksLikeApplicationSecret(text)).toBe(false);
    }
  });

  it("is not recognised with any single character changed, or with something around it", () => {
    const secret = newApplicationSecret(systemRandom);
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === "A" ? "B" : "A";
      expect(looksLikeApplicationSecret(secret.slice(0, at) + other + secret.slice(at + 1))).toBe(false);
    }
    for (const text of [`${secret}\n`, ` ${secret}`, secret.slice(0, -1), `${secret}A`]) {
      expect(looksLikeApplicationSecret(text)).toBe(false);
    }
  });

  it("D4: is stored as a keyed digest that names its key", async () => {
    const keyring = await testKeyring();
    const secret = newApplicationSecret(systemRandom);
    const digest = applicationSecretDigest(keyring, secret);
    expect(digest).toMatch(/^k[0-9a-z]{6}\.[0-9A-Za-z_-]{43}$/);
    expect(keyring.checkMac("pepper", secret, digest)).toBe(true);
  });
});
