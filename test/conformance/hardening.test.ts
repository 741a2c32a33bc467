// Ways around that look harmless one by one: names from outside, applications that were never meant for an audience,
// refusals that cost a sign-in. Each with the neighbouring case that has to work.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { createWorld, type Fixture, type World } from "../support/world.ts";

let world: World;
let red: Fixture;
beforeAll(async () => {
  world = await createWorld();
  red = world.red;
});
afterAll(() => world.close());

const invalidGrant = { ok: false, kind: "badToken", reason: "INVALID_GRANT" };

const userId = (answer: object): unknown => Reflect.get(Object(Reflect.get(answer, "user")), "id");

describe.each(doors)("over $name", (door) => {
  const exchange = (username: string, more: object = {}) =>
    expectOk(door.call(world, "exchange", { access_token: world.token(red, username), ...more }, red.as("backend")));
  const refresh = (refresh_token: unknown) =>
    door.call(world, "refresh", { refresh_token: String(refresh_token) }, red.as("backend"));
  const generate = (application: string, realm: string) => {
    const [project_id, client_id] = [
      red.ids.get("project main") ?? "",
      red.ids.get(`application ${application}`) ?? "",
    ];
    const request = { realm, tenant_id: red.id, project_id, client_id, email_id: "ada@example.test" };
    return door.call(world, "generateToken", request, red.as(application));
  };

  it("N1-31: a stranger who calls itself carol is not the carol of a later declaration", async () => {
    const name = `carol-${door.name}`;
    const claims = { aud: "red-join", sub: `stranger-${door.name}`, preferred_username: name };
    const joined = { access_token: world.token(red, "", claims) };
    const before = await expectOk(door.call(world, "exchange", joined, red.as("backend")));
    await red.apply((declared) => {
      declared["users"]?.push({ username: name, email: `${name}@example.test`, emailVerified: true });
      declared["roleAssignments"]?.push({ roleId: "editor", userId: name });
    });
    const after = await expectOk(door.call(world, "exchange", joined, red.as("backend")));
    expect(after["user"]).toMatchObject({ id: userId(before), user_roles: ["reader"] });
    expect(userId(after)).not.toBe(red.ids.get(`user ${name}`));
  });

  it("I-XCH-02: an application that was not given the management audience cannot mint an administrator's token", async () => {
    expect(await generate("other", "REALM_ADMIN")).toMatchObject({ ok: false, reason: "INVALID_TARGET" });
    await expectOk(generate("other", "REALM_USER"));
    await expectOk(generate("backend", "REALM_ADMIN"));
  });

  it("N4-12: a refusal while permissions are being changed spends nothing: given back, the same token goes on", async () => {
    const { refresh_token } = await exchange("ada", { resource: ["https://billing.example.test"] });
    const application = () => red.declared["applications"]?.find(({ name }) => name === "backend") ?? {};
    const { resourceIds } = application();
    await red.apply(() => Object.assign(application(), { resourceIds: ["urn:tessera:management"] }));
    expect(await refresh(refresh_token)).toMatchObject(invalidGrant);
    world.advance(31_000);
    expect(await refresh(refresh_token)).toMatchObject(invalidGrant);
    await red.apply(() => Object.assign(application(), { resourceIds }));
    await expectOk(refresh(refresh_token));
  });

  it("N2-06: a token that would be too large is refused before the refresh token is spent", async () => {
    const { refresh_token } = await exchange("ben");
    const names = Array.from({ length: 120 }, (_, i) => `a-rather-long-permission-name-number-${i}`);
    const api = "https://api.example.test";
    await red.apply((declared) => {
      for (const name of names) declared["scopes"]?.push({ resourceId: api, name });
      Object.assign(declared["roles"]?.find(({ name }) => name === "reader") ?? {}, {
        scopeIds: [`${api}#read`, ...names.map((name) => `${api}#${name}`)],
      });
    });
    expect(await refresh(refresh_token)).toMatchObject({ ok: false, kind: "precondition", reason: "TOKEN_TOO_LARGE" });
    await red.apply((declared) => {
      Object.assign(declared["roles"]?.find(({ name }) => name === "reader") ?? {}, { scopeIds: [`${api}#read`] });
      declared["scopes"] = (declared["scopes"] ?? []).filter(({ name }) => !names.includes(String(name)));
    });
    world.advance(31_000);
    await expectOk(refresh(refresh_token));
  });

  it("I-XCH-06: an audience or connector taken from the application ends what was issued for it, at once", async () => {
    const { token, refresh_token } = await exchange("ada");
    const introspect = async () =>
      (await expectOk(door.call(world, "introspect", { token: String(token) }, red.as("backend"))))["active"];
    expect(await introspect()).toBe(true);
    const application = () => red.declared["applications"]?.find(({ name }) => name === "backend") ?? {};
    const { connectorIds } = application();
    await red.apply(() => Object.assign(application(), { connectorIds: ["opaque"] }));
    expect(await introspect()).toBe(false);
    expect(await refresh(refresh_token)).toMatchObject(invalidGrant);
    await red.apply(() => Object.assign(application(), { connectorIds }));
    await expectOk(refresh(refresh_token));
  });

  it("N5-08: a bearer never reads a refresh token, also one of the client that its own token was minted for", async () => {
    const { refresh_token } = await exchange("ben");
    const admin = await expectOk(generate("backend", "REALM_ADMIN"));
    const asked = { token: String(refresh_token) };
    const bearer = { bearer: String(admin["access_token"]) };
    expect(await expectOk(door.call(world, "introspect", asked, bearer))).toEqual({ active: false });
    expect(await expectOk(door.call(world, "introspect", asked, red.as("backend")))).toMatchObject({ active: true });
  });

  it("a refresh shows the subject of the connector that the user came through, as the exchange did", async () => {
    const name = `two-faced-${door.name}`;
    await red.apply((declared) => {
      declared["users"]?.push({ username: name });
      declared["userIdentities"]?.push(
        { userId: name, connectorId: "opaque", subject: `${name}-elsewhere` },
        { userId: name, connectorId: "idp", subject: `${name}-at-idp` },
      );
    });
    const first = await exchange(name);
    const second = await expectOk(refresh(first["refresh_token"]));
    expect([first["user"], second["user"]]).toMatchObject([
      { logto_id: `${name}-at-idp` },
      { logto_id: `${name}-at-idp` },
    ]);
  });
});
