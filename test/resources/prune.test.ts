// What is removed because a declaration does not name it, and what never is.
import { describe, expect, it } from "vitest";
import { openInstance, refusalOf } from "../support/opened.ts";

const tenant = { name: "acme" };
const everything = {
  tenant,
  projects: [{ name: "Main", isDefault: true }],
  resources: [{ name: "API", indicator: "https://api.test" }],
  scopes: [{ resourceId: "https://api.test", name: "read" }],
  roles: [{ name: "Reader", scopeIds: ["https://api.test#read"] }],
  connectors: [{ name: "IdP", verification: "VERIFICATION_JWKS", issuer: "https://idp.test", audiences: ["tessera"] }],
  applications: [{ name: "Backend", type: "APPLICATION_TYPE_TRADITIONAL" }],
  applicationSecrets: [{ applicationId: "Backend", name: "First" }],
  groups: [{ name: "Staff" }],
  organizations: [{ name: "Org" }],
  organizationRoles: [{ name: "Owner" }],
  users: [{ username: "ada" }],
  userIdentities: [{ userId: "ada", connectorId: "IdP", subject: "s-1" }],
  groupMembers: [{ groupId: "Staff", userId: "ada" }],
  organizationMembers: [{ organizationId: "Org", userId: "ada" }],
  roleAssignments: [{ roleId: "Reader", userId: "ada" }],
};
const types = [
  "project",
  "resource",
  "scope",
  "role",
  "connector",
  "application",
  "applicationSecret",
  "group",
  "organization",
  "organizationRole",
  "user",
  "userIdentity",
  "groupMember",
  "organizationMember",
  "roleAssignment",
] as const;

describe("pruning", () => {
  it("removes bindings, roles and scopes, the bindings first, and nothing else", async () => {
    const { apply, parts, tenantId } = await openInstance();
    await apply(everything);
    const store = parts.store.tenant(await tenantId("acme"));
    const counts = async () =>
      Object.fromEntries(
        await Promise.all(types.map(async (type) => [type, (await store.rows(type, "", 1000)).length])),
      );
    const before = await counts();
    const lines = await apply({ tenant }, { prune: true });
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "deleted roleAssignment",
      "deleted organizationMember",
      "deleted groupMember",
      "deleted organizationRole",
      "deleted role",
      "deleted scope",
    ]);
    const gone = { roleAssignment: 0, organizationMember: 0, groupMember: 0, organizationRole: 0, role: 0 };
    expect(await counts()).toEqual({ ...before, ...gone, scope: Number(before["scope"]) - 1 });
  });

  it("is done only when it is asked for", async () => {
    const { apply } = await openInstance();
    await apply(everything);
    expect(await apply({ tenant })).toEqual(["tenant acme: nothing to change"]);
    expect(await apply(everything)).toEqual(["tenant acme: nothing to change"]);
  });

  it("keeps what is declared, under its id, and has nothing to do a second time", async () => {
    const { apply } = await openInstance();
    await apply(everything);
    expect(await apply(everything, { prune: true })).toEqual(["tenant acme: nothing to change"]);
    expect(await apply({ tenant }, { prune: true })).toHaveLength(6);
    expect(await apply({ tenant }, { prune: true })).toEqual(["tenant acme: nothing to change"]);
  });

  it("has its audit row for each thing that went", async () => {
    const { apply, audit, tenantId } = await openInstance();
    await apply(everything);
    await apply({ tenant }, { prune: true });
    const events = (await audit(await tenantId("acme"))).map((row) => row.event);
    expect(events.filter((event) => event.endsWith(".deleted"))).toHaveLength(6);
  });

  it("is refused where a tenant is declared in two documents: each would remove what is in the other", async () => {
    const { apply, tenantId } = await openInstance();
    const text = `${JSON.stringify(everything)}\n---\n${JSON.stringify({ tenant })}`;
    expect(await refusalOf(apply(text, { prune: true }))).toMatchObject({ kind: "invalid" });
    expect(await tenantId("acme")).toBe("");
  });
});
