// Tenants do not touch each other, whatever their things are called.
import { describe, expect, it } from "vitest";
import { DeclarationSchema } from "../../src/gen/tessera/admin/v1/declaration_pb.ts";
import { buildPolicy } from "../../src/policy/permissions.ts";
import { referenceOf } from "../../src/resources/fields.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const documentOf = (name: string, description: string) => ({
  tenant: { name },
  projects: [{ name: "Main", isDefault: true }],
  resources: [{ name: "API", indicator: "https://api.test", isDefault: true }],
  scopes: [{ resourceId: "https://api.test", name: "read", description }],
  roles: [{ name: "Reader", description, scopeIds: ["https://api.test#read"] }],
  connectors: [{ name: "IdP", verification: "VERIFICATION_JWKS", issuer: "https://idp.test", audiences: ["tessera"] }],
  applications: [
    { name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL", connectorIds: ["IdP"] },
    { name: "Partner", type: "APPLICATION_TYPE_TRADITIONAL", thirdParty: true },
  ],
  groups: [{ name: "Staff", roleIds: ["Reader"] }],
  organizations: [{ name: "Org" }],
  organizationRoles: [{ name: "Owner", scopeIds: ["https://api.test#read"] }],
  users: [{ username: "ada", email: "ada@harbour.test", emailVerified: true }],
  userIdentities: [{ userId: "ada", connectorId: "IdP", subject: "s-1" }],
});

/** The id of each of a tenant's things, by the field a reference to it stands in. */
async function idsOf({ parts, tenantId }: Instance, name: string): Promise<Record<string, string>> {
  const store = parts.store.tenant(await tenantId(name));
  const id = async (...key: Parameters<typeof store.rowByKey>) => String((await store.rowByKey(...key))?.["id"]);
  const resource = await id("resource", { indicator: "https://api.test" });
  return {
    project: await id("project", { name: "Main" }),
    resource,
    scope: await id("scope", { resourceId: resource, name: "read" }),
    role: await id("role", { name: "Reader" }),
    connector: await id("connector", { name: "IdP" }),
    application: await id("application", { name: "Backend" }),
    group: await id("group", { name: "Staff" }),
    organization: await id("organization", { name: "Org" }),
    organizationRole: await id("organizationRole", { name: "Owner" }),
    user: await id("user", { username: "ada" }),
  };
}

const application = { name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" };

/** Every field of a declaration that holds a reference. */
type Reference = [field: string, type: string, change: (id: string) => object];
const references: Reference[] = [
  ["scope.resource", "resource", (id) => ({ scopes: [{ resourceId: id, name: "x" }] })],
  [
    "resource.server_clients",
    "application",
    (id) => ({ resources: [{ name: "N", indicator: "https://n.test", serverClientIds: [id] }] }),
  ],
  ["role.scopes", "scope", (id) => ({ roles: [{ name: "N", scopeIds: [id] }] })],
  [
    "connector.just_in_time_roles",
    "role",
    (id) => ({
      connectors: [
        {
          name: "N",
          verification: "VERIFICATION_JWKS",
          issuer: "https://n.test",
          audiences: ["a"],
          justInTimeRoleIds: [id],
        },
      ],
    }),
  ],
  ["application.project", "project", (id) => ({ applications: [{ ...application, name: "N", projectId: id }] })],
  ["application.connectors", "connector", (id) => ({ applications: [{ ...application, connectorIds: [id] }] })],
  [
    "application.default_connector",
    "connector",
    (id) => ({ applications: [{ ...application, defaultConnectorId: id }] }),
  ],
  ["application.resources", "resource", (id) => ({ applications: [{ ...application, resourceIds: [id] }] })],
  ["application.default_resource", "resource", (id) => ({ applications: [{ ...application, defaultResourceId: id }] })],
  ["secret.application", "application", (id) => ({ applicationSecrets: [{ applicationId: id, name: "N" }] })],
  [
    "sign_in_experience.application",
    "application",
    (id) => ({ signInExperiences: [{ applicationId: id, displayName: "N" }] }),
  ],
  ["custom_domain.application", "application", (id) => ({ customDomains: [{ applicationId: id, domain: "n.test" }] })],
  ["group.roles", "role", (id) => ({ groups: [{ name: "N", roleIds: [id] }] })],
  ["organization_role.scopes", "scope", (id) => ({ organizationRoles: [{ name: "N", scopeIds: [id] }] })],
  ["identity.user", "user", (id) => ({ userIdentities: [{ userId: id, connectorId: "IdP", subject: "s-2" }] })],
  [
    "identity.connector",
    "connector",
    (id) => ({ userIdentities: [{ userId: "ada", connectorId: id, subject: "s-2" }] }),
  ],
  ["group_member.group", "group", (id) => ({ groupMembers: [{ groupId: id, userId: "ada" }] })],
  ["group_member.user", "user", (id) => ({ groupMembers: [{ groupId: "Staff", userId: id }] })],
  [
    "organization_member.organization",
    "organization",
    (id) => ({ organizationMembers: [{ organizationId: id, userId: "ada" }] }),
  ],
  ["organization_member.user", "user", (id) => ({ organizationMembers: [{ organizationId: "Org", userId: id }] })],
  [
    "organization_member.roles",
    "organizationRole",
    (id) => ({ organizationMembers: [{ organizationId: "Org", userId: "ada", organizationRoleIds: [id] }] }),
  ],
  [
    "organization_application.organization",
    "organization",
    (id) => ({ organizationApplications: [{ organizationId: id, applicationId: "Backend" }] }),
  ],
  [
    "organization_application.application",
    "application",
    (id) => ({ organizationApplications: [{ organizationId: "Org", applicationId: id }] }),
  ],
  [
    "organization_application.roles",
    "organizationRole",
    (id) => ({
      organizationApplications: [{ organizationId: "Org", applicationId: "Backend", organizationRoleIds: [id] }],
    }),
  ],
  ...["applicationId", "scopeId"].map((field): Reference => {
    const consent = { applicationId: "Partner", scopeId: "https://api.test#read" };
    const type = "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES";
    return [
      `consent_scope.${field}`,
      field === "scopeId" ? "scope" : "application",
      (id) => ({ userConsentScopes: [{ ...consent, type, [field]: id }] }),
    ];
  }),
  ...(["application", "user", "organization"] as const).map((type): Reference => {
    const consent = { applicationId: "Partner", userId: "ada", organizationId: "Org" };
    return [
      `consent_organization.${type}`,
      type,
      (id) => ({ consentOrganizations: [{ ...consent, [`${type}Id`]: id }] }),
    ];
  }),
  ["assignment.role", "role", (id) => ({ roleAssignments: [{ roleId: id, userId: "ada" }] })],
  ["assignment.user", "user", (id) => ({ roleAssignments: [{ roleId: "Reader", userId: id }] })],
  ["assignment.application", "application", (id) => ({ roleAssignments: [{ roleId: "Reader", applicationId: id }] })],
];

describe("two tenants with the same names", () => {
  it("have their own things: each is brought to its own state and the other stays", async () => {
    const instance = await openInstance();
    await instance.apply(documentOf("north", "of north"));
    await instance.apply(documentOf("south", "of south"));
    const [north, south] = [await idsOf(instance, "north"), await idsOf(instance, "south")];
    expect(Object.values(north).filter((id) => Object.values(south).includes(id))).toEqual([]);

    const before = await instance.audit(await instance.tenantId("north"));
    await instance.apply(documentOf("south", "changed"), { prune: true });
    await instance.apply({ tenant: { name: "south" } }, { prune: true });
    expect(await instance.apply(documentOf("north", "of north"))).toEqual(["tenant north: nothing to change"]);
    expect(await instance.audit(await instance.tenantId("north"))).toEqual(before);
  });

  it("N2-05: have policies with nothing of each other in them", async () => {
    const instance = await openInstance();
    await instance.apply(documentOf("north", "of north"));
    await instance.apply(documentOf("south", "of south"));
    const rows = await instance.parts.store.tenant(await instance.tenantId("north")).policy();
    const policy = JSON.stringify(rows) + JSON.stringify([...buildPolicy(rows).roles]);
    for (const id of Object.values(await idsOf(instance, "south"))) expect(policy).not.toContain(id);
  });
});

describe("N6-11: an id of another tenant", () => {
  it("is refused like a random one, in every reference of a declaration", async () => {
    const instance = await openInstance();
    await instance.apply(documentOf("north", "of north"));
    await instance.apply(documentOf("south", "of south"));
    const foreign = await idsOf(instance, "north");
    const declarable = new Set(DeclarationSchema.fields.map((field) => field.message?.typeName));
    const types = [...resourceTypes.values()].filter(({ desc }) => declarable.has(desc.typeName));
    const declared = types.flatMap((type) => type.desc.fields.filter(referenceOf));
    expect(references).toHaveLength(declared.length);
    for (const [field, type, change] of references) {
      const tried = (id: string) => refusalOf(instance.apply({ tenant: { name: "south" }, ...change(id) }));
      const refused = await tried(foreign[type] ?? "");
      expect({ field, ...refused }).toMatchObject({ field, violations: [{ rule: "reference" }] });
      expect({ field, ...refused }).toEqual({ field, ...(await tried("0".repeat(21))) });
    }
  });

  it("names nothing of this tenant: the thing stays the other tenant's", async () => {
    const instance = await openInstance();
    await instance.apply(documentOf("north", "of north"));
    await instance.apply({ tenant: { name: "south" } });
    const { role } = await idsOf(instance, "north");
    await refusalOf(instance.apply({ tenant: { name: "south" }, roles: [{ id: role, name: "Mine" }] }));
    const stored = await instance.parts.store.tenant(await instance.tenantId("north")).row("role", role ?? "");
    expect(stored).toMatchObject({ name: "Reader", revision: 1 });
  });
});
