// Tokens of real issuers, end to end: npm's oidc-provider (ID token, JWT and opaque access tokens after a code flow) and
// oauth2-mock-server, which know nothing of us.
import { OAuth2Server } from "oauth2-mock-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { providerApi, startProvider, type TestProvider } from "../support/oidc-provider.ts";
import {
  badToken,
  declareMore,
  everywhere,
  invalidTarget,
  readAccess,
  realmToken,
  whileDeclared,
} from "../support/tokens.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let provider: TestProvider;
const mock = new OAuth2Server();
beforeAll(async () => {
  world = await createWorld();
  provider = await startProvider();
  await mock.issuer.keys.generate("RS256", { kid: "first" });
  await mock.start(0, "127.0.0.1");
  const { red } = world;
  const { issuer, clientId, clientSecret } = provider;
  const jwks = { verification: "VERIFICATION_JWKS", issuer };
  const atTheirs = { name: "op-opaque", verification: "VERIFICATION_INTROSPECTION", issuer, clientId, clientSecret };
  const connectors = [
    { name: "op-id", ...jwks, audiences: ["web"], tokenKind: "TOKEN_KIND_ID_TOKEN", justInTime: true },
    { name: "op-access", ...jwks, audiences: [providerApi], authorizedClients: ["web"] },
    { ...atTheirs, allowAnyAudience: true, authorizedClients: ["web"] },
    { name: "mock", ...jwks, issuer: mock.issuer.url, audiences: ["red"] },
  ];
  await declareMore(red, "connectors", ...connectors);
  const own = ["op-access", "op-opaque", "mock"].map((connectorId) => ({
    userId: "ada",
    connectorId,
    subject: "alice",
  }));
  await declareMore(red, "userIdentities", ...own);
  const names = connectors.map(({ name }) => name);
  const type = "APPLICATION_TYPE_TRADITIONAL";
  await declareMore(red, "applications", {
    name: "portal",
    type,
    connectorIds: names,
    defaultConnectorId: "op-opaque",
  });
  await declareMore(red, "applicationSecrets", { applicationId: "portal", name: "first" });
});
afterAll(async () => {
  provider.close();
  await mock.stop();
  await world.close();
});

const ask = (access_token: string, more = {}) =>
  everywhere(world, "exchange", { access_token, ...more }, world.red.as("portal"));
const isAda = { ok: true, answer: { user: { username: "ada", logto_id: "alice" }, scope: "read write" } };

describe("oidc-provider", () => {
  it.each(doors)(
    "its JWT access token becomes ours over $name, which lives through refresh and introspection",
    async (door) => {
      const { access_token } = await provider.signIn(providerApi);
      const as = world.red.as("portal");
      const first = await expectOk(door.call(world, "exchange", { access_token }, as));
      const { claims } = await readAccess(world, first["token"], api);
      expect(claims).toMatchObject({ sub: world.red.ids.get("user ada"), permissions: ["read", "write"] });
      const second = await expectOk(door.call(world, "refresh", { refresh_token: String(first["refresh_token"]) }, as));
      const told = door.call(world, "introspect", { token: String(second["token"]) }, world.red.as("backend"));
      expect(await told).toMatchObject({ ok: true, answer: { active: true, username: "ada" } });
    },
  );

  it("its opaque access token does too, by its introspection endpoint", async () => {
    const { access_token } = await provider.signIn();
    expect(access_token).not.toContain(".");
    expect(await ask(access_token)).toMatchObject(isAda);
    expect(await ask(`${access_token}x`)).toEqual(badToken);
  });

  it("I-AUD-01: its opaque access token of another client is refused", async () => {
    const { access_token } = await provider.signIn();
    await whileDeclared(world.red, ["connectors", "op-opaque", { authorizedClients: ["other"] }], async () =>
      expect(await ask(access_token)).toEqual(badToken),
    );
    expect(await ask(access_token)).toMatchObject(isAda);
  });

  it("its ID token makes a user at first sight, with the profile that it carries", async () => {
    const { id_token } = await provider.signIn();
    const outcome = await ask(id_token);
    expect(outcome).toMatchObject({ ok: true, answer: { user: { logto_id: "alice", user_roles: [] } } });
    // Another connector's alice is not this one's.
    expect(outcome).not.toMatchObject({ answer: { user: { username: "ada" } } });
  });

  it("N1-26: its ID token goes through OidcToken with the nonce of its sign-in, and with no other", async () => {
    const { red } = world;
    const { id_token } = await provider.signIn();
    await whileDeclared(red, ["applications", "backend", { connectorIds: ["op-id", "opaque"] }], async () => {
      const bearer = await realmToken(world, red, "REALM_ADMIN");
      const call = (nonce: string) =>
        everywhere(world, "oidcToken", { realm: "REALM_USER", oidc_token: id_token, nonce }, { bearer });
      expect(await call("n-1")).toMatchObject({ ok: true });
      expect(await call("n-2")).toEqual(badToken);
    });
  });

  it("a good token of its own does not help to a wrong target", async () => {
    const { access_token } = await provider.signIn(providerApi);
    expect(await ask(access_token, { resource: [providerApi] })).toEqual(invalidTarget);
    expect(await ask(access_token, { resource: [api] })).toMatchObject(isAda);
  });
});

describe("oauth2-mock-server", () => {
  const token = (claims: object) =>
    mock.issuer.buildToken({
      kid: "first",
      scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: "alice", aud: "red" }, claims),
    });

  it.each<[string, object, boolean]>([
    ["for us", {}, true],
    ["for another audience", { aud: "other" }, false],
    ["of another issuer", { iss: "https://other.example" }, false],
    ["of nobody we know", { sub: "bob" }, false],
    ["that ended", { exp: 1 }, false],
  ])("its token %s", async (_what, claims, accepted) => {
    const outcome = await ask(await token(claims));
    if (accepted) expect(outcome).toMatchObject(isAda);
    else expect(outcome).toEqual(badToken);
  });
});
