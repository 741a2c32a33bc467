// Settings of a tenant through both doors: what they are before anything is set, merging, replacing, and their limits.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, steward } from "../support/administered.ts";
import { doors, expectOk, type MethodName } from "../support/door.ts";

// A world for each door: what is there before anything is set is seen once.
describe.each(doors)("over $name", (door) => {
  let plane: Administered;
  beforeAll(async () => {
    plane = await createAdministered();
  });
  afterAll(() => plane.close());
  const ok = (method: MethodName, request?: JsonObject) => plane.ok(door, method, request);
  const kind = async (method: MethodName, request: JsonObject) => (await plane.refusal(door, method, request)).kind;
  const ofBlue = (method: MethodName) => expectOk(door.call(plane.world, method, {}, steward(plane.world.blue)));

  it("flags of a console are unset, then merge, each tenant's its own", async () => {
    const before = await ok("config.getAdminConsoleConfig");
    expect(before).toMatchObject({ revision: 0 });
    expect(before).not.toHaveProperty("organizationCreated");
    const set = (adminConsoleConfig: JsonObject, updateMask?: string) =>
      ok("config.updateAdminConsoleConfig", { adminConsoleConfig, ...(updateMask && { updateMask }) });
    await set({ organizationCreated: true });
    expect(await set({ m2mApplicationCreated: false })).toMatchObject({
      organizationCreated: true,
      m2mApplicationCreated: false,
      revision: 2,
    });
    await set({}, "organizationCreated");
    const after = await ok("config.getAdminConsoleConfig");
    expect(after).toMatchObject({ m2mApplicationCreated: false, revision: 3 });
    expect(after).not.toHaveProperty("organizationCreated");
    expect(await ofBlue("config.getAdminConsoleConfig")).toMatchObject({ revision: 0 });
  });

  it("sessions last 14 days unless somebody says otherwise", async () => {
    expect(await ok("config.getOidcSessionConfig")).toMatchObject({ ttl: 1_209_600, revision: 0 });
    const set = (facts: JsonObject) => ({ oidcSessionConfig: facts });
    for (const ttl of [1, 31_536_000]) {
      expect(await ok("config.updateOidcSessionConfig", set({ ttl }))).toMatchObject({ ttl });
      expect(await ok("config.getOidcSessionConfig")).toMatchObject({ ttl });
    }
    for (const ttl of [0, 31_536_001])
      expect(await kind("config.updateOidcSessionConfig", set({ ttl }))).toBe("invalid");
    expect(await ok("config.updateOidcSessionConfig", set({}))).toMatchObject({ ttl: 31_536_000 });
    const cleared = await ok("config.updateOidcSessionConfig", { ...set({}), updateMask: "ttl" });
    expect(cleared).toMatchObject({ ttl: 1_209_600 });
    expect(await ok("config.getOidcSessionConfig")).toMatchObject({ ttl: 1_209_600 });
  });

  it("a first setting is as valid as a later one", async () => {
    expect(await ofBlue("config.getOidcSessionConfig")).toMatchObject({ revision: 0 });
    const blue = steward(plane.world.blue);
    for (const oidcSessionConfig of [{ ttl: 0 }, { ttl: 60, revision: 1 }, { ttl: 60, id: "0".repeat(21) }]) {
      const outcome = await door.call(plane.world, "config.updateOidcSessionConfig", { oidcSessionConfig }, blue);
      expect(outcome.ok).toBe(false);
    }
    expect(await ofBlue("config.getOidcSessionConfig")).toMatchObject({ revision: 0, ttl: 1_209_600 });
  });

  it("ID tokens carry three extended claims, then exactly those that were put", async () => {
    const claims = (...names: string[]) => names.map((name) => `EXTENDED_CLAIM_${name}`);
    const put = (enabledExtendedClaims: string[]) => ({ idTokenConfig: { enabledExtendedClaims } });
    const standard = { enabledExtendedClaims: claims("ROLES", "ORGANIZATIONS", "ORGANIZATION_ROLES") };
    expect(await ok("config.getIdTokenConfig")).toMatchObject(standard);
    const others = claims("CUSTOM_DATA", "IDENTITIES", "SSO_IDENTITIES", "ORGANIZATION_DATA");
    const all = [...others, ...standard.enabledExtendedClaims];
    for (const wanted of [all, all.slice(0, 1), []]) {
      await ok("config.upsertIdTokenConfig", put(wanted));
      expect(await ok("config.upsertIdTokenConfig", put(wanted))).toMatchObject({ enabledExtendedClaims: wanted });
      expect(await ok("config.getIdTokenConfig")).toMatchObject({ enabledExtendedClaims: wanted });
    }
    expect(await ofBlue("config.getIdTokenConfig")).toMatchObject(standard);
    const twice = [...claims("ROLES"), ...claims("ROLES")];
    for (const wanted of [twice, claims("UNSPECIFIED")])
      expect(await kind("config.upsertIdTokenConfig", put(wanted))).toBe("invalid");
  });

  it("a lost update is refused as stale", async () => {
    const { revision } = await ok("config.updateOidcSessionConfig", { oidcSessionConfig: { ttl: 60 } });
    const seen = { oidcSessionConfig: { ttl: 61, revision: Number(revision) } };
    await ok("config.updateOidcSessionConfig", seen);
    expect(await kind("config.updateOidcSessionConfig", seen)).toBe("stale");
  });

  const customizer = { tokenType: "TOKEN_TYPE_ACCESS_TOKEN", script: "x" };
  it.each([
    ["upsertJwtCustomizer", { jwtCustomizer: customizer }],
    ["updateJwtCustomizer", { jwtCustomizer: customizer }],
    ["getJwtCustomizer", { tokenType: customizer.tokenType }],
    ["deleteJwtCustomizer", { tokenType: customizer.tokenType }],
    ["listJwtCustomizers", {}],
    ["testJwtCustomizer", { jwtCustomizer: customizer }],
  ])("%s is declared and not served", async (method, request) => {
    expect(await plane.refusal(door, `jwtCustomizer.${method}`, request)).toMatchObject({ kind: "unimplemented" });
  });
});
