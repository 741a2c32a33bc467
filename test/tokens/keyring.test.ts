// The keyring in use: first start, wrong KEK, lost rows, what it publishes, digests and seals, and what it never shows.
import { createHmac, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import {
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  exportPKCS8,
  generateKeyPair,
  type JSONWebKeySet,
} from "jose";
import { describe, expect, it } from "vitest";
import { type Algorithm, openKeyring, type SigningKeyRecord } from "../../src/tokens/keyring.ts";
import { signCompact } from "../../src/tokens/signature.ts";
import { keyringParts, memoryKeys, testKeyring } from "../support/keyring.ts";

const kek = randomBytes(32);
const place = { table: "connector", row: "row-1", purpose: "clientSecret" };

async function filledStore() {
  const records = memoryKeys();
  const keyring = await testKeyring({ records, kek });
  return { records, keyring, before: structuredClone(records.rows) };
}

describe("first start", () => {
  it("makes every data key, an ES256 key with its successor, and one for checkpoints", async () => {
    const { keyring, records } = await filledStore();
    const { signingKeys, dataKeys } = keyring.list();
    const standing = signingKeys.map(({ purpose, algorithm, status }) => `${purpose} ${algorithm} ${status}`);
    expect(standing.toSorted()).toEqual(["access ES256 current", "access ES256 next", "checkpoint ES256 current"]);
    expect(dataKeys.map(({ purpose }) => purpose).toSorted()).toEqual(["audit", "derive", "pepper", "seal", "tag"]);
    expect(dataKeys.every(({ id, status }) => /^k[0-9a-z]{6}$/.test(id) && status === "current")).toBe(true);
    expect(records.events).toEqual(["keys.created"]);
  });

  it("two processes that start at once on an empty store end up with the same keys", async () => {
    const records = memoryKeys();
    const [one, two] = await Promise.all([testKeyring({ records, kek }), testKeyring({ records, kek })]);
    expect(one.jwks()).toEqual(two.jwks());
    expect(two.checkMac("pepper", "value", one.mac("pepper", "value"))).toBe(true);
    expect(records.events).toEqual(["keys.created"]);
  });

  it("a KEK of any length but 32 bytes is refused", async () => {
    for (const length of [0, 16, 31, 33]) {
      await expect(testKeyring({ kek: randomBytes(length) })).rejects.toMatchObject({ kind: "invalid" });
    }
  });
});

describe("a store that has keys", () => {
  it("opens to the same keys with the same KEK", async () => {
    const { records, keyring, before } = await filledStore();
    const again = await testKeyring({ records, kek });
    expect(again.jwks()).toEqual(keyring.jwks());
    expect(again.mac("pepper", "value")).toBe(keyring.mac("pepper", "value"));
    expect(records.rows).toEqual(before);
  });

  it("N8-06: a KEK that does not fit refuses to start, says so, and generates nothing", async () => {
    const { records, before } = await filledStore();
    await expect(testKeyring({ records, kek: randomBytes(32) })).rejects.toThrow(/does not fit this store/);
    expect(records.rows).toEqual(before);
  });

  it.each([
    ["signing keys without data keys", { dataKeys: [] }],
    ["data keys without signing keys", { signingKeys: [] }],
    ["neither, though there once were some", { dataKeys: [], signingKeys: [] }],
  ])("N8-06: %s refuses to start and generates nothing", async (_, loss) => {
    const { records } = await filledStore();
    records.rows = { ...records.rows, ...loss };
    const before = structuredClone(records.rows);
    await expect(testKeyring({ records, kek })).rejects.toThrow(/incomplete/);
    expect(records.rows).toEqual(before);
  });

  it("N8-06: each single lost row but a Next refuses to start", async () => {
    const { records, before } = await filledStore();
    for (const lost of before.dataKeys) {
      records.rows = { ...before, dataKeys: before.dataKeys.filter((row) => row !== lost) };
      await expect(testKeyring({ records, kek })).rejects.toThrow(/incomplete/);
    }
    for (const lost of before.signingKeys.filter(({ status }) => status === "current")) {
      records.rows = { ...before, signingKeys: before.signingKeys.filter((row) => row !== lost) };
      await expect(testKeyring({ records, kek })).rejects.toThrow(/incomplete/);
    }
  });

  it.each([
    ["the private key of another", (rows: Rows) => ({ sealedPrivateKey: rows[1]?.sealedPrivateKey ?? "" })],
    ["the public key of another", (rows: Rows) => ({ publicJwk: rows[1]?.publicJwk ?? "" })],
    ["a public key that is not JSON", () => ({ publicJwk: "{" })],
  ])("D5: a signing key with %s is refused", async (_, damage) => {
    const { records, before } = await filledStore();
    const [first, ...others] = before.signingKeys;
    if (!first) throw new Error("no keys");
    records.rows = { ...before, signingKeys: [{ ...first, ...damage(before.signingKeys) }, ...others] };
    await expect(testKeyring({ records, kek })).rejects.toMatchObject({ kind: "internal" });
  });

  it("D5: a private key that belongs to another public one is refused, though it was sealed for its row", async () => {
    const { records, keyring, before } = await filledStore();
    const [first, ...others] = before.signingKeys;
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const row = { table: "signing_key", row: first?.kid ?? "", purpose: first?.purpose ?? "" };
    const sealedPrivateKey = keyring.seal(row, await exportPKCS8(privateKey));
    records.rows = { ...before, signingKeys: [{ ...first, sealedPrivateKey } as SigningKeyRecord, ...others] };
    await expect(testKeyring({ records, kek })).rejects.toMatchObject({ kind: "internal" });
  });

  it("N2-11: a kid that is not the thumbprint is refused, though the private key was sealed for its row", async () => {
    const { records, keyring, before } = await filledStore();
    const [first, ...others] = before.signingKeys;
    const place = { table: "signing_key", row: first?.kid ?? "", purpose: first?.purpose ?? "" };
    const pem = keyring.open(place, first?.sealedPrivateKey ?? "");
    const moved = { kid: "mine", sealedPrivateKey: keyring.seal({ ...place, row: "mine" }, pem) };
    records.rows = { ...before, signingKeys: [{ ...first, ...moved } as SigningKeyRecord, ...others] };
    await expect(testKeyring({ records, kek })).rejects.toMatchObject({ kind: "internal" });
  });

  it.each(["HS256", "none", "RS256", "ES384"])("N2-09: keys relabelled %s are refused", async (algorithm) => {
    const { records, before } = await filledStore();
    const signingKeys = before.signingKeys.map((row) => ({ ...row, algorithm: algorithm as Algorithm }));
    records.rows = { ...before, signingKeys };
    await expect(testKeyring({ records, kek })).rejects.toMatchObject({ kind: "internal" });
  });
});

type Rows = Awaited<ReturnType<typeof filledStore>>["before"]["signingKeys"];

describe("signing keys", () => {
  it.each(["ES256", "ES384", "EdDSA", "RS256"] as const)(
    "N2-09 N2-10 N2-14: %s signs from the first request on, and the published set verifies it",
    async (algorithm) => {
      const keyring = await testKeyring();
      const [signer, other] = await Promise.all([keyring.signer(algorithm), keyring.signer(algorithm)]);
      expect(other.kid).toBe(signer.kid);
      const signed = await signCompact(signer, "text", "text");
      const published: JSONWebKeySet = JSON.parse(keyring.jwks().body);
      await compactVerify(signed, createLocalJWKSet(published), { algorithms: [algorithm] });
      const moduli = published.keys.flatMap(({ n }) => (n === undefined ? [] : [Buffer.from(n, "base64url").length]));
      expect(moduli).toEqual(algorithm === "RS256" ? [384, 384] : []);
    },
  );

  it("N2-10 N2-11: the published set has public members only, and thumbprints for kids", async () => {
    const keyring = await testKeyring();
    await keyring.signer("EdDSA");
    const { keys }: JSONWebKeySet = JSON.parse(keyring.jwks().body);
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      expect(Object.keys(key).toSorted().join(" ")).toMatch(/^alg crv kid kty use x( y)?$/);
      expect(key).toMatchObject({ use: "sig", kid: await calculateJwkThumbprint(key, "sha256") });
    }
  });

  it("N2-10: the set and its ETag are the same whatever order the rows come in, and change with the keys", async () => {
    const { records, keyring } = await filledStore();
    const { body, etag } = keyring.jwks();
    records.rows.signingKeys.reverse();
    expect((await testKeyring({ records, kek })).jwks()).toEqual({ body, etag });
    expect(etag).toMatch(/^"[0-9A-Za-z_-]{43}"$/);
    await keyring.signer("ES384");
    expect(keyring.jwks().etag).not.toBe(etag);
  });

  it("D1: the checkpoint key is neither published nor a verifier of tokens", async () => {
    const keyring = await testKeyring();
    const { kid } = await keyring.signer("ES256", "checkpoint");
    expect(keyring.verifier(kid)).toBeUndefined();
    expect(keyring.verifier(kid, "checkpoint")).toMatchObject({ algorithm: "ES256" });
    expect(keyring.jwks().body).not.toContain(kid);
    expect(kid).not.toBe((await keyring.signer("ES256")).kid);
  });

  it("N1-07: a kid that is no kid finds nothing", async () => {
    const keyring = await testKeyring();
    for (const kid of ["", "__proto__", "constructor", "' OR 1=1 --", "../../etc/passwd", "\0", "k".repeat(10_000)]) {
      expect(keyring.verifier(kid)).toBeUndefined();
    }
  });
});

describe("digests", () => {
  it("name their key and depend on purpose and value", async () => {
    const keyring = await testKeyring();
    const mac = keyring.mac("pepper", "value");
    expect(mac).toMatch(/^k[0-9a-z]{6}\.[0-9A-Za-z_-]{43}$/);
    expect(mac.startsWith(`${keyring.keyId("pepper")}.`)).toBe(true);
    expect(keyring.macs("pepper", "value")).toEqual([mac]);
    expect(keyring.macUnder("pepper", keyring.keyId("pepper"), "value")).toBe(mac);
    expect(keyring.mac("pepper", "valuf")).not.toBe(mac);
    expect(keyring.mac("tag", "value").slice(8)).not.toBe(mac.slice(8));
  });

  it("N4-02: without the key a digest is no plain hash of the value", async () => {
    const keyring = await testKeyring();
    const unkeyed = createHmac("sha256", "").update("value").digest("base64url");
    expect(keyring.mac("pepper", "value").slice(8)).not.toBe(unkeyed);
  });

  it("check true for exactly their value, purpose, key id and spelling", async () => {
    const keyring = await testKeyring();
    const mac = keyring.mac("pepper", "value");
    expect(keyring.checkMac("pepper", "value", mac)).toBe(true);
    expect(keyring.checkMac("pepper", "other", mac)).toBe(false);
    expect(keyring.checkMac("tag", "value", mac)).toBe(false);
    for (const other of ["", ".", mac.slice(0, -1), `${mac}=`, mac.slice(8), `k000000${mac.slice(7)}`]) {
      expect(keyring.checkMac("pepper", "value", other)).toBe(false);
    }
    expect(keyring.macUnder("pepper", "k000000", "value")).toBeUndefined();
    expect(keyring.macUnder("pepper", keyring.keyId("tag"), "value")).toBeUndefined();
  });
});

describe("sealing", () => {
  it("opens after a restart, and only in its place", async () => {
    const { records, keyring } = await filledStore();
    const sealed = keyring.seal(place, "upstream secret");
    expect((await testKeyring({ records, kek })).open(place, sealed)).toBe("upstream secret");
    expect(() => keyring.open({ ...place, row: "row-2" }, sealed)).toThrow("internal error");
  });

  it("tampering, an unknown key and plain text are internal failures that quote nothing", async () => {
    const keyring = await testKeyring();
    const sealed = keyring.seal(place, "upstream secret");
    const flipped = sealed.slice(0, -1) + (sealed.endsWith("A") ? "B" : "A");
    for (const text of [flipped, `k000000${sealed.slice(7)}`, "upstream secret", ""]) {
      expect(() => keyring.open(place, text)).toThrow(expect.objectContaining({ kind: "internal" }));
    }
  });
});

describe("N2-13: key material", () => {
  it("is in no row in plain", async () => {
    const { records, before } = await filledStore();
    const opened = JSON.stringify(before);
    expect(opened).not.toContain("PRIVATE KEY");
    expect(opened).not.toMatch(/"(d|p|q|k)\\?":/);
    expect(records.rows.signingKeys.every((row) => row.sealedPrivateKey.startsWith("k"))).toBe(true);
  });

  it("is not shown by inspecting, listing or serializing the keyring, and does not leave a signer", async () => {
    const { records, keyring } = await filledStore();
    expect(Object.values(await keyring.signer("ES256")).filter((part) => typeof part === "object")).toEqual([]);
    const shown = [
      inspect(keyring, { depth: null, showHidden: true }),
      inspect(await keyring.signer("ES256"), { depth: null, showHidden: true }),
      JSON.stringify(keyring.list()),
      JSON.stringify(keyring),
    ].join();
    for (const row of records.rows.signingKeys) expect(shown).not.toContain(row.sealedPrivateKey);
    for (const row of records.rows.dataKeys) expect(shown).not.toContain(row.sealedKey);
    expect(shown).not.toMatch(/sealed|Jwk|Uint8Array|Buffer/);
  });

  it("is gone once the keyring is closed", async () => {
    const keyring = await openKeyring(keyringParts());
    keyring.close();
    expect(() => keyring.mac("pepper", "value")).toThrow(expect.objectContaining({ kind: "unavailable" }));
    expect(() => keyring.jwks()).toThrow(expect.objectContaining({ kind: "unavailable" }));
    await expect(keyring.signer("ES256")).rejects.toMatchObject({ kind: "unavailable" });
    await expect(keyring.tick()).rejects.toMatchObject({ kind: "unavailable" });
  });
});
