// GenerateToken with its secrets in a Vault: what the Vault says decides, and an outage is never "wrong secret".
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { startVault, type TestVault } from "../support/vault.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let vault: TestVault;
const folder = mkdtempSync(join(tmpdir(), "tessera-vault-"));

const ids = () => {
  const { red } = world;
  const [project_id, client_id] = [red.ids.get("project main") ?? "", red.ids.get("application backend") ?? ""];
  return { realm: "REALM_USER", tenant_id: red.id, project_id, client_id, email_id: "ada@example.test" };
};
const generate = (door: (typeof doors)[number], secret_id: string) =>
  door.call(world, "generateToken", { ...ids(), secret_id }, "none");

afterAll(() => rmSync(folder, { recursive: true }));

const refused = {
  ok: false,
  kind: "unauthenticated",
  reason: "INVALID_CLIENT",
  message: "the client is not authenticated",
};

describe.each(doors)("over $name", (door) => {
  // A world for each door: wrong secrets are counted, and too many of them are refused unseen.
  beforeAll(async () => {
    vault = await startVault();
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, vault.token);
    world = await createWorld({
      flags: { "secret-store": "vault", "vault-address": vault.address, "vault-token-file": tokenFile },
    });
  });
  afterAll(async () => {
    await world.close();
    vault.close();
  });
  beforeEach(() => {
    const { tenant_id, project_id, client_id } = ids();
    const versions = ["old-secret", "previous-secret", "current-secret"].map((secret_id) => ({ data: { secret_id } }));
    vault.secrets.set(`secret/${tenant_id}/${project_id}/${client_id}`, versions);
    vault.fault = undefined;
  });

  it("the current and the previous secret authenticate, an older one and a wrong one do not", async () => {
    for (const secret of ["current-secret", "previous-secret"]) await expectOk(generate(door, secret));
    for (const secret of ["old-secret", "wrong"]) expect(await generate(door, secret)).toMatchObject(refused);
  });

  it("a Vault that knows no secret of the application refuses alike", async () => {
    vault.secrets.clear();
    expect(await generate(door, "current-secret")).toMatchObject(refused);
  });

  it("AS-036: a sealed, failing or foreign Vault is unavailable, never a wrong secret and never success", async () => {
    for (const fault of ["sealed", "error", "forbidden", "notVault"] as const) {
      vault.fault = fault;
      expect(await generate(door, "current-secret")).toMatchObject({ ok: false, kind: "unavailable" });
    }
  });

  it("not found, wrong and unreachable are three reasons in the log, and no secret is there", async () => {
    const before = world.log().length;
    await generate(door, "wrong");
    vault.secrets.clear();
    await generate(door, "current-secret");
    vault.fault = "sealed";
    await generate(door, "current-secret");
    const lines = world.log().slice(before);
    const causes = [...lines.matchAll(/"cause":\{[^}]*?"message":"([^"]+)"/g)].map(([, cause]) => cause);
    expect(new Set(causes).size).toBe(3);
    expect(lines).not.toContain("current-secret");
  });
});
