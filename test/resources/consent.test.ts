// Consent as administrators give it: what is added, listed, replaced and taken away, and what is refused.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asking, nobody, permissionId } from "../support/administrators.ts";
import { type Consenting, createConsenting } from "../support/consents.ts";
import { doors, expectOk } from "../support/door.ts";
import { api } from "../support/fixture.ts";

let its: Consenting;
let read: string;
let invite: string;
let memberList: string;
beforeAll(async () => {
  its = await createConsenting();
  [read, invite] = [await its.scope("read"), await its.scope("invite")];
  memberList = await its.scope("urn:tessera:organization#member:list");
});
afterAll(() => its.world.close());

const boss = () => its.world.red.as("boss");
const add = (scopes: JsonObject, applicationId = its.partnerId) =>
  its.boss.refusal("consent.addUserConsentScopes", { applicationId, ...scopes });
const scopesGiven = () => its.boss.ok("consent.listUserConsentScopes", { applicationId: its.partnerId });
const owner = () => ({ applicationId: its.partnerId, userId: its.ada });
const organizationsOpened = async (request: JsonObject = {}) => {
  const { organizations } = await its.boss.ok("consent.listConsentOrganizations", { ...owner(), ...request });
  return (organizations as { name: string }[]).map(({ name }) => name);
};
const own = () => String(its.world.red.ids.get("application backend"));

describe("scopes", () => {
  it("are none at first, and adding none is fine", async () => {
    await its.give({});
    const nothing = { organizationScopes: [], resourceScopes: [], organizationResourceScopes: [], userScopes: [] };
    expect(await scopesGiven()).toEqual(nothing);
  });

  it.each(doors)("of all four kinds are added once, however often they are named, over $name", async (door) => {
    const request = {
      applicationId: its.partnerId,
      organizationScopeIds: [memberList],
      resourceScopeIds: [read, read],
      organizationResourceScopeIds: [invite, read],
      userScopes: ["profile", "email", "profile"],
    };
    for (let times = 0; times < 2; times++)
      await expectOk(door.call(its.world, "consent.addUserConsentScopes", request, boss()));
    const given = await scopesGiven();
    expect(given).toMatchObject({
      organizationScopes: [{ id: memberList, name: "member:list" }],
      resourceScopes: [{ id: read, name: "read" }],
    });
    const ofOrganizations = given["organizationResourceScopes"] as { id: string }[];
    expect(ofOrganizations.map(({ id }) => id).sort()).toEqual([invite, read].sort());
    expect([...(given["userScopes"] as string[])].sort()).toEqual(["email", "profile"]);
  });

  it("that are added twice at once are there once", async () => {
    await its.take("USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES", read).catch(() => undefined);
    await Promise.all(Array.from({ length: 8 }, () => its.give({ resourceScopeIds: [read] })));
    expect(await scopesGiven()).toMatchObject({ resourceScopes: [{ id: read }] });
  });

  it("that are unknown are refused, each by its place, and none is added", async () => {
    await its.take("USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES", read);
    const refusal = await add({ resourceScopeIds: [read, nobody], organizationResourceScopeIds: [nobody] });
    expect(refusal).toEqual({
      kind: "invalid",
      reason: "INVALID_REQUEST",
      fields: ["resource_scope_ids[1]", "organization_resource_scope_ids[0]"],
    });
    expect(await scopesGiven()).toMatchObject({ resourceScopes: [] });
  });

  it("of organizations and of resources do not stand for each other", async () => {
    expect(await add({ organizationScopeIds: [memberList, read] })).toMatchObject({
      kind: "invalid",
      fields: ["organization_scope_ids[1]"],
    });
    expect(await add({ resourceScopeIds: [memberList], organizationResourceScopeIds: [memberList] })).toMatchObject({
      kind: "invalid",
      fields: ["resource_scope_ids[0]", "organization_resource_scope_ids[0]"],
    });
  });

  it("of the management resource are never consented to", async () => {
    const management = await permissionId(its.world, its.world.red, "user:read");
    for (const field of ["resourceScopeIds", "organizationResourceScopeIds"])
      expect(await add({ [field]: [management] })).toMatchObject({ kind: "precondition" });
  });

  it("are for third-party applications that exist", async () => {
    expect(await add({ userScopes: ["email"] }, own())).toMatchObject({ kind: "precondition" });
    expect(await add({ userScopes: ["email"] }, nobody)).toMatchObject({ kind: "notFound" });
    expect(await add({ userScopes: ["address"] })).toMatchObject({ kind: "invalid" });
    const missing = await its.boss.refusal("consent.listUserConsentScopes", { applicationId: nobody });
    expect(missing).toMatchObject({ kind: "notFound" });
    const listed = await its.boss.ok("consent.listUserConsentScopes", { applicationId: own() });
    expect(listed).toMatchObject({ resourceScopes: [], userScopes: [] });
  });

  it("are taken away one by one, by kind; what is not there is not found", async () => {
    await its.give({ resourceScopeIds: [read], organizationResourceScopeIds: [read], userScopes: ["email"] });
    await its.take("USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES", read);
    await its.take("USER_CONSENT_SCOPE_TYPE_USER_SCOPES", "email");
    const left = await scopesGiven();
    expect(left).toMatchObject({ resourceScopes: [], userScopes: ["profile"] });
    expect(JSON.stringify(left["organizationResourceScopes"])).toContain(read);
    for (const [type, scopeId, applicationId] of [
      ["RESOURCE_SCOPES", read, its.partnerId],
      ["USER_SCOPES", "email", its.partnerId],
      ["USER_SCOPES", read, its.partnerId],
      ["ORGANIZATION_RESOURCE_SCOPES", read, nobody],
    ] as const) {
      const request = { applicationId, type: `USER_CONSENT_SCOPE_TYPE_${type}`, scopeId };
      expect(await its.boss.refusal("consent.removeUserConsentScope", request)).toMatchObject({ kind: "notFound" });
    }
  });

  it("go with the scope", async () => {
    const resourceId = String(its.world.red.ids.get(`resource ${api}`));
    const { id } = await its.boss.ok("resource.createScope", { scope: { resourceId, name: "passing" } });
    await its.give({ resourceScopeIds: [id] });
    expect(await scopesGiven()).toMatchObject({ resourceScopes: [{ name: "passing" }] });
    await its.boss.ok("resource.deleteScope", { id: id });
    expect(await scopesGiven()).toMatchObject({ resourceScopes: [] });
  });
});

describe("organizations", () => {
  it.each(doors)("are added, stay where they are, and are replaced as a whole, over $name", async (door) => {
    const ask = (method: "add" | "replace", organizationIds: string[]) =>
      door.call(its.world, `consent.${method}ConsentOrganizations`, { ...owner(), organizationIds }, boss());
    await expectOk(ask("add", [its.north, its.north]));
    await expectOk(ask("add", [its.north]));
    expect(await organizationsOpened()).toEqual(["north"]);
    await expectOk(ask("replace", [its.north]));
    expect(await organizationsOpened()).toEqual(["north"]);
    await expectOk(ask("replace", []));
    expect(await organizationsOpened()).toEqual([]);
    expect(await ask("add", [])).toMatchObject({ kind: "invalid" });
  });

  it("have to have the user as a member, each of them, or none is changed", async () => {
    await its.boss.ok("consent.addConsentOrganizations", { ...owner(), organizationIds: [its.north] });
    for (const method of ["consent.addConsentOrganizations", "consent.replaceConsentOrganizations"] as const) {
      const outsider = await its.boss.refusal(method, { ...owner(), organizationIds: [its.south] });
      expect(outsider).toMatchObject({ kind: "precondition" });
      const unknown = await its.boss.refusal(method, { ...owner(), organizationIds: [its.north, nobody] });
      expect(unknown).toMatchObject({ kind: "notFound" });
      expect(await organizationsOpened()).toEqual(["north"]);
    }
  });

  it("are opened to third-party applications only, by users that exist, even where none is named", async () => {
    for (const [changes, kind] of [
      [{ applicationId: own() }, "precondition"],
      [{ applicationId: nobody }, "notFound"],
      [{ userId: nobody }, "notFound"],
    ] as const) {
      const request = { ...owner(), ...changes };
      const replaced = { ...request, organizationIds: [] };
      expect(await its.boss.refusal("consent.replaceConsentOrganizations", replaced)).toMatchObject({ kind });
      const added = { ...request, organizationIds: [its.north] };
      expect(await its.boss.refusal("consent.addConsentOrganizations", added)).toMatchObject({ kind });
      if (kind === "notFound")
        expect(await its.boss.refusal("consent.listConsentOrganizations", request)).toMatchObject({ kind });
    }
  });

  it("are closed again one by one; what is not open is not found", async () => {
    const request = { ...owner(), organizationId: its.north };
    await its.boss.ok("consent.removeConsentOrganization", request);
    expect(await organizationsOpened()).toEqual([]);
    expect(await its.boss.refusal("consent.removeConsentOrganization", request)).toMatchObject({ kind: "notFound" });
  });

  it("come in pages of 1 to 100", async () => {
    await its.boss.ok("consent.addConsentOrganizations", { ...owner(), organizationIds: [its.north] });
    expect(await organizationsOpened({ pageSize: 1 })).toEqual(["north"]);
    for (const changes of [{ pageSize: 0 }, { pageSize: 101 }, { pageToken: "garbage" }])
      expect(await its.boss.refusal("consent.listConsentOrganizations", { ...owner(), ...changes })).toMatchObject({
        kind: "invalid",
      });
  });

  it("go with the membership", async () => {
    const tenant = its.world.parts.store.tenant(its.world.red.id);
    const key = { organizationId: its.north, userId: its.ada };
    await its.boss.ok("consent.addConsentOrganizations", { ...owner(), organizationIds: [its.north] });
    expect(await tenant.rowByKey("consentOrganization", key)).toBeDefined();
    const member = await tenant.rowByKey("organizationMember", key);
    await its.boss.ok("organization.deleteOrganizationMember", { id: String(member?.["id"]) });
    expect(await tenant.rowByKey("consentOrganization", key)).toBeUndefined();
    await its.world.red.apply();
    expect(await organizationsOpened()).toEqual([]);
  });
});

describe("a declaration", () => {
  it("holds consents like any other thing, and applied twice changes nothing", async () => {
    const { red } = its.world;
    const declare = () =>
      red.apply((declared) => {
        declared["userConsentScopes"] = [
          { applicationId: "partner", type: "USER_CONSENT_SCOPE_TYPE_USER_SCOPES", userScope: "phone" },
          {
            applicationId: "partner",
            type: "USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES",
            scopeId: "https://api.example.test#write",
          },
        ];
        declared["consentOrganizations"] = [{ applicationId: "partner", userId: "ada", organizationId: "north" }];
      });
    await declare();
    const trail = () => its.world.parts.store.instance.auditTrail(red.id, 0, 10_000);
    const events = (await trail()).length;
    await declare();
    expect(await trail()).toHaveLength(events);
    expect(await scopesGiven()).toMatchObject({ resourceScopes: [{ name: "write" }] });
    expect(await organizationsOpened()).toEqual(["north"]);
  });
});

describe("whoever may only read", () => {
  it("sees consent and changes none", async () => {
    const onlooker = asking(its.world, its.world.red.as("onlooker"));
    await onlooker.ok("consent.listUserConsentScopes", { applicationId: its.partnerId });
    await onlooker.ok("consent.listConsentOrganizations", owner());
    const added = { applicationId: its.partnerId, userScopes: ["email"] };
    expect(await onlooker.refusal("consent.addUserConsentScopes", added)).toMatchObject({ kind: "denied" });
  });
});
