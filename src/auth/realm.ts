// A realm is an audience: REALM_ADMIN the tenant's management resource, REALM_USER the default resource.
import { Realm } from "../gen/tessera/auth/v1/auth_pb.ts";
import { chooseAudience, managementResource } from "../policy/audience.ts";
import type { Policy, PolicyResource } from "../policy/permissions.ts";
import type { Row } from "../store/tables.ts";
import { targetOrRefuse } from "./target.ts";

export function realmTarget(
  policy: Policy,
  realm: Realm,
  application: Pick<Row<"application">, "defaultResourceId" | "resourceIds">,
): { resource: PolicyResource; realm: "admin" | "user" } {
  if (realm === Realm.ADMIN) return { resource: targetOrRefuse(managementResource(policy)), realm: "admin" };
  return { resource: targetOrRefuse(chooseAudience(policy, { requested: [], application })), realm: "user" };
}
