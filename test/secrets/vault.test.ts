// Secrets in a Vault: what it holds decides, and what it cannot say is never taken for an answer.
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVaultSecrets } from "../../src/secrets/vault.ts";
import { createOutbound } from "../../src/tokens/outbound.ts";
import { startVault, type TestVault, type VaultFault, type VaultVersion } from "../support/vault.ts";

const path = "secret/tenant-1/project-1/client_1";
const version = (secret_id: unknown, state?: VaultVersion["state"]): VaultVersion => ({
  data: { secret_id },
  ...(state && { state }),
});

let vault: TestVault;

beforeEach(async () => {
  vault = await startVault();
});
afterEach(() => vault.close());

type Given = { clientId?: string; tenantId?: string; projectId?: string; mount?: string; token?: () => string };

async function check(presented: string, given: Given = {}, signal = AbortSignal.timeout(5_000)) {
  const { mount = vault.mount, token = () => `${vault.token}\n`, ...ids } = given;
  const outbound = createOutbound({ allow: ["127.0.0.0/8"], allowPlain: true });
  const secrets = createVaultSecrets({ address: vault.address, mount, token, outbound });
  const names = { tenantId: "tenant-1", projectId: "project-1", clientId: "client_1", ...ids };
  return (await secrets.verify({ ...names, presented, now: 0, signal })).kind;
}

describe("what the Vault holds", () => {
  it("the current secret authenticates, read from its path with one request", async () => {
    vault.secrets.set(path, [version("s-1")]);
    expect(await check("s-1")).toBe("ok");
    expect(vault.requests).toEqual([`/v1/kv/data/${path}`]);
  });

  it("the previous secret authenticates, older ones do not", async () => {
    vault.secrets.set(path, [version("s-1"), version("s-2"), version("s-3")]);
    expect([await check("s-3"), await check("s-2"), await check("s-1")]).toEqual(["ok", "ok", "wrong"]);
    expect(vault.requests).toContain(`/v1/kv/data/${path}?version=2`);
  });

  it.each(["deleted", "destroyed"] as const)("a previous secret that was %s does not authenticate", async (state) => {
    vault.secrets.set(path, [version("s-1", state), version("s-2")]);
    expect([await check("s-2"), await check("s-1")]).toEqual(["ok", "wrong"]);
  });

  it.each(["deleted", "destroyed"] as const)("where the current secret was %s there is none", async (state) => {
    vault.secrets.set(path, [version("s-1"), version("s-2", state)]);
    for (const presented of ["s-1", "s-2"]) expect(await check(presented)).toBe("not_found");
  });

  it("another secret is wrong, and so is an empty one", async () => {
    vault.secrets.set(path, [version("s-1")]);
    for (const presented of ["", "s-", "s-1 ", "S-1", "undefined"]) expect(await check(presented)).toBe("wrong");
  });

  it("a client of which the Vault knows nothing is not found", async () => {
    expect(await check("s-1")).toBe("not_found");
    expect(await check("")).toBe("not_found");
  });

  it("the token is read anew for each request", async () => {
    vault.secrets.set(path, [version("s-1")]);
    let token = vault.token;
    expect(await check("s-1", { token: () => token })).toBe("ok");
    token = "renewed";
    vault.token = "renewed";
    expect(await check("s-1", { token: () => token })).toBe("ok");
  });
});

describe("ids that would lead elsewhere", () => {
  it.each([
    "",
    "..",
    ".",
    "a/b",
    "../client_1",
    "a%2fb",
    "a?version=1",
    "a#b",
    "a b",
    "é",
    "a\0",
    "a\n",
    "x".repeat(129),
  ])("%j is refused before any request", async (id) => {
    vault.secrets.set(path, [version("s-1")]);
    for (const given of [{ tenantId: id }, { projectId: id }, { clientId: id }]) {
      expect(await check("s-1", given)).toBe("not_found");
    }
    expect(vault.requests).toEqual([]);
  });

  it("128 characters are still an id", async () => {
    const clientId = "x".repeat(128);
    vault.secrets.set(`secret/tenant-1/project-1/${clientId}`, [version("s-1")]);
    expect(await check("s-1", { clientId })).toBe("ok");
  });
});

describe("AS-036: a Vault that does not answer is unavailable, never not_found or wrong", () => {
  const unavailable = { kind: "unavailable", message: "a dependency is unavailable" };

  it.each<VaultFault>(["sealed", "error", "forbidden", "redirect", "cut", "notJson", "notVault"])(
    "%s",
    async (fault) => {
      vault.secrets.set(path, [version("s-1")]);
      vault.fault = fault;
      await expect(check("s-1")).rejects.toMatchObject(unavailable);
      vault.fault = undefined;
      expect(await check("s-1")).toBe("ok");
    },
  );

  it("no answer before the deadline", async () => {
    vault.fault = "hang";
    await expect(check("s-1", {}, AbortSignal.timeout(50))).rejects.toMatchObject(unavailable);
  });

  it("nobody listening", async () => {
    vault.close();
    await expect(check("s-1")).rejects.toMatchObject(unavailable);
  });

  it("a mount that does not exist, though that is a 404 as well", async () => {
    await expect(check("s-1", { mount: "other" })).rejects.toMatchObject(unavailable);
  });

  it("a token that is wrong, or cannot be read", async () => {
    vault.secrets.set(path, [version("s-1")]);
    await expect(check("s-1", { token: () => "other" })).rejects.toMatchObject(unavailable);
    const unreadable = () => {
      throw new Error("no such file");
    };
    await expect(check("s-1", { token: unreadable })).rejects.toMatchObject(unavailable);
  });

  it("a secret without the field, with an empty one, or with one that is no text", async () => {
    for (const stored of [undefined, "", 1, null, ["s-1"], { s: 1 }]) {
      vault.secrets.set(path, [version(stored)]);
      for (const presented of ["", "s-1", "1"]) await expect(check(presented)).rejects.toMatchObject(unavailable);
    }
  });

  it("a previous version that cannot be read", async () => {
    vault.secrets.set(path, [version(""), version("s-2")]);
    await expect(check("s-1")).rejects.toMatchObject(unavailable);
  });

  it("no failure quotes the token, the presented or the stored secret", async () => {
    vault.secrets.set(path, [version("stored-secret"), version(7)]);
    const failure = await check("presented-secret").catch((thrown: unknown) => thrown);
    expect(inspect(failure, { depth: null })).not.toMatch(new RegExp(`stored-secret|presented-secret|${vault.token}`));
  });
});
