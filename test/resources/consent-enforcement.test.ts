// What a third-party application gets of a user: what was consented to, at every way to a token, and no longer than that.
import type { JsonObject } from "@bufbuild/protobuf";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { asking } from "../support/administrators.ts";
import { type Consenting, createConsenting } from "../support/consents.ts";
import { doors, expectOk } from "../support/door.ts";

let its: Consenting;
beforeAll(async () => {
  its = await createConsenting();
});
beforeEach(() => its.withdraw());
afterAll(() => its.world.close());

const organization = "urn:tessera:organization";
const [ofResources, ofUsers] = ["USER_CONSENT_SCOPE_TYPE_RESOURCE_SCOPES", "USER_CONSENT_SCOPE_TYPE_USER_SCOPES"];

const upstream = () => its.world.token(its.world.red, "ada");
const exchange = (request: JsonObject = {}) => its.partner.ok("exchange", { access_token: upstream(), ...request });
const refusal = (request: JsonObject) => its.partner.refusal("exchange", { access_token: upstream(), ...request });
const permissionsIn = (answer: Readonly<Record<string, unknown>>) =>
  decodeJwt(String(answer["token"] ?? answer["access_token"]))["permissions"];
const introspect = (token: unknown) =>
  asking(its.world, its.world.red.as("backend")).ok("introspect", { token: String(token) });
const generate = (realm: string) => ({
  client_id: its.partnerId,
  project_id: String(its.world.red.ids.get("project main")),
  tenant_id: its.world.red.id,
  email_id: "ada@example.test",
  realm,
});
const openNorth = () =>
  its.boss.ok("consent.addConsentOrganizations", {
    applicationId: its.partnerId,
    userId: its.ada,
    organizationIds: [its.north],
  });
const closeNorth = () =>
  its.boss.ok("consent.removeConsentOrganization", {
    applicationId: its.partnerId,
    userId: its.ada,
    organizationId: its.north,
  });

describe("without any consent", () => {
  it.each(doors)("a token says who and nothing more, over $name", async (door) => {
    const request = { access_token: upstream() };
    const answer = await expectOk(door.call(its.world, "exchange", request, its.world.red.as("partner")));
    expect(answer["user"]).toEqual({
      id: its.ada,
      username: "",
      email: "",
      name: "",
      user_roles: [],
      user_role_ids: [],
      user_permissions: [],
      org_role: "",
      org_role_id: "",
      org_permissions: [],
      organization_id: "",
      organization_name: "",
    });
    expect(decodeJwt(String(answer["token"]))).toMatchObject({ sub: its.ada, scope: "", roles: [], permissions: [] });
    expect(decodeJwt(String(answer["token"]))).not.toHaveProperty("groups");
    const seen = await introspect(answer["token"]);
    expect(seen).toMatchObject({ active: true, sub: its.ada });
    for (const part of ["scope", "permissions", "roles", "username"]) expect(seen).not.toHaveProperty(part);
  });

  it("an application of the tenant's own gets all that the user holds", async () => {
    const answer = await asking(its.world, its.world.red.as("backend")).ok("exchange", { access_token: upstream() });
    expect(permissionsIn(answer)).toEqual(["read", "write"]);
    expect(answer["user"]).toMatchObject({
      username: "ada",
      phone: "+39 1",
      logto_id: "ada-at-idp",
      user_roles: ["editor"],
    });
  });
});

describe("with consented scopes", () => {
  it("a token holds those of them that the user holds, at that audience", async () => {
    await its.give({ resourceScopeIds: [await its.scope("read"), await its.scope("invite")] });
    expect(permissionsIn(await exchange())).toEqual(["read"]);
    expect(permissionsIn(await exchange({ resource: ["https://billing.example.test"] }))).toEqual([]);
  });

  it("every way to a token is limited alike", async () => {
    await its.give({ resourceScopeIds: [await its.scope("write")] });
    const exchanged = await exchange();
    const refreshed = await its.partner.ok("refresh", { refresh_token: exchanged["refresh_token"] });
    const generated = await its.partner.ok("generateToken", generate("REALM_USER"));
    for (const answer of [exchanged, refreshed, generated]) expect(permissionsIn(answer)).toEqual(["write"]);
  });

  it("consent that is taken away is gone from the next Introspect and Refresh; given back, it is there again", async () => {
    const read = await its.scope("read");
    await its.give({ resourceScopeIds: [read], userScopes: ["profile"] });
    const { token, refresh_token } = await exchange();
    expect(await introspect(token)).toMatchObject({ permissions: ["read"], username: "ada" });
    await its.take(ofResources ?? "", read);
    await its.take(ofUsers ?? "", "profile");
    const after = await introspect(token);
    expect(after).toMatchObject({ active: true });
    for (const part of ["permissions", "username"]) expect(after).not.toHaveProperty(part);
    const refreshed = await its.partner.ok("refresh", { refresh_token: refresh_token });
    expect(permissionsIn(refreshed)).toEqual([]);
    expect(refreshed["user"]).toMatchObject({ username: "" });
    await its.give({ resourceScopeIds: [read] });
    expect(await introspect(token)).toMatchObject({ permissions: ["read"] });
  });

  it("scopes that are asked for narrow further, and never widen", async () => {
    await its.give({ resourceScopeIds: [await its.scope("read"), await its.scope("write")] });
    expect(permissionsIn(await exchange({ scope: "read invite" }))).toEqual(["read"]);
  });
});

describe("the user's picture", () => {
  it.each([
    ["profile", { username: "ada", name: "Ada" }],
    ["email", { email: "ada@example.test" }],
    ["phone", { phone: "+39 1" }],
  ])("has %s where that was consented to, and no other part", async (part, seen) => {
    await its.give({ userScopes: [part] });
    const { user } = await exchange();
    const parts = { username: "", name: "", email: "", ...seen };
    const { username, name, email, ...rest } = user as unknown as Record<string, unknown>;
    expect({ username, name, email, ...("phone" in rest && { phone: rest["phone"] }) }).toEqual(parts);
    expect(rest).not.toHaveProperty("logto_id");
  });

  it("is not told by way of its own refresh token either", async () => {
    const { refresh_token } = await exchange();
    const about = () => its.partner.ok("introspect", { token: refresh_token });
    expect(await about()).toMatchObject({ active: true });
    expect(await about()).not.toHaveProperty("username");
    await its.give({ userScopes: ["profile"] });
    expect(await about()).toMatchObject({ username: "ada" });
  });
});

describe("an organization", () => {
  it("that the user has not opened to the application is refused like one that is not the user's", async () => {
    const closed = await refusal({ organization_id: its.north });
    expect(closed).toMatchObject({ kind: "denied" });
    expect(await refusal({ organization_id: its.south })).toEqual(closed);
    const ours = asking(its.world, its.world.red.as("backend"));
    await ours.ok("exchange", { access_token: upstream(), organization_id: its.north });
  });

  it("that is open gives what was consented to for organizations: not what was for the user's own roles", async () => {
    await openNorth();
    await its.give({ resourceScopeIds: [await its.scope("invite"), await its.scope("read")] });
    const without = await exchange({ organization_id: its.north });
    expect(without["user"]).toMatchObject({
      user_permissions: ["read"],
      org_permissions: [],
      organization_name: "north",
    });
    await its.give({ organizationResourceScopeIds: [await its.scope("invite")] });
    const answer = await exchange({ organization_id: its.north });
    expect(answer["user"]).toMatchObject({ org_permissions: ["invite"], org_role: "" });
    expect(permissionsIn(answer)).toEqual(["invite", "read"]);
  });

  it("has scopes of its own, at its own audience", async () => {
    await openNorth();
    const request = { organization_id: its.north, resource: [organization] };
    expect(permissionsIn(await exchange(request))).toEqual([]);
    await its.give({ organizationScopeIds: [await its.scope(`${organization}#member:list`)] });
    expect(permissionsIn(await exchange(request))).toEqual(["member:list"]);
  });

  it("that is closed again ends the grant at once, at Introspect and at Refresh, and no other grant", async () => {
    await openNorth();
    const inNorth = await exchange({ organization_id: its.north });
    const elsewhere = await exchange();
    expect(await introspect(inNorth["token"])).toMatchObject({ active: true });
    await closeNorth();
    expect(await introspect(inNorth["token"])).toEqual({ active: false });
    const own = { token: inNorth["refresh_token"] };
    expect(await its.partner.ok("introspect", own)).toEqual({ active: false });
    const ended = await its.partner.refusal("refresh", { refresh_token: own.token });
    expect(ended).toMatchObject({ kind: "badToken", reason: "INVALID_GRANT" });
    expect(await introspect(elsewhere["token"])).toMatchObject({ active: true });
    // What is opened again costs no sign-in.
    await openNorth();
    await its.partner.ok("refresh", { refresh_token: own.token });
  });

  it("is no affair of another user or another application", async () => {
    await openNorth();
    await its.world.red.apply((declared) => {
      declared["organizationMembers"]?.push({ organizationId: "north", userId: "ben", organizationRoleIds: ["owner"] });
    });
    const ben = { access_token: its.world.token(its.world.red, "ben"), organization_id: its.north };
    expect(await its.partner.refusal("exchange", ben)).toMatchObject({ kind: "denied" });
  });
});

describe("the management audience", () => {
  it("is never a third party's, however it is configured and whatever the user holds", async () => {
    expect(await refusal({ resource: ["urn:tessera:management"] })).toMatchObject({ reason: "INVALID_TARGET" });
    const admin = await its.partner.refusal("generateToken", generate("REALM_ADMIN"));
    expect(admin).toMatchObject({ reason: "INVALID_TARGET" });
  });

  it("is not reached as its default either", async () => {
    await its.world.red.apply((declared) => {
      const partner = declared["applications"]?.find(({ name }) => name === "partner");
      Object.assign(partner ?? {}, { defaultResourceId: "urn:tessera:management" });
    });
    expect(await refusal({})).toMatchObject({ reason: "INVALID_TARGET" });
  });

  it("does not open to it as a machine, whatever role it was given", async () => {
    await its.world.red.apply((declared) => {
      declared["roleAssignments"]?.push({ roleId: "boss", applicationId: "partner" });
    });
    expect(await its.partner.refusal("user.listUsers", {})).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });
});
