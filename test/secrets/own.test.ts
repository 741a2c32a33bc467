// Secrets in Tessera's own store.
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { systemRandom } from "../../src/random.ts";
import { createOwnSecrets, type StoredSecret } from "../../src/secrets/own.ts";
import { applicationSecretDigest, newApplicationSecret } from "../../src/tokens/application-secret.ts";
import { heldClock, testKeyring } from "../support/keyring.ts";

const now = 1_800_000_000_000;

async function setUp() {
  const clock = heldClock(now);
  const keyring = await testKeyring({ clock });
  const stored = new Map<string, StoredSecret[]>();
  const touched: [string, number][] = [];
  const secrets = createOwnSecrets({
    keyring,
    secretsOf: async (clientId) => stored.get(clientId) ?? [],
    touch: (id, at) => void touched.push([id, at]),
  });
  const check = async (presented: string, clientId = "app-1", at = now) => {
    const { signal } = new AbortController();
    return (await secrets.verify({ tenantId: "t", projectId: "p", clientId, presented, now: at, signal })).kind;
  };
  const add = (id: string, expireTime: number | null = null, secret = newApplicationSecret(systemRandom)) => {
    const secretsOfApp = stored.get("app-1") ?? [];
    stored.set("app-1", [...secretsOfApp, { id, digest: applicationSecretDigest(keyring, secret), expireTime }]);
    return secret;
  };
  return { clock, keyring, stored, touched, check, add };
}

describe("a secret of the application", () => {
  it("authenticates, and its use is noted", async () => {
    const { check, add, touched } = await setUp();
    expect(await check(add("s1"))).toBe("ok");
    expect(touched).toEqual([["s1", now]]);
  });

  it("N6-07: authenticates beside another live one, so that secrets can be exchanged without a gap", async () => {
    const { check, add, touched } = await setUp();
    const [old, young] = [add("s1"), add("s2")];
    expect([await check(old), await check(young)]).toEqual(["ok", "ok"]);
    expect(touched.map(([id]) => id)).toEqual(["s1", "s2"]);
  });

  it("authenticates after the pepper was replaced", async () => {
    const { check, add, keyring, clock } = await setUp();
    const secret = add("s1");
    await keyring.rotateDataKey("pepper");
    clock.advance(86_400_000);
    expect(await check(secret)).toBe("ok");
  });

  it("N6-07: expires at its millisecond, not one before, and is then no use", async () => {
    const { check, add, touched } = await setUp();
    const secret = add("s1", now + 1);
    expect(await check(secret)).toBe("ok");
    expect(await check(secret, "app-1", now + 1)).toBe("expired");
    expect(touched).toHaveLength(1);
  });
});

describe("refusals", () => {
  it("a secret of another application, or one that was changed, is wrong", async () => {
    const { check, add, stored, touched } = await setUp();
    const secret = add("s1");
    stored.set("app-2", [{ id: "s9", digest: "k000000.AAAA", expireTime: null }]);
    for (const presented of [
      newApplicationSecret(systemRandom),
      secret.slice(0, -1),
      `${secret} `,
      secret.toLowerCase(),
    ]) {
      expect(await check(presented)).toBe("wrong");
    }
    expect(await check(secret, "app-2")).toBe("wrong");
    expect(touched).toEqual([]);
  });

  it("N6-04: an application without a secret is never authenticated, whatever is presented", async () => {
    const { check } = await setUp();
    for (const presented of ["", "null", "undefined", newApplicationSecret(systemRandom)]) {
      expect(await check(presented)).toBe("not_found");
    }
  });

  it("N6-04: an empty secret is wrong, even where the digest of an empty text is stored", async () => {
    const { check, add } = await setUp();
    add("s1", null, "");
    expect(await check("")).toBe("wrong");
  });

  it("N6-07: a secret that somebody chose is wrong, even where its digest is stored", async () => {
    const { check, add } = await setUp();
    expect(await check(add("s1", null, "correct horse battery staple"))).toBe("wrong");
  });

  it("N6-04: an empty digest in the store matches nothing", async () => {
    const { check, stored } = await setUp();
    stored.set("app-1", [{ id: "s1", digest: "", expireTime: null }]);
    for (const presented of ["", newApplicationSecret(systemRandom)]) expect(await check(presented)).toBe("wrong");
  });
});

describe("a store that does not answer", () => {
  it("is unavailable, not wrong", async () => {
    const keyring = await testKeyring();
    const secretsOf = async () => Promise.reject(new Failure("unavailable", "down"));
    const { signal } = new AbortController();
    const input = { tenantId: "t", projectId: "p", clientId: "c", presented: "x", now, signal };
    await expect(createOwnSecrets({ keyring, secretsOf }).verify(input)).rejects.toMatchObject({ kind: "unavailable" });
  });
});
