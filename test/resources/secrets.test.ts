// Secrets in declarations: generated ones are shown once, given ones are sealed, and the files hold neither.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { looksLikeApplicationSecret } from "../../src/tokens/application-secret.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const tenant = { name: "acme" };
const base = {
  tenant,
  projects: [{ name: "Main", isDefault: true }],
  applications: [{ name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" }],
};
const secretOf = (lines: string[]): string =>
  /secret, shown this once: (?<secret>\S+)/.exec(lines.join("\n"))?.groups?.["secret"] ?? "";

/** Every byte of every file that the instance wrote, write-ahead log included. */
const bytesOf = ({ dataDir }: Instance): Buffer =>
  Buffer.concat(readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name))));

const rowOf = async ({ parts, tenantId }: Instance, type: "connector" | "applicationSecret") =>
  (await parts.store.tenant(await tenantId("acme")).rows(type, "", 10))[0] ?? {};

describe("an application secret", () => {
  const applicationSecrets = [{ applicationId: "Backend", name: "First" }];

  it("N6-07: is generated, shown once, and opens the door", async () => {
    const instance = await openInstance();
    const { parts, apply } = instance;
    const secret = secretOf(await apply({ ...base, applicationSecrets }));
    expect(looksLikeApplicationSecret(secret)).toBe(true);
    expect(await apply({ ...base, applicationSecrets })).toEqual(["tenant acme: nothing to change"]);

    const { tenantId, applicationId } = await rowOf(instance, "applicationSecret");
    const presented = { tenantId: String(tenantId), projectId: "", clientId: String(applicationId), presented: secret };
    const check = { ...presented, now: parts.clock.now(), signal: AbortSignal.timeout(5000) };
    expect((await parts.secrets.verify(check)).kind).toBe("ok");
  });

  it("is stored as a digest only", async () => {
    const instance = await openInstance();
    const secret = secretOf(await instance.apply({ ...base, applicationSecrets }));
    const bytes = bytesOf(instance);
    expect(bytes.includes(String((await rowOf(instance, "applicationSecret"))["digest"]))).toBe(true);
    expect(bytes.includes(secret)).toBe(false);
    expect(bytes.includes(secret.slice(4, 47))).toBe(false);
  });

  it("N6-07: stands beside another one of the same application; its end is said when it is made, and stays", async () => {
    const { apply } = await openInstance();
    const first = secretOf(await apply({ ...base, applicationSecrets }));
    const second = { applicationId: "Backend", name: "Second", expireTime: "2100-01-01T00:00:00Z" };
    const lines = await apply({ tenant, applicationSecrets: [...applicationSecrets, second] });
    expect(secretOf(lines)).not.toBe(first);
    expect(await apply({ tenant, applicationSecrets: [second] })).toEqual(["tenant acme: nothing to change"]);
    const longer = [{ ...second, expireTime: "2101-01-01T00:00:00Z" }];
    expect(await refusalOf(apply({ tenant, applicationSecrets: longer }))).toMatchObject({
      kind: "invalid",
      violations: [{ field: "application_secrets[0].expire_time" }],
    });
  });

  it("is not made where the database refuses something else of the document: nobody would have seen it", async () => {
    const instance = await openInstance();
    const user = (username: string) => ({ username, email: "ada@acme.test", emailVerified: true });
    await instance.apply({ ...base, users: [user("ada")] });
    const refused = await refusalOf(instance.apply({ tenant, applicationSecrets, users: [user("ben")] }));
    expect(refused).toMatchObject({ kind: "exists", violations: [{ field: "users[0]" }] });
    expect(await rowOf(instance, "applicationSecret")).toEqual({});
  });

  it("is in no audit row, nor is its digest", async () => {
    const instance = await openInstance();
    const secret = secretOf(await instance.apply({ ...base, applicationSecrets }));
    const rows = JSON.stringify(await instance.audit(await instance.tenantId("acme")));
    expect(rows).toContain("application_secret.created");
    expect(rows).not.toContain(secret);
    expect(rows).not.toContain(String((await rowOf(instance, "applicationSecret"))["digest"]));
  });
});

describe("a connector's client secret", () => {
  const clientSecret = "correct horse battery staple 4711";
  const connector = {
    name: "IdP",
    verification: "VERIFICATION_INTROSPECTION",
    issuer: "https://idp.test",
    audiences: ["tessera"],
    clientId: "tessera-at-idp",
    clientSecret,
  };

  it("is sealed at rest and in none of the files' bytes", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [connector] });
    const sealed = String((await rowOf(instance, "connector"))["clientSecret"]);
    const bytes = bytesOf(instance);
    expect(bytes.includes("tessera-at-idp")).toBe(true);
    expect(bytes.includes(sealed)).toBe(true);
    expect(bytes.includes(clientSecret)).toBe(false);
    expect(bytes.includes(Buffer.from(clientSecret).toString("base64url").slice(0, 30))).toBe(false);
  });

  it("opens for its own row and for no other", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [connector] });
    const { id, clientSecret: sealed } = await rowOf(instance, "connector");
    const { keyring } = instance.parts;
    const place = { table: "connector", row: String(id), purpose: "clientSecret" };
    expect(keyring.open(place, String(sealed))).toBe(clientSecret);
    expect(() => keyring.open({ ...place, row: "0".repeat(21) }, String(sealed))).toThrow(Failure);
  });

  it("is compared opened: the same one changes nothing, another one is sealed anew", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [connector] });
    const { clientSecret: before } = await rowOf(instance, "connector");
    expect(await instance.apply({ tenant, connectors: [connector] })).toEqual(["tenant acme: nothing to change"]);
    expect(await instance.apply({ tenant, connectors: [{ ...connector, clientSecret: "another" }] })).toHaveLength(1);
    expect((await rowOf(instance, "connector"))["clientSecret"]).not.toBe(before);
  });

  it("outlives a change of another field", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [connector] });
    await instance.apply({ tenant, connectors: [{ ...connector, disabled: true }] });
    const { id, clientSecret: sealed } = await rowOf(instance, "connector");
    const place = { table: "connector", row: String(id), purpose: "clientSecret" };
    expect(instance.parts.keyring.open(place, String(sealed))).toBe(clientSecret);
  });
});
