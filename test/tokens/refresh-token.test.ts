// Refresh tokens as text: only what Tessera wrote is one, and a successor is the same however often it is derived.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newId, systemRandom } from "../../src/random.ts";
import { dataKeyOverlapMs } from "../../src/tokens/key-rotation.ts";
import { matchOf, newRefreshToken, newSalt, parseRefreshToken, successorOf } from "../../src/tokens/refresh-token.ts";
import { heldClock, memoryKeys, testKeyring } from "../support/keyring.ts";

const familyId = newId(1_800_000_000_000, systemRandom);

async function issued() {
  const parts = { records: memoryKeys(), clock: heldClock(), kek: randomBytes(32) };
  const keyring = await testKeyring(parts);
  const first = newRefreshToken({ keyring, random: systemRandom, familyId });
  const salt = newSalt({ keyring, random: systemRandom });
  return { ...parts, keyring, first, salt };
}

const secretOf = (token: string) => token.split(".")[2] ?? "";

describe("a refresh token", () => {
  it("is recognised as the token of its family and generation", async () => {
    const { keyring, first } = await issued();
    expect(parseRefreshToken(keyring, first.token)).toEqual({ familyId, generation: 0 });
  });

  it("N4-01: has 256 random bits of its own", async () => {
    const { keyring, first } = await issued();
    const other = newRefreshToken({ keyring, random: systemRandom, familyId });
    expect(Buffer.from(secretOf(first.token), "base64url")).toHaveLength(32);
    expect(secretOf(other.token)).not.toBe(secretOf(first.token));
  });

  it("N4-02: is stored as a keyed digest that shows nothing of it", async () => {
    const { keyring, first } = await issued();
    expect(first.digest).toBe(keyring.mac("pepper", first.token));
    expect(first.digest).not.toContain(secretOf(first.token));
    const elsewhere = await testKeyring();
    expect(elsewhere.mac("pepper", first.token).slice(8)).not.toBe(first.digest.slice(8));
  });
});

describe("N4-14 I-RT-10: what is not a token Tessera wrote", () => {
  it("every prefix and every suffix", async () => {
    const { keyring, first } = await issued();
    for (let at = 1; at < first.token.length; at++) {
      expect(parseRefreshToken(keyring, first.token.slice(0, at))).toBeUndefined();
      expect(parseRefreshToken(keyring, first.token.slice(at))).toBeUndefined();
    }
  });

  it("every edit of a single character: replaced, removed, doubled, or in the other case", async () => {
    const { keyring, first } = await issued();
    const { token } = first;
    for (let at = 0; at < token.length; at++) {
      const [before, sign, after] = [token.slice(0, at), token[at] ?? "", token.slice(at + 1)];
      const swapped = sign === sign.toLowerCase() ? sign.toUpperCase() : sign.toLowerCase();
      const edits = ["", sign + sign, swapped, ..."A0a_-.=+/ é\0".split("")].filter((edit) => edit !== sign);
      for (const edit of edits) expect(parseRefreshToken(keyring, before + edit + after)).toBeUndefined();
    }
  });

  it("another spelling of the whole", async () => {
    const { keyring, first } = await issued();
    const { token } = first;
    for (const other of [
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
      token.toLowerCase(),
      token.toUpperCase(),
      encodeURIComponent(`${token} `),
      Buffer.from(token).toString("base64url"),
      token.replace(".0.", ".00."),
      token.replace(".0.", ".+0."),
      token.replace(".0.", ".1."),
    ]) {
      expect(parseRefreshToken(keyring, other)).toBeUndefined();
    }
  });

  it("a token of another instance, and parts of two tokens put together", async () => {
    const { keyring, first } = await issued();
    const other = newRefreshToken({ keyring, random: systemRandom, familyId: newId(1, systemRandom) });
    const elsewhere = newRefreshToken({ keyring: await testKeyring(), random: systemRandom, familyId });
    expect(parseRefreshToken(keyring, elsewhere.token)).toBeUndefined();
    const mixed = first.token.replace(secretOf(first.token), secretOf(other.token));
    expect(parseRefreshToken(keyring, mixed)).toBeUndefined();
  });
});

describe("a successor", () => {
  it("is a token of the same family, one generation on", async () => {
    const { keyring, first, salt } = await issued();
    const second = successorOf(keyring, first.token, salt);
    expect(parseRefreshToken(keyring, second.token)).toEqual({ familyId, generation: 1 });
    const third = successorOf(keyring, second.token, newSalt({ keyring, random: systemRandom }));
    expect(parseRefreshToken(keyring, third.token)).toEqual({ familyId, generation: 2 });
  });

  it("N4-05: is the same however often it is derived, also in another process", async () => {
    const { keyring, first, salt, ...parts } = await issued();
    const answers = Array.from({ length: 64 }, () => successorOf(keyring, first.token, salt).token);
    answers.push(successorOf(await testKeyring(parts), first.token, salt).token);
    expect(new Set(answers).size).toBe(1);
  });

  it("is another one for another salt and for another predecessor", async () => {
    const { keyring, first, salt } = await issued();
    const sibling = newRefreshToken({ keyring, random: systemRandom, familyId });
    const secrets = [
      successorOf(keyring, first.token, salt),
      successorOf(keyring, first.token, newSalt({ keyring, random: systemRandom })),
      successorOf(keyring, sibling.token, salt),
    ].map(({ token }) => secretOf(token));
    expect(new Set(secrets).size).toBe(3);
  });

  it("is the same text after a rotation of every key, and still recognised and matched", async () => {
    const { keyring, first, salt, clock } = await issued();
    const second = successorOf(keyring, first.token, salt);
    for (const purpose of ["derive", "tag", "pepper"] as const) await keyring.rotateDataKey(purpose);
    clock.advance(86_400_000);
    const again = successorOf(keyring, first.token, salt);
    expect(again.token).toBe(second.token);
    expect(again.digest).not.toBe(second.digest);
    expect(parseRefreshToken(keyring, second.token)).toEqual({ familyId, generation: 1 });
    expect(matchOf(keyring, second.token, { headDigest: second.digest, previousDigest: first.digest })).toBe("head");
    expect(newSalt({ keyring, random: systemRandom }).slice(0, 15)).not.toBe(salt.slice(0, 15));
  });

  it("is refused, not guessed, once a key that its salt names is gone", async () => {
    for (const purpose of ["derive", "tag"] as const) {
      const { keyring, first, salt, clock } = await issued();
      await keyring.rotateDataKey(purpose);
      clock.advance(dataKeyOverlapMs);
      await keyring.rotateDataKey(purpose);
      const failure = expect.objectContaining({ kind: "badToken", reason: "INVALID_GRANT" });
      expect(() => successorOf(keyring, first.token, salt)).toThrow(failure);
    }
  });

  it("is not derived from a malformed salt or token", async () => {
    const { keyring, first, salt } = await issued();
    for (const broken of ["", ".", "k000000.k000000.AAAA"]) {
      expect(() => successorOf(keyring, first.token, broken)).toThrow("the token was refused");
    }
    expect(() => successorOf(keyring, "rt_", salt)).toThrow("the token was refused");
  });
});

describe("matching a stored family", () => {
  it("tells head, predecessor and neither apart", async () => {
    const { keyring, first, salt } = await issued();
    const second = successorOf(keyring, first.token, salt);
    const third = successorOf(keyring, second.token, salt);
    const family = { headDigest: third.digest, previousDigest: second.digest };
    expect([third, second, first].map(({ token }) => matchOf(keyring, token, family))).toEqual([
      "head",
      "previous",
      "neither",
    ]);
    expect(matchOf(keyring, first.token, { headDigest: second.digest, previousDigest: null })).toBe("neither");
  });
});
