// The sixty operations of a management API that others know by these names: each is an RPC, and both doors serve it.
import type { DescMethod } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementContract } from "../../src/resources/contract.ts";
import { doors, type MethodName } from "../support/door.ts";
import { filledRequest } from "../support/management-requests.ts";
import { createManagedWorld, type ManagedWorld, randomId } from "../support/management-world.ts";

const operations = `
listapplications                                  application.listApplications
createapplication                                 application.createApplication
getapplication                                    application.getApplication
updateapplication                                 application.updateApplication
deleteapplication                                 application.deleteApplication
updateapplicationcustomdata                       application.updateApplicationCustomData
listapplicationroles                              applicationRole.listApplicationRoles
assignapplicationroles                            applicationRole.assignApplicationRoles
replaceapplicationroles                           applicationRole.replaceApplicationRoles
deleteapplicationrole                             applicationRole.removeApplicationRole
listapplicationprotectedappmetadatacustomdomains  protectedAppDomain.listCustomDomains
createapplicationprotectedappmetadatacustomdomai  protectedAppDomain.createCustomDomain
deleteapplicationprotectedappmetadatacustomdomai  protectedAppDomain.deleteCustomDomain
listapplicationorganizations                      application.listApplicationOrganizations
deleteapplicationlegacysecret                     applicationSecret.deleteLegacySecret
listapplicationsecrets                            applicationSecret.listApplicationSecrets
createapplicationsecret                           applicationSecret.createApplicationSecret
deleteapplicationsecret                           applicationSecret.deleteApplicationSecret
updateapplicationsecret                           applicationSecret.updateApplicationSecret
createapplicationuserconsentscope                 consent.addUserConsentScopes
listapplicationuserconsentscopes                  consent.listUserConsentScopes
deleteapplicationuserconsentscope                 consent.removeUserConsentScope
replaceapplicationsigninexperience                signInExperience.replaceSignInExperience
getapplicationsigninexperience                    signInExperience.getSignInExperience
listapplicationuserconsentorganizations           consent.listConsentOrganizations
replaceapplicationuserconsentorganizations        consent.replaceConsentOrganizations
createapplicationuserconsentorganization          consent.addConsentOrganizations
deleteapplicationuserconsentorganization          consent.removeConsentOrganization
getadminconsoleconfig                             config.getAdminConsoleConfig
updateadminconsoleconfig                          config.updateAdminConsoleConfig
getoidcsessionconfig                              config.getOidcSessionConfig
updateoidcsessionconfig                           config.updateOidcSessionConfig
getoidckeys                                       signingKey.listSigningKeys
deleteoidckey                                     signingKey.deleteSigningKey
rotateoidckeys                                    signingKey.rotateSigningKeys
upsertjwtcustomizer                               jwtCustomizer.upsertJwtCustomizer
updatejwtcustomizer                               jwtCustomizer.updateJwtCustomizer
getjwtcustomizer                                  jwtCustomizer.getJwtCustomizer
deletejwtcustomizer                               jwtCustomizer.deleteJwtCustomizer
listjwtcustomizers                                jwtCustomizer.listJwtCustomizers
testjwtcustomizer                                 jwtCustomizer.testJwtCustomizer
getidtokenconfig                                  config.getIdTokenConfig
upsertidtokenconfig                               config.upsertIdTokenConfig
createconnector                                   connector.createConnector
listconnectors                                    connector.listConnectors
getconnector                                      connector.getConnector
updateconnector                                   connector.updateConnector
deleteconnector                                   connector.deleteConnector
createconnectortest                               connector.testConnector
createconnectorauthorizationuri                   connector.createAuthorizationUri
listconnectorfactories                            connector.listConnectorFactories
getconnectorfactory                               connector.getConnectorFactory
listresources                                     resource.listResources
createresource                                    resource.createResource
getresource                                       resource.getResource
updateresource                                    resource.updateResource
deleteresource                                    resource.deleteResource
updateresourceisdefault                           resource.setDefaultResource
listresourcescopes                                resource.listScopes
createresourcescope                               resource.createScope
`
  .trim()
  .split("\n")
  .map((line) => line.split(/ +/) as [name: string, rpc: MethodName]);

const methodsByRpc = new Map<string, DescMethod>(
  Object.entries(managementContract).flatMap(([service, desc]) =>
    desc.methods.map((method): [string, DescMethod] => [`${service}.${method.localName}`, method]),
  ),
);

let world: ManagedWorld;
beforeAll(async () => void (world = await createManagedWorld()));
afterAll(() => world.close());

it("are sixty, each under its own name and by its own RPC", () => {
  expect(operations).toHaveLength(60);
  expect(new Set(operations.map(([name]) => name)).size).toBe(60);
  expect(new Set(operations.map(([, rpc]) => rpc)).size).toBe(60);
});

describe("every operation", () => {
  it.each(operations)("%s is %s of the contract", (_name, rpc) => {
    expect([...methodsByRpc.keys()]).toContain(rpc);
  });

  it.each(operations)("%s is served by both doors as %s", async (_name, rpc) => {
    const input = methodsByRpc.get(rpc)?.input;
    if (input === undefined) throw new Error(`there is no ${rpc}`);
    const request = filledRequest(input, { id: randomId, word: () => "some-word" });
    for (const door of doors) {
      const as = rpc.startsWith("signingKey.") ? world.root : world.red.steward;
      const outcome = await door.call(world, rpc, request, as);
      const said = outcome.ok ? "ok" : outcome.kind;
      expect(outcome).not.toMatchObject({ message: noProcedure });
      expect(["internal", "unavailable", "unauthenticated", "denied"]).not.toContain(said);
      // Over gRPC this is also what a method that is not served answers.
      if (!rpc.startsWith("jwtCustomizer.")) expect(said).not.toBe("unimplemented");
    }
  });
});

/** Over tRPC: what is not served reads so. */
const noProcedure = "there is no such procedure";

it("a procedure that is not served is told from one that finds nothing", async () => {
  const answer = await fetch(`${world.http}/trpc/role.polishRole`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(await answer.text()).toContain(noProcedure);
});
