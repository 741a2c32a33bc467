// Changes of a running keyring: promotion, revocation, races between processes, new data keys, a new KEK.
import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { systemRandom } from "../../src/random.ts";
import { dataKeySpreadMs, newDataKey } from "../../src/tokens/data-keys.ts";
import { advanceKeys, dataKeyOverlapMs } from "../../src/tokens/key-rotation.ts";
import type { Keyring } from "../../src/tokens/keyring.ts";
import { newSigningKey } from "../../src/tokens/signing-key.ts";
import { heldClock, memoryKeys, testKeyring } from "../support/keyring.ts";

const kek = randomBytes(32);
const publishMs = 2 * 300_000;
const rotationMs = 90 * 86_400_000;
const place = { table: "connector", row: "row-1", purpose: "clientSecret" };

async function running() {
  const parts = { records: memoryKeys(), clock: heldClock(), kek };
  return { ...parts, keyring: await testKeyring(parts), open: () => testKeyring(parts) };
}

const kids = (keyring: Keyring, status: string) =>
  keyring.list().signingKeys.flatMap((key) => (key.purpose === "access" && key.status === status ? [key.kid] : []));
const signerOf = async (keyring: Keyring) => (await keyring.signer("ES256")).kid;

describe("promotion", () => {
  it("N2-12: a rotation signs with the published Next, keeps the old key, and publishes a new Next", async () => {
    const { keyring, clock } = await running();
    const [old, next] = [await signerOf(keyring), kids(keyring, "next")[0]];
    clock.advance(publishMs);
    await keyring.rotate();
    expect(await signerOf(keyring)).toBe(next);
    expect(kids(keyring, "previous")).toEqual([old]);
    expect(kids(keyring, "next")).toHaveLength(1);
    expect(keyring.verifier(old)).toBeDefined();
    expect(keyring.jwks().body).toContain(old);
  });

  it("N2-12: a rotation waits until Next has been published for two cache lifetimes, then a tick promotes it", async () => {
    const { keyring, clock } = await running();
    const [old, next] = [await signerOf(keyring), kids(keyring, "next")[0]];
    clock.advance(publishMs - 1);
    await keyring.rotate();
    await keyring.tick();
    expect(await signerOf(keyring)).toBe(old);
    clock.advance(1);
    await keyring.tick();
    expect(await signerOf(keyring)).toBe(next);
  });

  it("N2-12: a tick promotes at the rotation interval, and one before it saves nothing", async () => {
    const { keyring, clock, records } = await running();
    const old = await signerOf(keyring);
    clock.advance(rotationMs - 1);
    await keyring.tick();
    expect(await signerOf(keyring)).toBe(old);
    expect(records.events).toEqual(["keys.created"]);
    clock.advance(1);
    await keyring.tick();
    expect(await signerOf(keyring)).not.toBe(old);
    expect(records.events).toEqual(["keys.created", "keys.advanced"]);
  });

  it("N2-12: a retired key verifies for the longest token and five minutes, then its row goes", async () => {
    const { keyring, clock, records } = await running();
    const old = await signerOf(keyring);
    clock.advance(publishMs);
    await keyring.rotate();
    clock.advance(3600_000 + 300_000 - 1);
    await keyring.tick();
    expect(keyring.verifier(old)).toBeDefined();
    clock.advance(1);
    await keyring.tick();
    expect(keyring.verifier(old)).toBeUndefined();
    expect(records.rows.signingKeys.map(({ kid }) => kid)).not.toContain(old);
  });

  it("a key that fails its test does not become Current", async () => {
    const now = 1_000_000;
    const made = (status: "current" | "next") =>
      newSigningKey({ purpose: "access", algorithm: "ES256", status, now: 0, seal: () => "sealed" });
    const [current, next] = [await made("current"), await made("next")];
    const usable = new Map([[next.record.kid, { ...next, check: current.check }]]);
    const dataKey = newDataKey({ purpose: "seal", taken: [], kek: createSecretKey(kek), now: 0, random: systemRandom });
    const change = advanceKeys({
      state: { revision: 1, rows: [current.record, next.record], usable, dataKeys: [dataKey] },
      request: { kind: "rotate" },
      lines: [{ purpose: "access", algorithm: "ES256" }],
      now,
      random: systemRandom,
      times: { publishMs: 0, previousMs: now, rotationMs: now },
      event: "keys.rotated",
    });
    await expect(change).rejects.toThrow("the halves do not belong together");
  });

  it("every algorithm rotates on its own Next, and the checkpoint key stays", async () => {
    const { keyring, clock } = await running();
    const checkpoint = (await keyring.signer("ES256", "checkpoint")).kid;
    const before = [await signerOf(keyring), (await keyring.signer("EdDSA")).kid];
    clock.advance(publishMs);
    await keyring.rotate();
    expect(kids(keyring, "previous").toSorted()).toEqual(before.toSorted());
    expect((await keyring.signer("ES256", "checkpoint")).kid).toBe(checkpoint);
  });
});

describe("revocation", () => {
  it("N2-12: a revoked Current verifies nothing from then on, and its Next signs at once", async () => {
    const { keyring, records } = await running();
    const [old, next] = [await signerOf(keyring), kids(keyring, "next")[0]];
    await keyring.revoke(old);
    expect(keyring.verifier(old)).toBeUndefined();
    expect(keyring.jwks().body).not.toContain(old);
    expect(await signerOf(keyring)).toBe(next);
    expect(kids(keyring, "revoked")).toEqual([old]);
    expect(records.events.at(-1)).toBe("key.revoked");
  });

  it("N2-12: a revoked key stays revoked after a restart", async () => {
    const { keyring, open } = await running();
    const old = await signerOf(keyring);
    await keyring.revoke(old);
    const again = await open();
    expect(again.verifier(old)).toBeUndefined();
    expect(again.jwks()).toEqual(keyring.jwks());
  });

  it("a revoked checkpoint key is replaced at once", async () => {
    const { keyring } = await running();
    const { kid } = await keyring.signer("ES256", "checkpoint");
    await keyring.revoke(kid);
    expect((await keyring.signer("ES256", "checkpoint")).kid).not.toBe(kid);
  });

  it("an unknown kid is not found and changes nothing", async () => {
    const { keyring, records } = await running();
    await expect(keyring.revoke("no-such-kid")).rejects.toMatchObject({ kind: "notFound" });
    expect(records.events).toEqual(["keys.created"]);
  });
});

describe("one process", () => {
  it("that needs a new algorithm many times at once makes its keys once", async () => {
    const { keyring, records } = await running();
    const { rows } = records;
    let saves = 0;
    const save = records.save.bind(records);
    records.save = async (state) => {
      saves += 1;
      await save(state);
    };
    const signers = await Promise.all(Array.from({ length: 30 }, () => keyring.signer("EdDSA")));
    expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1);
    expect(saves).toBe(1);
    expect(records.rows.signingKeys).toHaveLength(rows.signingKeys.length + 2);
  });
});

describe("two processes", () => {
  it("that rotate at once promote one key, and both sign with it", async () => {
    const { keyring, open, clock } = await running();
    const other = await open();
    const [next] = kids(keyring, "next");
    clock.advance(rotationMs);
    await Promise.all([keyring.tick(), other.tick(), keyring.tick(), other.tick()]);
    expect([await signerOf(keyring), await signerOf(other)]).toEqual([next, next]);
    expect(kids(keyring, "previous")).toHaveLength(1);
    expect(keyring.jwks()).toEqual(other.jwks());
  });

  it("that first need an algorithm at once agree on its key", async () => {
    const { keyring, open } = await running();
    const other = await open();
    const [one, two] = await Promise.all([keyring.signer("EdDSA"), other.signer("EdDSA")]);
    expect(one.kid).toBe(two.kid);
  });

  it("a tick brings over what another process revoked", async () => {
    const { keyring, open } = await running();
    const other = await open();
    const old = await signerOf(keyring);
    await other.revoke(old);
    await keyring.tick();
    expect(keyring.verifier(old)).toBeUndefined();
  });

  it("one that is closed while it opens what the other made stays closed", async () => {
    const { keyring, open, records } = await running();
    await (await open()).signer("EdDSA");
    records.load = async () => {
      setImmediate(() => keyring.close());
      return structuredClone(records.rows);
    };
    await expect(keyring.tick()).rejects.toMatchObject({ kind: "unavailable" });
    expect(() => keyring.jwks()).toThrow(expect.objectContaining({ kind: "unavailable" }));
  });

  it("rows that change before every save end as unavailable, not in a loop", async () => {
    const { keyring, records } = await running();
    records.save = async () => Promise.reject(new Failure("stale", "the keys changed"));
    await expect(keyring.revoke(await signerOf(keyring))).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("F31: a store that does not answer fails the change and leaves the keys in memory at work", async () => {
    const { keyring, records } = await running();
    const signer = await signerOf(keyring);
    records.load = async () => Promise.reject(new Failure("unavailable", "down"));
    await expect(keyring.tick()).rejects.toMatchObject({ kind: "unavailable" });
    expect(await signerOf(keyring)).toBe(signer);
    records.load = async () => structuredClone(records.rows);
    await expect(keyring.tick()).resolves.toBeUndefined();
  });
});

describe("a new data key", () => {
  it("is read with at once, and written with after every process had time to hear of it", async () => {
    const { keyring, clock } = await running();
    const old = keyring.mac("pepper", "value");
    await keyring.rotateDataKey("pepper");
    expect(keyring.macs("pepper", "value")).toHaveLength(2);
    clock.advance(dataKeySpreadMs - 1);
    expect(keyring.mac("pepper", "value")).toBe(old);
    clock.advance(1);
    const young = keyring.mac("pepper", "value");
    expect(young).not.toBe(old);
    for (const mac of [old, young]) expect(keyring.checkMac("pepper", "value", mac)).toBe(true);
    expect(keyring.macs("pepper", "value").toSorted()).toEqual([old, young].toSorted());
  });

  it("leaves what was sealed before readable, and private keys under the new key", async () => {
    const { keyring, records, clock, open } = await running();
    const sealed = keyring.seal(place, "upstream secret");
    await keyring.rotateDataKey("seal");
    clock.advance(dataKeySpreadMs);
    const again = await open();
    expect(again.open(place, sealed)).toBe("upstream secret");
    expect(again.jwks()).toEqual(keyring.jwks());
    const current = records.rows.dataKeys.find(({ purpose, status }) => purpose === "seal" && status === "current");
    expect(records.rows.signingKeys.every((row) => row.sealedPrivateKey.startsWith(`${current?.id}.`))).toBe(true);
  });

  it("is refused while the one before the last may still be needed, and then drops it", async () => {
    const { keyring, clock } = await running();
    const oldest = keyring.mac("pepper", "value");
    await keyring.rotateDataKey("pepper");
    clock.advance(dataKeyOverlapMs - 1);
    await expect(keyring.rotateDataKey("pepper")).rejects.toMatchObject({ kind: "precondition" });
    clock.advance(1);
    await keyring.rotateDataKey("pepper");
    expect(keyring.macs("pepper", "value")).toHaveLength(2);
    expect(keyring.checkMac("pepper", "value", oldest)).toBe(false);
  });
});

describe("a new KEK", () => {
  it("N8-06: opens the store from then on, the old one no longer does, and nothing else changes", async () => {
    const { keyring, records, clock } = await running();
    const before = structuredClone(records.rows);
    const wanted = randomBytes(32);
    await keyring.rewrap(wanted);
    const again = await testKeyring({ records, clock, kek: wanted });
    expect(again.jwks()).toEqual(keyring.jwks());
    expect(again.mac("pepper", "value")).toBe(keyring.mac("pepper", "value"));
    expect(records.rows.signingKeys).toEqual(before.signingKeys);
    await expect(testKeyring({ records, clock, kek })).rejects.toThrow(/does not fit this store/);
  });

  it("leaves other processes at work, which refuse to seal a data key with the old one", async () => {
    const { keyring, open } = await running();
    const other = await open();
    await keyring.rewrap(randomBytes(32));
    await other.tick();
    expect(other.checkMac("pepper", "value", keyring.mac("pepper", "value"))).toBe(true);
    await expect(other.rotateDataKey("tag")).rejects.toThrow(/does not fit this store/);
    await keyring.rotateDataKey("tag");
  });

  it("of a wrong length is refused before anything is saved", async () => {
    const { keyring, records } = await running();
    await expect(keyring.rewrap(randomBytes(16))).rejects.toMatchObject({ kind: "invalid" });
    expect(records.events).toEqual(["keys.created"]);
  });
});
