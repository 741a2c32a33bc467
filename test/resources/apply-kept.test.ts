// What a declaration does not say and therefore leaves as it is, what there is one of, and the system tenant.
import { describe, expect, it } from "vitest";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { systemTenantId } from "../../src/system-tenant.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";
import { richTenant } from "../support/rich-tenant.ts";

const tenant = { name: "acme" };
const unchanged = ["tenant acme: nothing to change"];

const connector = {
  name: "IdP",
  verification: "VERIFICATION_INTROSPECTION",
  issuer: "https://idp.test",
  audiences: ["tessera"],
  clientId: "tessera-at-idp",
};

type RowKey = Parameters<ReturnType<Instance["parts"]["store"]["tenant"]>["rowByKey"]>;

const rowOf = async ({ parts, tenantId }: Instance, ...key: RowKey) =>
  (await parts.store.tenant(await tenantId("acme")).rowByKey(...key)) ?? {};

/** The secret that is stored for the connector, opened. */
async function secretIn(instance: Instance): Promise<string> {
  const { id, clientSecret } = await rowOf(instance, "connector", { name: "IdP" });
  if (clientSecret === "") return "";
  return instance.parts.keyring.open(
    { table: "connector", row: String(id), purpose: "clientSecret" },
    String(clientSecret),
  );
}

describe("a connector's secret", () => {
  it("stays where a declaration does not say it, whatever else changes", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [{ ...connector, clientSecret: "one" }] });
    expect(await instance.apply({ tenant, connectors: [connector] })).toEqual(unchanged);
    expect(await instance.apply({ tenant, connectors: [{ ...connector, leeway: 60 }] })).toHaveLength(1);
    expect(await secretIn(instance)).toBe("one");
  });

  it("changes where a declaration says another one, and is set where there was none", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, connectors: [connector] });
    expect(await secretIn(instance)).toBe("");
    await instance.apply({ tenant, connectors: [{ ...connector, clientSecret: "one" }] });
    expect(await secretIn(instance)).toBe("one");
    await instance.apply({ tenant, connectors: [{ ...connector, clientSecret: "two" }] });
    expect(await secretIn(instance)).toBe("two");
  });
});

describe("a connector of a factory", () => {
  it("is declared without what its factory takes for granted, and declared again it stays", async () => {
    const { apply } = await openInstance();
    const connectors = [{ name: "Google", factoryId: "google", clientId: "c", audiences: ["c"] }];
    const changes = async () => (await apply({ tenant, connectors })).filter((line) => !line.startsWith("warning"));
    expect(await changes()).toHaveLength(2);
    expect(await changes()).toEqual(unchanged);
  });

  it("has to say them where there is none", async () => {
    const { apply } = await openInstance();
    const refused = await refusalOf(apply({ tenant, connectors: [{ name: "Bare", audiences: ["c"] }] }));
    expect(refused).toMatchObject({ kind: "invalid" });
    expect(refused.violations.map(({ field }) => field)).toEqual(
      expect.arrayContaining(["connectors[0].verification", "connectors[0].issuer"]),
    );
  });
});

describe("settings, of which a tenant has one of each kind", () => {
  it("are made once, and found and changed later, with an id or without", async () => {
    const instance = await openInstance();
    const first = await instance.apply({ tenant, oidcSessionConfig: { ttl: 60 } });
    expect(first).toEqual([
      expect.stringMatching(/^created tenant/),
      expect.stringMatching(/^created oidcSessionConfig \(/),
    ]);
    const { id } = await rowOf(instance, "oidcSessionConfig", {});
    expect(await instance.apply({ tenant, oidcSessionConfig: { ttl: 60 } })).toEqual(unchanged);
    expect(await instance.apply({ tenant, oidcSessionConfig: { id, ttl: 61 } })).toEqual([
      `updated oidcSessionConfig (${String(id)})`,
    ]);
    expect(await rowOf(instance, "oidcSessionConfig", {})).toMatchObject({ id, ttl: 61, revision: 2 });
  });

  it("are one's own in each tenant, and under no second id", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant: { name: "blue" }, oidcSessionConfig: { ttl: 1 } });
    await instance.apply({ tenant, oidcSessionConfig: { ttl: 60 } });
    expect(await rowOf(instance, "oidcSessionConfig", {})).toMatchObject({ ttl: 60 });
    const other = { id: "0".repeat(21), ttl: 60 };
    expect(await refusalOf(instance.apply({ tenant, oidcSessionConfig: other }))).toMatchObject({ kind: "exists" });
  });
});

describe("a reference to what a later document makes", () => {
  const resources = [{ name: "API", indicator: "https://api.test", serverClientIds: ["Backend"] }];
  const projects = [{ name: "Main", isDefault: true }];
  const backend = { name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" };
  const twice = (application: object) =>
    [
      { tenant, resources },
      { tenant, projects, applications: [application] },
    ]
      .map((one) => JSON.stringify(one))
      .join("\n---\n");

  it("leads there where that says its id", async () => {
    const instance = await openInstance();
    const id = "zz".padEnd(21, "1");
    await instance.apply(twice({ ...backend, id }));
    expect(await rowOf(instance, "resource", { indicator: "https://api.test" })).toMatchObject({
      serverClientIds: [id],
    });
  });

  it("leads nowhere where that says none, and nothing is written", async () => {
    const { apply, tenantId } = await openInstance();
    expect(await refusalOf(apply(twice(backend)))).toMatchObject({
      kind: "invalid",
      violations: [{ field: "resources[0].server_client_ids[0]" }],
    });
    expect(await tenantId("acme")).toBe("");
  });
});

describe("the system tenant", () => {
  const system = { name: "system" };
  const roles = [{ name: "Everything", type: "ROLE_TYPE_MACHINE", scopeIds: ["urn:tessera:management#tenant:write"] }];

  it("is there from the first start, and addressed by its name", async () => {
    const { apply, tenantId } = await openInstance();
    expect(await apply({ tenant: system })).toEqual(["tenant system: nothing to change"]);
    expect(await apply({ tenant: system, roles })).toEqual([expect.stringMatching(/^created role Everything/)]);
    expect(await tenantId("system")).toBe(systemTenantId);
  });

  it("loses by pruning what is not declared, and no permission", async () => {
    const { apply, parts } = await openInstance();
    await apply({ tenant: system, roles });
    expect(await apply({ tenant: system }, { prune: true })).toEqual([
      expect.stringMatching(/^deleted role Everything/),
    ]);
    const names = (await parts.store.tenant(systemTenantId).rows("scope", "", 1000)).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(managementPermissions(systemTenantId)));
    expect(managementPermissions(systemTenantId).length).toBeGreaterThan(managementPermissions("0".repeat(21)).length);
  });
});

describe("pruning a rich tenant to its name", () => {
  it("takes third-party scopes and machines of organizations along, and leaves what users consented to", async () => {
    const { apply, parts, tenantId } = await openInstance();
    const { roleAssignments: _roles, organizationMembers, ...rest } = richTenant("acme");
    await apply({ ...rest, organizationMembers });
    const lines = await apply({ tenant, organizationMembers }, { prune: true });
    expect(lines).toContainEqual(expect.stringMatching(/^deleted organizationApplication/));
    expect(lines.filter((line) => line.startsWith("deleted userConsentScope"))).toHaveLength(2);
    const store = parts.store.tenant(await tenantId("acme"));
    expect(await store.rows("consentOrganization", "", 10)).toHaveLength(1);
    expect(await store.rows("application", "", 10)).toHaveLength(5);
  });
});
