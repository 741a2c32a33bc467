// Looks, domains and settings in declarations: brought about once, and left alone by the next one that says the same.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Administered, createAdministered } from "../support/administered.ts";
import { expectOk, grpcDoor } from "../support/door.ts";
import { refusalOf } from "../support/opened.ts";

let plane: Administered;
beforeAll(async () => {
  plane = await createAdministered();
});
afterAll(() => plane.close());

const gate = {
  name: "gate",
  type: "APPLICATION_TYPE_PROTECTED",
  protectedAppMetadata: { subDomain: "gate", origin: "https://inside.example.test" },
  customData: { a: 1 },
};

it("declared twice, changes nothing the second time", async () => {
  const { red } = plane.world;
  await red.apply((declared) => {
    declared["applications"]?.push(gate);
    Object.assign(declared, {
      customDomains: [{ applicationId: "gate", domain: "gate.example.test" }],
      signInExperiences: [{ applicationId: "gate", displayName: "Gate" }],
      adminConsoleConfig: { organizationCreated: true },
      oidcSessionConfig: { ttl: 60 },
      idTokenConfig: { enabledExtendedClaims: ["EXTENDED_CLAIM_ROLES"] },
    });
  });
  const applicationId = red.ids.get("application gate") ?? "";
  const state = async () => [
    await plane.ok(grpcDoor, "application.getApplication", { id: applicationId }),
    await plane.ok(grpcDoor, "protectedAppDomain.listCustomDomains", { applicationId }),
    await plane.ok(grpcDoor, "signInExperience.getSignInExperience", { applicationId }),
    await plane.ok(grpcDoor, "config.getAdminConsoleConfig"),
    await plane.ok(grpcDoor, "config.getOidcSessionConfig"),
    await plane.ok(grpcDoor, "config.getIdTokenConfig"),
  ];
  const before = await state();
  expect(before).toMatchObject([
    { protectedAppMetadata: gate.protectedAppMetadata },
    { customDomains: [{ domain: "gate.example.test", revision: 1 }] },
    { displayName: "Gate", revision: 1 },
    { organizationCreated: true, revision: 1 },
    { ttl: 60, revision: 1 },
    { enabledExtendedClaims: ["EXTENDED_CLAIM_ROLES"], revision: 1 },
  ]);
  await red.apply();
  expect(await state()).toEqual(before);
});

it("a declared application gets no secret that is not declared", async () => {
  const applicationId = plane.world.red.ids.get("application gate") ?? "";
  const { applicationSecrets } = await plane.ok(grpcDoor, "applicationSecret.listApplicationSecrets", {
    applicationId,
  });
  expect(applicationSecrets).toEqual([]);
});

it("a declared secret that was rotated meanwhile is left to its end", async () => {
  const { red } = plane.world;
  const applicationId = red.ids.get("application backend") ?? "";
  const list = async () => {
    const answer = await plane.ok(grpcDoor, "applicationSecret.listApplicationSecrets", { applicationId });
    const listed: { id: string; expireTime?: string }[] = answer["applicationSecrets"] ?? [];
    return listed;
  };
  const [first] = await list();
  await expectOk(plane.ask(grpcDoor, "applicationSecret.rotateApplicationSecret", { id: first?.id ?? "" }));
  const before = await list();
  await red.apply();
  expect(await list()).toEqual(before);
});

it("an application that its type forbids is refused in a declaration as well", async () => {
  const { red } = plane.world;
  const wrong = { name: "saml", type: "APPLICATION_TYPE_SAML" };
  const refused = await refusalOf(red.apply((declared) => declared["applications"]?.push(wrong)));
  expect(refused).toMatchObject({ kind: "invalid" });
  expect(refused.violations[0]?.field).toMatch(/^applications\[\d+\]\.type$/);
  red.declared["applications"]?.pop();
});
