// What a declaration is refused for, where the refusal points, and that nothing of the document was written.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementIndicator } from "../../src/policy/audience.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const tenant = { name: "acme" };
const connector = {
  name: "IdP",
  verification: "VERIFICATION_JWKS",
  issuer: "https://idp.test",
  audiences: ["tessera"],
};
const application = { name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" };
const publicOne = { name: "Web", type: "APPLICATION_TYPE_SPA", publicClient: true, origins: ["https://web.test"] };

/** What is stored before each refusal. */
const base = {
  tenant,
  projects: [{ name: "Main", isDefault: true }],
  resources: [{ name: "API", indicator: "https://api.test" }],
  roles: [{ name: "For users", type: "ROLE_TYPE_USER" }],
  connectors: [connector],
  applications: [application, publicOne],
  users: [{ username: "ada" }],
};

const refusals: [string, object, string, string][] = [
  [
    "an unknown role",
    { groups: [{ name: "G", roleIds: ["For users", "Nobody"] }] },
    "invalid",
    "groups[0].role_ids[1]",
  ],
  [
    "an unknown scope",
    { roles: [{ name: "R", scopeIds: ["https://api.test#fly"] }] },
    "invalid",
    "roles[0].scope_ids[0]",
  ],
  [
    "a scope of an unknown resource",
    { roles: [{ name: "R", scopeIds: ["https://no.test#x"] }] },
    "invalid",
    "roles[0].scope_ids[0]",
  ],
  [
    "a scope without its resource",
    { roles: [{ name: "R", scopeIds: ["role:assign"] }] },
    "invalid",
    "roles[0].scope_ids[0]",
  ],
  ["an unknown owner", { scopes: [{ resourceId: "https://no.test", name: "x" }] }, "invalid", "scopes[0].resource_id"],
  ["an id of nothing", { groups: [{ name: "G", roleIds: ["0".repeat(21)] }] }, "invalid", "groups[0].role_ids[0]"],
  [
    "N1-23: a connector without an audience",
    { connectors: [{ ...connector, name: "New", issuer: "https://new.test", audiences: [] }] },
    "invalid",
    "connectors[0].audiences",
  ],
  [
    "N1-23: a connector that loses its audiences",
    { connectors: [{ ...connector, audiences: [] }] },
    "invalid",
    "connectors[0].audiences",
  ],
  [
    "N1-23: any audience without a condition",
    { connectors: [{ ...connector, audiences: [], allowAnyAudience: true }] },
    "invalid",
    "connectors[0].conditions",
  ],
  [
    "a public application without an origin",
    { applications: [{ ...publicOne, name: "W", origins: [] }] },
    "precondition",
    "applications[0]",
  ],
  [
    "N6-04: a secret of a public application",
    { applicationSecrets: [{ applicationId: "Web", name: "S" }] },
    "precondition",
    "application_secrets[0]",
  ],
  [
    "N6-04: a secret of a public application of the same document",
    { applications: [{ ...publicOne, name: "W" }], applicationSecrets: [{ applicationId: "W", name: "S" }] },
    "precondition",
    "application_secrets[0]",
  ],
  [
    "a default connector that is not the application's",
    { applications: [{ ...application, defaultConnectorId: "IdP" }] },
    "precondition",
    "applications[0]",
  ],
  [
    "N2-02: a user's role for a machine",
    { roleAssignments: [{ roleId: "For users", applicationId: "Backend" }] },
    "precondition",
    "role_assignments[0]",
  ],
  [
    "a user's role of the same document for a machine",
    { roles: [{ name: "R", type: "ROLE_TYPE_USER" }], roleAssignments: [{ roleId: "R", applicationId: "Backend" }] },
    "precondition",
    "role_assignments[0]",
  ],
  [
    "a management resource by default",
    { resources: [{ name: "T", indicator: managementIndicator, isDefault: true }] },
    "precondition",
    "resources[0]",
  ],
  [
    "a change of what cannot change",
    { applications: [{ ...application, type: "APPLICATION_TYPE_SPA" }] },
    "invalid",
    "applications[0].type",
  ],
  [
    "a thing that is declared twice",
    { groups: [{ name: "G" }, { name: "G", description: "again" }] },
    "exists",
    "groups[1]",
  ],
  [
    "a binding that is declared twice",
    {
      roleAssignments: [
        { roleId: "For users", userId: "ada" },
        { roleId: "For users", userId: "ada" },
      ],
    },
    "exists",
    "role_assignments[1]",
  ],
  [
    "two defaults",
    {
      projects: [{ name: "Main" }, { name: "A", isDefault: true }, { name: "B", isDefault: true }],
    },
    "exists",
    "projects[2]",
  ],
  ["a default beside the stored one", { projects: [{ name: "A", isDefault: true }] }, "exists", "projects[0]"],
  ["a new id for a name that is taken", { users: [{ id: "0".repeat(21), username: "ada" }] }, "exists", "users[0]"],
];

/** Everything of the tenant that a declaration could change, and how much was audited. */
async function stateOf({ parts, audit, tenantId }: Instance) {
  const id = await tenantId("acme");
  const store = parts.store.tenant(id);
  const types = [
    "project",
    "resource",
    "scope",
    "role",
    "connector",
    "application",
    "group",
    "user",
    "roleAssignment",
  ] as const;
  return [await Promise.all(types.map((type) => store.rows(type, "", 1000))), (await audit(id)).length];
}

describe("refused with nothing written is", () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await openInstance(afterAll);
    await instance.apply(base);
  });

  it.each(refusals)("%s", async (_case, change, kind, field) => {
    const before = await stateOf(instance);
    // Things that could be made stand before and after the one that is refused.
    const around = { organizations: [{ name: "Org" }], projects: [{ name: "Fresh" }] };
    const refused = await refusalOf(instance.apply({ ...around, ...change, tenant: { ...tenant, disabled: true } }));
    expect(refused).toMatchObject({ kind, message: expect.stringMatching(/^test\.yaml: /) });
    expect(refused.violations).toMatchObject([{ field }]);
    expect(await stateOf(instance)).toEqual(before);
    const row = await instance.parts.store.instance.tenantByName("acme");
    expect(row?.disabled).toBe(false);
  });

  it("an application that names no project where there is no default one", async () => {
    const { apply, tenantId } = await openInstance();
    const refused = await refusalOf(apply({ tenant, applications: [application] }));
    expect(refused).toMatchObject({ kind: "precondition", violations: [{ field: "applications[0]" }] });
    expect(await tenantId("acme")).toBe("");
  });

  it("every other file, where one of them is", async () => {
    const { apply, tenantId } = await openInstance();
    const later = { tenant: { name: "later" }, applications: [application] };
    const refused = await refusalOf(apply(`${JSON.stringify(base)}\n---\n${JSON.stringify(later)}`));
    expect(refused.kind).toBe("precondition");
    expect([await tenantId("acme"), await tenantId("later")]).toEqual(["", ""]);
  });
});

describe("two connectors of one tenant", () => {
  it("are refused with the same issuer and audience, and allowed with another audience", async () => {
    const { apply } = await openInstance();
    await apply({ tenant, connectors: [connector] });
    const second = { ...connector, name: "Second", audiences: ["other", "tessera"] };
    const refused = await refusalOf(apply({ tenant, connectors: [second] }));
    expect(refused).toMatchObject({ kind: "exists", violations: [{ field: "connectors[0]" }] });
    expect(await apply({ tenant, connectors: [{ ...second, audiences: ["other"] }] })).toHaveLength(1);
  });

  it("may hand an audience over, one after the other", async () => {
    const { apply } = await openInstance();
    await apply({ tenant, connectors: [connector] });
    const freed = { ...connector, audiences: ["other"] };
    const lines = await apply({ tenant, connectors: [freed, { ...connector, name: "Second" }] });
    expect(lines).toHaveLength(2);
  });
});
