// What a subject may do at an audience.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildPolicy,
  effectivePermissions,
  heldAt,
  type Holdings,
  type PolicyRows,
} from "../../src/policy/permissions.ts";
import { resource } from "../support/policy.ts";

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const [resourceIds, scopeIds, roleIds, groupIds, orgRoleIds] = [
  ids("res", 3),
  ids("sco", 9),
  ids("rol", 5),
  ids("gro", 3),
  ids("org", 3),
];
const some = (from: readonly string[]) => fc.uniqueArray(fc.constantFrom(...from, "gone"));

/** Names of scopes repeat from resource to resource, as they do in life. */
const rows: fc.Arbitrary<PolicyRows> = fc.record({
  resources: fc.constant(resourceIds.map((id) => resource(id))),
  scopes: fc.tuple(
    ...scopeIds.map((id) =>
      fc.record({
        id: fc.constant(id),
        name: fc.constantFrom("read", "write", "own"),
        resourceId: fc.constantFrom(...resourceIds),
      }),
    ),
  ),
  roles: fc.tuple(
    ...roleIds.map((id) =>
      fc.record({
        id: fc.constant(id),
        name: fc.constant(`role ${id}`),
        type: fc.constantFrom(0, 1, 2),
        scopeIds: some(scopeIds),
      }),
    ),
  ),
  groups: fc.tuple(
    ...groupIds.map((id) =>
      fc.record({ id: fc.constant(id), name: fc.constantFrom("B", "a", "Ä"), roleIds: some(roleIds) }),
    ),
  ),
  organizationRoles: fc.tuple(
    ...orgRoleIds.map((id) =>
      fc.record({ id: fc.constant(id), name: fc.constant(`role ${id}`), scopeIds: some(scopeIds) }),
    ),
  ),
});
const holdings: fc.Arbitrary<Holdings> = fc.record({
  kind: fc.constantFrom("user" as const, "machine" as const),
  roleIds: some(roleIds),
  groupIds: some(groupIds),
  organizationRoleIds: some(orgRoleIds),
});
const asked = fc.constantFrom(...resourceIds);

const sortedUnique = (names: readonly string[]) => [...new Set(names)].sort();

describe("permissions at an audience", () => {
  it("N2-05: are exactly the scopes of that audience which a fitting role of the subject holds", () => {
    fc.assert(
      fc.property(rows, holdings, asked, (rows, held, at) => {
        const effective = effectivePermissions(buildPolicy(rows), held, at);
        const reached = new Set([
          ...held.roleIds,
          ...rows.groups.filter((group) => held.groupIds.includes(group.id)).flatMap((group) => group.roleIds),
        ]);
        const fitting = rows.roles.filter(
          (role) => reached.has(role.id) && role.type !== (held.kind === "user" ? 2 : 1),
        );
        const names = (scopeIds: readonly string[]) =>
          rows.scopes
            .filter((scope) => scopeIds.includes(scope.id) && scope.resourceId === at)
            .map((scope) => scope.name);
        expect(effective.permissions).toEqual(sortedUnique(fitting.flatMap((role) => names(role.scopeIds))));
        const inOrganization = rows.organizationRoles.filter((role) => held.organizationRoleIds.includes(role.id));
        expect(effective.organizationPermissions).toEqual(
          sortedUnique(inOrganization.flatMap((role) => names(role.scopeIds))),
        );
      }),
    );
  });

  it("only grow with what is held", () => {
    fc.assert(
      fc.property(rows, holdings, holdings, asked, (rows, held, more, at) => {
        const policy = buildPolicy(rows);
        const wider: Holdings = {
          kind: held.kind,
          roleIds: [...held.roleIds, ...more.roleIds],
          groupIds: [...held.groupIds, ...more.groupIds],
          organizationRoleIds: [...held.organizationRoleIds, ...more.organizationRoleIds],
        };
        const before = effectivePermissions(policy, held, at).all;
        expect(effectivePermissions(policy, wider, at).all).toEqual(expect.arrayContaining([...before]));
      }),
    );
  });

  it("are the same of a policy that was asked before, whatever it was asked", () => {
    const questions = fc.array(fc.tuple(holdings, asked), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(rows, questions, (rows, questions) => {
        const policy = buildPolicy(rows);
        for (const [held, at] of [...questions, ...questions])
          expect(effectivePermissions(policy, held, at)).toEqual(effectivePermissions(buildPolicy(rows), held, at));
      }),
    );
  });

  it("and group names are sorted and have no duplicates", () => {
    fc.assert(
      fc.property(rows, holdings, asked, (rows, held, at) => {
        const effective = effectivePermissions(buildPolicy(rows), held, at);
        for (const names of [effective.permissions, effective.groups, effective.organizationPermissions])
          expect(names).toEqual(sortedUnique(names));
        expect(effective.all).toEqual(sortedUnique([...effective.permissions, ...effective.organizationPermissions]));
      }),
    );
  });

  it("are none at an audience that does not exist", () => {
    fc.assert(
      fc.property(rows, holdings, (rows, held) => {
        expect(effectivePermissions(buildPolicy(rows), held, "elsewhere").all).toEqual([]);
      }),
    );
  });
});

describe("roles", () => {
  const base: PolicyRows = {
    resources: [resource("api"), resource("billing")],
    scopes: [
      { id: "s1", name: "read", resourceId: "api" },
      { id: "s2", name: "pay", resourceId: "billing" },
    ],
    roles: [
      { id: "reader", name: "Reader", type: 1, scopeIds: ["s1"] },
      { id: "payer", name: "Payer", type: 1, scopeIds: ["s2"] },
      { id: "label", name: "Label", type: 0, scopeIds: [] },
      { id: "robot", name: "Robot", type: 2, scopeIds: ["s1"] },
    ],
    groups: [{ id: "g", name: "Staff", roleIds: ["reader"] }],
    organizationRoles: [{ id: "o", name: "Owner", scopeIds: ["s2"] }],
  };
  const rolesAt = (held: Partial<Holdings>, at: string) =>
    effectivePermissions(
      buildPolicy(base),
      { kind: "user", roleIds: [], groupIds: [], organizationRoleIds: [], ...held },
      at,
    ).roles.map((role) => role.name);

  it("N2-05: that grant something only at another audience are not shown", () => {
    expect(rolesAt({ roleIds: ["payer", "reader", "label"] }, "api")).toEqual(["Reader", "Label"]);
  });

  it("for the other kind of subject are not shown", () => {
    expect(rolesAt({ roleIds: ["robot"] }, "api")).toEqual([]);
    expect(rolesAt({ kind: "machine", roleIds: ["robot", "reader"] }, "api")).toEqual(["Robot"]);
  });

  it("held twice, directly and through a group, are shown once", () => {
    expect(rolesAt({ roleIds: ["reader"], groupIds: ["g"] }, "api")).toEqual(["Reader"]);
  });
});

describe("heldAt", () => {
  it("counts what is held until its end and not at it, and what has no end always", () => {
    const held = [
      { id: "ending", expireTime: 1000 },
      { id: "lasting", expireTime: null },
    ];
    expect(heldAt(held, 999)).toEqual(["ending", "lasting"]);
    expect(heldAt(held, 1000)).toEqual(["lasting"]);
  });
});
