// What consent leaves of a subject's permissions.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cappedBy, consentAt, type ConsentRow } from "../../src/policy/consent.ts";
import { effectiveOf } from "../../src/policy/permissions.ts";

const [organizationScopes, resourceScopes, organizationResourceScopes, userScopes] = [1, 2, 3, 4] as const;
const given = (type: number, name: string, resourceId = "api"): ConsentRow => ({
  type,
  userScope: "",
  scope: { name, resourceId },
});
const shown = (userScope: string): ConsentRow => ({ type: userScopes, userScope, scope: null });

const held = effectiveOf({
  roles: [{ id: "r", name: "editor" }],
  groups: ["staff"],
  permissions: ["read", "write"],
  organizationRoles: [{ id: "o", name: "owner" }],
  organizationPermissions: ["invite", "write"],
});
const cap = (...rows: ConsentRow[]) => cappedBy(held, consentAt(rows, "api"));

describe("of the permissions that a subject holds", () => {
  it("nothing is left where nothing was consented to", () => {
    expect(cap().all).toEqual([]);
  });

  it("those by roles of its own are left by resource scopes only", () => {
    expect(cap(given(resourceScopes, "read")).permissions).toEqual(["read"]);
    for (const type of [organizationScopes, organizationResourceScopes])
      expect(cap(given(type, "read")).permissions).toEqual([]);
  });

  it("those by roles in an organization are left by organization scopes and organization resource scopes", () => {
    for (const type of [organizationScopes, organizationResourceScopes])
      expect(cap(given(type, "invite")).organizationPermissions).toEqual(["invite"]);
    expect(cap(given(resourceScopes, "invite")).organizationPermissions).toEqual([]);
  });

  it("one that is held both ways is left in the way that was consented to", () => {
    const { permissions, organizationPermissions } = cap(given(organizationResourceScopes, "write"));
    expect({ permissions, organizationPermissions }).toEqual({ permissions: [], organizationPermissions: ["write"] });
  });

  it("none is left by a scope of the same name at another audience", () => {
    expect(cap(given(resourceScopes, "read", "billing")).all).toEqual([]);
  });

  it("none is added that the subject does not hold", () => {
    expect(cap(given(resourceScopes, "delete"), given(organizationScopes, "delete")).all).toEqual([]);
  });
});

describe("roles and groups", () => {
  it("are not told, whatever was consented to", () => {
    const rows = ["read", "write", "invite"].flatMap((name) => [1, 2, 3].map((type) => given(type, name)));
    expect(cap(...rows)).toMatchObject({ roles: [], groups: [], organizationRoles: [] });
  });
});

describe("the picture", () => {
  it("has the parts that were consented to, at every audience", () => {
    const { picture } = consentAt([shown("profile"), shown("phone"), given(resourceScopes, "email")], "elsewhere");
    expect([...picture].sort()).toEqual(["phone", "profile"]);
  });
});

describe("whatever is consented to", () => {
  const names = fc.subarray(["a", "b", "c", "d"]);
  const rows = fc.array(
    fc.record({
      type: fc.integer({ min: 0, max: 5 }),
      userScope: fc.constantFrom("", "email"),
      scope: fc.option(
        fc.record({ name: fc.constantFrom("a", "b", "c", "d"), resourceId: fc.constantFrom("api", "x") }),
      ),
    }),
  );

  it("only takes away, and more consent never takes more", () => {
    fc.assert(
      fc.property(names, names, rows, rows, (permissions, organizationPermissions, some, more) => {
        const all = { ...held, permissions, organizationPermissions };
        const less = cappedBy(all, consentAt(some, "api"));
        const wider = cappedBy(all, consentAt([...some, ...more], "api"));
        for (const set of ["permissions", "organizationPermissions"] as const) {
          expect(all[set]).toEqual(expect.arrayContaining([...wider[set]]));
          expect(wider[set]).toEqual(expect.arrayContaining([...less[set]]));
        }
      }),
    );
  });
});
