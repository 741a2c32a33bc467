// One thing of every kind in a tenant of the management tests: what a declaration can say, and what only calls can make.
import type { JsonObject } from "@bufbuild/protobuf";
import type { MethodName } from "./door.ts";
import { api, type declare } from "./fixture.ts";
import type { Managed } from "./management-world.ts";

export type Declared = ReturnType<typeof declare>;
type Call = Managed["ask"];

export const spare = "https://spare.example.test";

/** "spare" things hang on nothing that other tests need, so that they can be changed and removed. */
export function declareThings(declared: Declared): void {
  const { name } = declared.tenant;
  const add = (list: string, ...items: Record<string, unknown>[]) => void declared[list]?.push(...items);
  add("projects", { name: "spare" }, { name: "empty" });
  add("resources", { name: "Spare", indicator: spare });
  add("scopes", { resourceId: spare, name: "use" }, { resourceId: "urn:tessera:organization", name: "visit" });
  add("roles", { name: "spare", type: "ROLE_TYPE_USER", scopeIds: [`${api}#read`] });
  add("roles", { name: "drone", type: "ROLE_TYPE_MACHINE", scopeIds: [`${api}#read`] });
  add("connectors", { ...jwks(name, "spare"), authorizationEndpoint: "https://idp.example.test/authorize" });
  add("applications", { name: "worker", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });
  add("applications", { name: "drone", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });
  add("applications", {
    name: "partner",
    type: "APPLICATION_TYPE_TRADITIONAL",
    thirdParty: true,
    connectorIds: ["spare"],
    redirectUris: ["https://partner.example.test/back"],
  });
  add("applicationSecrets", { applicationId: "worker", name: "first" });
  add("groups", { name: "spare", roleIds: ["spare"] });
  add("organizations", { name: "west" }, { name: "spare" });
  add("organizationRoles", { name: "spare", scopeIds: [`${api}#invite`] });
  add("organizationRoles", { name: "drone", type: "ROLE_TYPE_MACHINE", scopeIds: [`${api}#invite`] });
  for (const username of ["carl", "dora", "emil", "fred"])
    add("users", { username, email: `${username}@example.test`, emailVerified: true });
  add("userIdentities", { userId: "carl", connectorId: "spare", subject: "carl-at-spare" });
  add("groupMembers", { groupId: "spare", userId: "carl" });
  add("organizationMembers", { organizationId: "north", userId: "carl", organizationRoleIds: ["owner"] });
  add("organizationMembers", { organizationId: "west", userId: "emil" });
  add("roleAssignments", { roleId: "spare", userId: "carl" }, { roleId: "drone", applicationId: "drone" });
}

const jwks = (tenant: string, name: string) => ({
  name,
  verification: "VERIFICATION_JWKS",
  issuer: "https://idp.example.test",
  audiences: [`${tenant}-${name}`],
  clientId: "tessera",
});

/** Makes what a declaration does not hold. Answers ids by label. */
export async function makeThings({ ids, declared, ask: call }: Managed): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  const [application, user, organization] = ["application", "user", "organization"].map(
    (kind) => (name: string) => ids.get(`${kind} ${name}`) ?? "",
  ) as [Named, Named, Named];
  const make = async (label: string, method: MethodName, request: JsonObject) =>
    void made.set(label, idIn(await call(method, request)));
  const { name } = declared.tenant;

  await make("application gate", "application.createApplication", {
    application: {
      name: "gate",
      type: "APPLICATION_TYPE_PROTECTED",
      protectedAppMetadata: { subDomain: `${name}-gate`, origin: "https://inside.example.test" },
    },
  });
  await make("customDomain gate", "protectedAppDomain.createCustomDomain", {
    customDomain: { applicationId: made.get("application gate") ?? "", domain: `${name}.example.test` },
  });
  await make("application second gate", "application.createApplication", {
    application: {
      name: "second gate",
      type: "APPLICATION_TYPE_PROTECTED",
      protectedAppMetadata: { subDomain: `${name}-gate-2`, origin: "https://inside.example.test" },
    },
  });
  await make("application heir", "application.createApplication", {
    application: { name: "heir", type: "APPLICATION_TYPE_TRADITIONAL" },
  });
  const [north, partner, carl] = [organization("north"), application("partner"), user("carl")];
  for (const invited of ["dora", "emil", "fred"]) {
    const organizationInvitation = { organizationId: north, invitee: `${invited}@example.test` };
    const method = "organizationInvitation.createOrganizationInvitation";
    await make(`organizationInvitation ${invited}`, method, { organizationInvitation });
  }
  await make("organizationApplication drone", "organization.createOrganizationApplication", {
    organizationApplication: { organizationId: north, applicationId: application("drone") },
  });
  await call("consent.addUserConsentScopes", {
    applicationId: partner,
    resourceScopeIds: [ids.get(`scope ${api} / read`) ?? ""],
    userScopes: ["profile"],
  });
  await call("consent.addConsentOrganizations", { applicationId: partner, userId: carl, organizationIds: [north] });
  await makeSettings(partner, call, made);
  return made;
}

type Named = (name: string) => string;

/** What a tenant or an application has one of. */
async function makeSettings(applicationId: string, call: Call, made: Map<string, string>): Promise<void> {
  const put = async (kind: string, method: MethodName, fields: JsonObject) => {
    const answer = await call(method, { [kind]: fields });
    made.set(kind, idIn((answer[kind] ?? answer) as JsonObject));
  };
  await put("signInExperience", "signInExperience.replaceSignInExperience", { applicationId, displayName: "Partner" });
  await put("adminConsoleConfig", "config.updateAdminConsoleConfig", { organizationCreated: true });
  await put("oidcSessionConfig", "config.updateOidcSessionConfig", { ttl: 3600 });
  const enabledExtendedClaims = ["EXTENDED_CLAIM_ROLES"];
  await put("idTokenConfig", "config.upsertIdTokenConfig", { enabledExtendedClaims });
}

const idIn = ({ id }: JsonObject): string => (typeof id === "string" ? id : "");
