// A third-party application in the red tenant, and the ids that its consent is given by.
import type { JsonObject } from "@bufbuild/protobuf";
import { type Asking, asking, withAdministrators } from "./administrators.ts";
import { api } from "./fixture.ts";
import { createWorld, type World } from "./world.ts";

export type Consenting = {
  world: World;
  /** The administrator. */
  boss: Asking;
  /** The third-party application. */
  partner: Asking;
  partnerId: string;
  ada: string;
  north: string;
  south: string;
  /** The id of a scope: "read", or "indicator#name". */
  scope(name: string): Promise<string>;
  /** Gives the partner what is named here, by the fields of the request. */
  give(scopes: JsonObject): Promise<void>;
  take(type: string, scopeId: string): Promise<void>;
  /** Takes all consent away. */
  withdraw(): Promise<void>;
};

export async function createConsenting(): Promise<Consenting> {
  const world = await createWorld();
  const { red } = world;
  await withAdministrators(red, { onlooker: ["consent:read"] });
  await red.apply((declared) => {
    declared["applications"]?.push({
      name: "partner",
      type: "APPLICATION_TYPE_TRADITIONAL",
      thirdParty: true,
      connectorIds: ["idp"],
      resourceIds: ["https://billing.example.test", "urn:tessera:management", "urn:tessera:organization"],
    });
    declared["applicationSecrets"]?.push({ applicationId: "partner", name: "first" });
    declared["scopes"]?.push({ resourceId: "urn:tessera:organization", name: "member:list" });
    declared["organizationRoles"]?.push({
      name: "lister",
      scopeIds: ["urn:tessera:organization#member:list", `${api}#write`],
    });
    const [membership] = declared["organizationMembers"] ?? [];
    Object.assign(membership ?? {}, { organizationRoleIds: ["owner", "lister"] });
  });
  const boss = asking(world, red.as("boss"));
  const idOf = (label: string) => String(red.ids.get(label));
  const partnerId = idOf("application partner");
  return {
    world,
    boss,
    partner: asking(world, red.as("partner")),
    partnerId,
    ada: idOf("user ada"),
    north: idOf("organization north"),
    south: idOf("organization south"),
    async scope(name) {
      const [indicator = "", scope] = name.includes("#") ? name.split("#") : [api, name];
      const tenant = world.parts.store.tenant(red.id);
      const resource = await tenant.rowByKey("resource", { indicator });
      return String((await tenant.rowByKey("scope", { resourceId: resource?.["id"], name: scope }))?.["id"]);
    },
    give: async (scopes) =>
      void (await boss.ok("consent.addUserConsentScopes", { applicationId: partnerId, ...scopes })),
    async withdraw() {
      const tenant = world.parts.store.tenant(red.id);
      for (const { type, scopeId, userScope } of await tenant.rows("userConsentScope", "", 100))
        await boss.ok("consent.removeUserConsentScope", {
          applicationId: partnerId,
          type: Number(type),
          scopeId: String(scopeId ?? userScope),
        });
      const owner = { applicationId: partnerId, userId: idOf("user ada") };
      await boss.ok("consent.replaceConsentOrganizations", { ...owner, organizationIds: [] });
    },
    take: async (type, scopeId) =>
      void (await boss.ok("consent.removeUserConsentScope", { applicationId: partnerId, type, scopeId })),
  };
}
