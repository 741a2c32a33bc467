// Bringing a tenant to its declared state.
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { managementIndicator } from "../../src/policy/audience.ts";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { type Instance, openInstance } from "../support/opened.ts";

const demo = readFileSync(new URL("../../src/dev/demo.yaml", import.meta.url), "utf8").replaceAll(
  "${DEV_ISSUER}",
  "http://127.0.0.1:9",
);

const tenant = { name: "acme" };
const resources = [{ name: "API", indicator: "https://api.test" }];
const scopes = [
  { resourceId: "https://api.test", name: "read" },
  { resourceId: "https://api.test", name: "write" },
];

type RowKey = Parameters<ReturnType<Instance["parts"]["store"]["tenant"]>["rowByKey"]>;

const rowOf = async ({ parts, tenantId }: Instance, ...key: RowKey) =>
  (await parts.store.tenant(await tenantId("acme")).rowByKey(...key)) ?? {};

/** The lines without their ids. */
const shown = (lines: string[]) => lines.map((line) => line.replace(/ \([0-9a-z]{21}\)/, ""));

describe("the demo file", () => {
  const unchanged = ["tenant demo: nothing to change", "tenant system: nothing to change"];

  it("makes a tenant of every type of thing, and applied again changes nothing", async () => {
    const { apply } = await openInstance();
    const made = shown(await apply(demo));
    for (const line of ["created tenant demo", "created roleAssignment Token inspector / Harbour backend"])
      expect(made).toContain(line);
    expect(await apply(demo)).toEqual(unchanged);
  });

  it("can be applied after a restart", async () => {
    const { apply, dataDir, parts } = await openInstance();
    await apply(demo);
    await parts.store.close();
    const again = await openInstance(onTestFinished, dataDir);
    expect(await again.apply(demo)).toEqual(unchanged);
  });
});

describe("what is printed", () => {
  it("names each thing that was made, changed or removed, and nothing else", async () => {
    const { apply } = await openInstance();
    const roles = [{ name: "Reader", scopeIds: ["https://api.test#read"] }];
    expect(shown(await apply({ tenant, resources, scopes, roles }))).toEqual([
      "created tenant acme",
      "created resource https://api.test",
      "created scope https://api.test / read",
      "created scope https://api.test / write",
      "created role Reader",
    ]);
    const changed = [{ ...resources[0], name: "The API" }];
    expect(shown(await apply({ tenant, resources: changed, scopes }))).toEqual(["updated resource https://api.test"]);
    expect(shown(await apply({ tenant: { ...tenant, disabled: true } }))).toEqual(["updated tenant acme"]);
    expect(shown(await apply({ tenant, resources: changed, scopes }, { prune: true }))).toEqual([
      "updated tenant acme",
      "deleted role Reader",
    ]);
  });

  it("I-AUD-05: warns of a shared issuer without a condition, each time, and not once there is one", async () => {
    const { apply } = await openInstance();
    const open = {
      name: "CI",
      verification: "VERIFICATION_JWKS",
      issuer: "https://token.actions.githubusercontent.com",
      audiences: ["tessera"],
    };
    const warning = expect.stringMatching(/^warning: connectors\[0\]: conditions: /);
    expect(await apply({ tenant, connectors: [open] })).toContainEqual(warning);
    expect(await apply({ tenant, connectors: [open] })).toContainEqual(warning);
    const conditions = [{ claim: "repository_owner_id", stringValue: "4711" }];
    expect(await apply({ tenant, connectors: [{ ...open, conditions }] })).not.toContainEqual(warning);
  });
});

describe("a tenant", () => {
  it("has its management resource with every permission of the contract", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant });
    const management = await rowOf(instance, "resource", { indicator: managementIndicator });
    const rows = await instance.parts.store.tenant(await instance.tenantId("acme")).rows("scope", "", 1000);
    const names = rows.filter((row) => row["resourceId"] === management["id"]).map((row) => String(row["name"]));
    const permissions = managementPermissions(String(management["tenantId"]));
    expect(names.toSorted()).toEqual(permissions.toSorted());
  });

  it("gets back a permission that is missing, and keeps what was set on its management resource", async () => {
    const instance = await openInstance();
    const management = { name: "Administration", indicator: managementIndicator, accessTokenTtl: 120 };
    await instance.apply({ tenant, resources: [management] });
    const { id, ...row } = await rowOf(instance, "resource", { indicator: managementIndicator });
    const tenantId = await instance.tenantId("acme");
    const scope = await rowOf(instance, "scope", { resourceId: id, name: "role:assign" });
    const audit = { ...(await instance.audit(tenantId))[0], event: "scope.deleted" } as never;
    const args = { type: "scope" as const, tenantId, id: String(scope["id"]), epoch: { tenant: tenantId }, audit };
    await instance.parts.store.write("deleteRow", args);
    expect(await instance.apply({ tenant })).toEqual(["tenant acme: nothing to change"]);
    expect(await rowOf(instance, "scope", { resourceId: id, name: "role:assign" })).not.toEqual({});
    expect(await rowOf(instance, "resource", { indicator: managementIndicator })).toEqual({ id, ...row });
  });

  it("is found by its id under a new name", async () => {
    const { apply, tenantId } = await openInstance();
    await apply({ tenant });
    const id = await tenantId("acme");
    expect(await apply({ tenant: { id, name: "acme & sons" } })).toEqual([`updated tenant acme & sons (${id})`]);
  });
});

describe("a reference", () => {
  it("may be a name or an id, to what is stored or to what the same document declares further down", async () => {
    const instance = await openInstance();
    const applications = [{ name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" }];
    const projects = [{ name: "Main", isDefault: true }];
    const forward = [{ ...resources[0], serverClientIds: ["Backend"] }];
    await instance.apply({ tenant, projects, applications, resources: forward, scopes });
    const backend = await rowOf(instance, "application", { name: "Backend" });
    const api = await rowOf(instance, "resource", { indicator: "https://api.test" });
    expect(api["serverClientIds"]).toEqual([backend["id"]]);

    const byId = [{ ...resources[0], serverClientIds: [backend["id"]] }];
    const more = [{ resourceId: api["id"], name: "own" }];
    expect(shown(await instance.apply({ tenant, resources: byId, scopes: more }))).toEqual([
      `created scope ${String(api["id"])} / own`,
    ]);
  });

  it("by an id goes to what has that id, whatever calls itself by it", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant, roles: [{ name: "Reader" }, { name: "Boss" }] });
    const [reader, boss] = [
      await rowOf(instance, "role", { name: "Reader" }),
      await rowOf(instance, "role", { name: "Boss" }),
    ];
    const impostor = [{ id: boss["id"], name: reader["id"] }];
    await instance.apply({ tenant, roles: impostor, groups: [{ name: "Staff", roleIds: [reader["id"]] }] });
    expect((await rowOf(instance, "group", { name: "Staff" }))["roleIds"]).toEqual([reader["id"]]);
  });

  it("to the default project is meant where an application names none", async () => {
    const instance = await openInstance();
    const applications = [{ name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" }];
    await instance.apply({ tenant, applications, projects: [{ name: "Other" }, { name: "Main", isDefault: true }] });
    const main = await rowOf(instance, "project", { name: "Main" });
    expect((await rowOf(instance, "application", { name: "Backend" }))["projectId"]).toBe(main["id"]);
    expect(await instance.apply({ tenant, applications })).toEqual(["tenant acme: nothing to change"]);
  });
});

describe("a change", () => {
  it("of which project is the default goes through, in whatever order they stand", async () => {
    const { apply } = await openInstance();
    const projects = (first: boolean) => [
      { name: "A", isDefault: first },
      { name: "B", isDefault: !first },
    ];
    await apply({ tenant, projects: projects(true) });
    expect(await apply({ tenant, projects: projects(false) })).toHaveLength(2);
    expect(await apply({ tenant, projects: projects(true) })).toHaveLength(2);
  });

  it("back to a field's default is a change too", async () => {
    const instance = await openInstance();
    const users = (facts: object) => [{ username: "ada", ...facts }];
    await instance.apply({ tenant, users: users({ name: "Ada", email: "ada@Acme.test", emailVerified: true }) });
    expect(await rowOf(instance, "user", { username: "ada" })).toMatchObject({ emailKey: "ada@acme.test" });
    expect(await instance.apply({ tenant, users: users({}) })).toHaveLength(1);
    expect(await rowOf(instance, "user", { username: "ada" })).toMatchObject({ name: "", email: "", emailKey: "" });
  });

  it("of a strict retry window to none said, and back, is seen", async () => {
    const { apply } = await openInstance();
    const applications = (facts: object) => [{ name: "B", type: "APPLICATION_TYPE_SPA", ...facts }];
    const projects = [{ name: "Main", isDefault: true }];
    await apply({ tenant, projects, applications: applications({ refreshRetryWindow: 0 }) });
    expect(await apply({ tenant, applications: applications({}) })).toHaveLength(1);
    expect(shown(await apply({ tenant, applications: applications({}) }))).toEqual(["tenant acme: nothing to change"]);
    expect(shown(await apply({ tenant, applications: applications({ refreshRetryWindow: 0 }) }))).toEqual([
      "updated application B",
    ]);
  });

  it("makes cached permissions old: those of the tenant, or those of the one user it is about", async () => {
    const instance = await openInstance();
    const users = [{ username: "ada" }];
    await instance.apply({ tenant, users, roles: [{ name: "Reader" }] });
    const epochs = async () => {
      const id = await instance.tenantId("acme");
      return [
        (await instance.parts.store.instance.tenant(id))?.policyEpoch,
        (await rowOf(instance, "user", { username: "ada" }))["epoch"],
      ];
    };
    const [tenantBefore, userBefore] = await epochs();
    await instance.apply({ tenant, roleAssignments: [{ roleId: "Reader", userId: "ada" }] });
    expect(await epochs()).toEqual([tenantBefore, Number(userBefore) + 1]);
    await instance.apply({ tenant, roles: [{ name: "Reader", description: "reads" }] });
    expect(await epochs()).toEqual([Number(tenantBefore) + 1, Number(userBefore) + 1]);
  });
});

describe("the audit trail", () => {
  it("has one row for each change, with the operator and ids, and no names", async () => {
    const { apply, audit, tenantId } = await openInstance();
    const users = [{ username: "ada", name: "Ada Ferrante", email: "ada@acme.test", phone: "+39 010" }];
    await apply({ tenant, users });
    await apply({ tenant, users: [{ ...users[0], suspended: true }] });
    const id = await tenantId("acme");
    const rows = await audit(id);
    const told = rows.filter((row) => row.event.startsWith("user.") || row.event.startsWith("tenant."));
    expect(told.map((row) => row.event)).toEqual(["tenant.created", "user.created", "user.updated"]);
    // The two resources that every tenant has, and the permissions of one.
    expect(rows).toHaveLength(told.length + 2 + managementPermissions(id).length);
    for (const row of rows) {
      expect(row).toMatchObject({ actor: "operator", tenantId: id, outcome: "success", clientId: "" });
      expect(row.subject).toMatch(/^[0-9a-z]{21}$/);
      expect(row.requestId).toMatch(/^[0-9a-z]{21}$/);
      expect(JSON.stringify(row)).not.toMatch(/\b(?:ada|acme)\b|Ferrante|\+39/i);
    }
  });

  it("has no row for a document that changes nothing", async () => {
    const { apply, audit, tenantId } = await openInstance();
    await apply({ tenant });
    const before = await audit(await tenantId("acme"));
    await apply({ tenant });
    expect(await audit(await tenantId("acme"))).toEqual(before);
  });
});
