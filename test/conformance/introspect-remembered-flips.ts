// What ends a token or takes from it, and how that is taken back.
import type { JsonObject } from "@bufbuild/protobuf";
import { deleteResource, operating } from "../../src/resources/index.ts";
import type { MethodName } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import type { Stage, Subject } from "./introspect-remembered-stage.ts";

export type Flip = {
  what: string;
  off(t: Stage): Promise<unknown>;
  back(t: Stage): Promise<unknown>;
  subject?: Subject;
  meanwhile: string;
  /** What is said after it is back, where that is not what was said before. */
  afterwards?: string;
};

type Call = readonly [method: MethodName, request: (t: Stage) => JsonObject];
export const call =
  ([method, request]: Call) =>
  (t: Stage) =>
    t.boss.ok(method, request(t));

/** Sets fields of the thing with this label, and sets them back. */
export const changed = (label: string, method: MethodName, to: Call[1], from: Call[1]): [off: Call, back: Call] => {
  const [kind = ""] = label.split(" ");
  const set = (fields: Call[1]): Call => [
    method,
    (t) => ({ [kind]: { id: t.idOf(label), ...fields(t) }, updateMask: Object.keys(fields(t)).join() }),
  ];
  return [set(to), set(from)];
};

function flip(
  what: string,
  [off, back]: readonly [off: Call, back: Call],
  meanwhile: string,
  subject: Subject = "ada",
): Flip {
  return { what, off: call(off), back: call(back), meanwhile, subject };
}

const flagged = (label: string, method: MethodName, flag = "disabled"): Flip =>
  flip(
    `${label} ${flag}`,
    changed(
      label,
      method,
      () => ({ [flag]: true }),
      () => ({ [flag]: false }),
    ),
    "inactive",
  );

const disabling = (to: boolean) => (t: Stage) => t.red.apply(({ tenant }) => void (tenant.disabled = to));

const removed = (name: "user" | "userIdentity" | "organizationMember", label: string) => (t: Stage) => {
  const acting = operating({ tenantId: t.red.id, now: t.world.now(), requestId: "test" });
  return deleteResource(t.world.parts, { name }, acting, t.idOf(label));
};

export const flips: readonly Flip[] = [
  { what: "the tenant disabled", off: disabling(true), back: disabling(false), meanwhile: "unauthenticated" },
  flagged("project main", "project.updateProject"),
  flagged("application backend", "application.updateApplication"),
  flagged(`resource ${api}`, "resource.updateResource"),
  flagged("connector idp", "connector.updateConnector"),
  flagged("organization north", "organization.updateOrganization"),
  flagged("user ada", "user.updateUser", "suspended"),
  flip(
    "the user renamed",
    changed(
      "user ada",
      "user.updateUser",
      () => ({ username: "countess" }),
      () => ({ username: "ada" }),
    ),
    "countess: invite read write",
  ),
  flip(
    "a role taken from the user",
    [
      ["user.removeUserRole", (t) => ({ userId: t.idOf("user ada"), roleId: t.idOf("role editor") })],
      ["user.assignUserRoles", (t) => ({ userId: t.idOf("user ada"), roleIds: [t.idOf("role editor")] })],
    ],
    "ada: invite",
  ),
  flip(
    "a role with fewer scopes",
    changed(
      "role reader",
      "role.updateRole",
      () => ({ scopeIds: [] }),
      (t) => ({ scopeIds: [t.idOf(`scope ${api} / read`)] }),
    ),
    "ben:",
    "ben",
  ),
  flip(
    "a group left",
    [
      ["group.deleteGroupMember", (t) => ({ id: t.idOf("groupMember staff / ben") })],
      [
        "group.createGroupMember",
        (t) => ({ groupMember: { groupId: t.idOf("group staff"), userId: t.idOf("user ben") } }),
      ],
    ],
    "ben:",
    "ben",
  ),
  flip(
    "a group without its role",
    changed(
      "group staff",
      "group.updateGroup",
      () => ({ roleIds: [] }),
      (t) => ({ roleIds: [t.idOf("role reader")] }),
    ),
    "ben:",
    "ben",
  ),
  flip(
    "a membership without its role",
    changed(
      "organizationMember north / ada",
      "organization.updateOrganizationMember",
      () => ({ organizationRoleIds: [] }),
      (t) => ({ organizationRoleIds: [t.idOf("organizationRole owner")] }),
    ),
    "ada: read write",
  ),
  flip(
    "an application without its connector",
    changed(
      "application guest",
      "application.updateApplication",
      () => ({ connectorIds: [] }),
      (t) => ({ connectorIds: [t.idOf("connector idp")] }),
    ),
    "inactive",
    "guest",
  ),
  flip(
    "consent to a scope withdrawn",
    [
      [
        "consent.removeUserConsentScope",
        (t) => ({
          applicationId: t.idOf("application guest"),
          type: "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES",
          scopeId: t.idOf(`scope ${api} / read`),
        }),
      ],
      [
        "consent.addUserConsentScopes",
        (t) => ({ applicationId: t.idOf("application guest"), resourceScopeIds: [t.idOf(`scope ${api} / read`)] }),
      ],
    ],
    "somebody: invite",
    "guest",
  ),
  flip(
    "consent to an organization withdrawn",
    [
      [
        "consent.removeConsentOrganization",
        (t) => ({
          applicationId: t.idOf("application guest"),
          userId: t.idOf("user ada"),
          organizationId: t.idOf("organization north"),
        }),
      ],
      [
        "consent.addConsentOrganizations",
        (t) => ({
          applicationId: t.idOf("application guest"),
          userId: t.idOf("user ada"),
          organizationIds: [t.idOf("organization north")],
        }),
      ],
    ],
    "inactive",
    "guest",
  ),
  {
    what: "a membership removed",
    off: removed("organizationMember", "organizationMember north / ada"),
    back: (t) => t.red.apply(),
    meanwhile: "inactive",
  },
  {
    what: "the identity at the connector removed",
    off: removed("userIdentity", "userIdentity idp / ada-at-idp"),
    back: (t) => t.red.apply(),
    meanwhile: "inactive",
  },
  {
    what: "the user deleted, and one of its name made",
    off: removed("user", "user ben"),
    back: (t) => t.red.apply(),
    subject: "ben",
    meanwhile: "inactive",
    afterwards: "inactive",
  },
];
