// A realm is an audience: REALM_ADMIN the tenant's management resource, REALM_USER the default resource.
import { Realm } from "../gen/tessera/auth/v1/auth_pb.ts";
import { chooseAudience, managementIndicator } from "../policy/audience.ts";
import type { Policy, PolicyResource } from "../policy/permissions.ts";
import type { Row } from "../store/tables.ts";
import { targetOrRefuse } from "./target.ts";

/** Tokens of the management audience are admin tokens, by whatever way it was chosen. */
export const realmOf = ({ indicator }: Pick<PolicyResource, "indicator">): "admin" | "user" =>
  indicator === managementIndicator ? "admin" : "user";

/** Throws invalid_target where the application may not have that audience, or its default is one of the other realm. */
export function realmTarget(
  policy: Policy,
  realm: Realm,
  application: Pick<Row<"application">, "defaultResourceId" | "resourceIds" | "thirdParty">,
): PolicyResource {
  // One leaked secret of some service must not open the administration: the application has to be meant for it.
  if (realm === Realm.ADMIN)
    return targetOrRefuse(chooseAudience(policy, { requested: [managementIndicator], application }));
  const resource = targetOrRefuse(chooseAudience(policy, { requested: [], application }));
  return realmOf(resource) === "user" ? resource : targetOrRefuse({ refuse: "not allowed" });
}
