// OidcToken: the bearer says the tenant and the application, the upstream ID token says the subject.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import {
  badToken,
  claimsOf,
  declareMore,
  everywhere,
  invalidBearer,
  invalidClient,
  management,
  readAccess,
  realmToken,
  seen,
  unavailable,
  whileDeclared,
  wrongCaller,
} from "../support/tokens.ts";
import { answerStatus, newKey, signToken } from "../support/upstream-issuer.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
let bearer: string;
beforeAll(async () => {
  world = await createWorld();
  bearer = await realmToken(world, world.red, "REALM_ADMIN");
});
afterAll(() => world.close());

const ask = (oidc_token: string, more: JsonObject = {}, as: Credential = { bearer }) =>
  everywhere(world, "oidcToken", { realm: "REALM_USER", oidc_token, ...more }, as);
const token = (claims: Record<string, unknown> = {}, username = "ben") => world.token(world.red, username, claims);

describe("an issuer whose keys cannot be had", () => {
  it("F09: is 'unavailable', and its words go nowhere", async () => {
    world.upstream.faults = { jwks: answerStatus(503), discovery: answerStatus(503) };
    expect(await ask(token())).toEqual(unavailable);
    world.upstream.faults = {};
    world.advance(31_000);
    expect(await ask(token())).toMatchObject({ ok: true });
    expect(world.log()).not.toContain("upstream words");
  });

  it("F11: is asked again for a key it made since, and believed under that too", async () => {
    world.advance(31_000);
    const key = newKey();
    const made = signToken(key, claimsOf(token()));
    expect(await ask(made)).toEqual(badToken);
    world.upstream.keys.push(key);
    world.advance(31_000);
    expect(await ask(made)).toMatchObject({ ok: true });
    expect(await ask(token())).toMatchObject({ ok: true });
  });
});

describe.each(doors)("what comes over $name", (door) => {
  const mint = async (realm: string, username: string) => {
    const request = { realm, oidc_token: token({}, username) };
    const answer: JsonObject = await expectOk(door.call(world, "oidcToken", request, { bearer }));
    return answer;
  };

  it("N2-01: in the user realm is the subject's token for the default audience, of the bearer's application", async () => {
    const { red } = world;
    const { access_token, ...answer } = await mint("REALM_USER", "ben");
    expect(answer).toEqual({ expires_in: 900, token_type: "Bearer", scope: "read" });
    const { claims } = await readAccess(world, access_token, api);
    expect(claims).toMatchObject({
      sub: red.ids.get("user ben"),
      client_id: red.ids.get("application backend"),
      tenant_id: red.id,
      realm: "user",
      permissions: ["read"],
    });
  });

  it("in the admin realm is an admin token, for ten minutes", async () => {
    const { access_token, ...answer } = await mint("REALM_ADMIN", "ada");
    expect(answer).toEqual({ expires_in: 600, token_type: "Bearer", scope: "token:introspect user:read" });
    const { claims } = await readAccess(world, access_token, management);
    expect(claims).toMatchObject({ realm: "admin", roles: ["admin"] });
  });
});

describe("the realm", () => {
  it("of administrators is closed to a subject without a management role", async () => {
    expect(await ask(token(), { realm: "REALM_ADMIN" })).toEqual(badToken);
    expect(await ask(token())).toMatchObject({ ok: true });
  });

  it.each([["REALM_UNSPECIFIED"], [7]])("has to be a known one: %s", async (realm) => {
    expect(await ask(token(), { realm })).toMatchObject({ ok: false, kind: "invalid", fields: ["realm"] });
  });

  it("N2-07 N3-10: cuts the lifetime and narrows the scope as asked", async () => {
    const asked = { realm: "REALM_ADMIN", ttl: 601, scope: "user:read application:write" };
    expect(await ask(token({}, "ada"), asked)).toMatchObject({ answer: { expires_in: 600, scope: "user:read" } });
    expect(await ask(token({}, "ada"), { ttl: 899, scope: "read" })).toMatchObject({
      answer: { expires_in: 899, scope: "read" },
    });
  });
});

describe("the ID token", () => {
  const seconds = () => Math.floor(world.now() / 1000);
  it.each<[string, boolean, () => Record<string, unknown>]>([
    ["as it should be", true, () => ({})],
    ["N1-19: of another issuer", false, () => ({ iss: "https://idp.example.test" })],
    ["N1-21: for another audience", false, () => ({ aud: "x" })],
    ["N1-21: for the other tenant's audience", false, () => ({ aud: "blue" })],
    ["N1-22: for several, made for another", false, () => ({ aud: ["red", "x"], azp: "x" })],
    ["N1-17: expired", false, () => ({ iat: seconds() - 600, exp: seconds() - 31 })],
    ["N1-30: of an unknown subject", false, () => ({ sub: "stranger" })],
    [
      "N1-31: of a stranger with ben's verified e-mail",
      false,
      () => ({ sub: "x", email: "ben@example.test", email_verified: true }),
    ],
    ["N1-32: of ben, whose e-mail nobody verified", true, () => ({ email: "ada@example.test", email_verified: false })],
    ["N3-17: that says another tenant in its text", true, () => ({ tenant_id: world.blue.id })],
  ])("%s", async (_name, accepted, claims) => {
    const outcome = await ask(token(claims()));
    if (!accepted) return expect(outcome).toEqual(badToken);
    const { sub, tenant_id } = claimsOf(outcome.ok ? outcome.answer["access_token"] : "");
    expect({ sub, tenant_id }).toEqual({ sub: world.red.ids.get("user ben"), tenant_id: world.red.id });
  });

  it("N1-17 N1-18: may be off by the connector's leeway, here a minute, and no more", async () => {
    const late = (by: number) => token({ iat: seconds() - 600, exp: seconds() - by });
    const early = (by: number) => token({ iat: seconds() + by, nbf: seconds() + by });
    await whileDeclared(world.red, ["connectors", "idp", { leeway: 60 }], async () => {
      for (const good of [late(50), early(50)]) expect(await ask(good)).toMatchObject({ ok: true });
      for (const bad of [late(61), early(75)]) expect(await ask(bad)).toEqual(badToken);
    });
  });

  it.each<[string, unknown, string, boolean]>([
    ["the one that was sent", "n-1", "n-1", true],
    ["another one", "n-1", "n-2", false],
    ["none, though one was sent", undefined, "n-1", false],
    ["one, though none was sent", "n-1", "", true],
    ["a list with the one that was sent", ["n-1"], "n-1", false],
    ["the one that was sent and a space", "n-1 ", "n-1", false],
  ])("N1-26: carries as nonce %s", async (_which, carried, nonce, accepted) => {
    const outcome = await ask(token({ nonce: carried }), { nonce });
    if (accepted) expect(outcome).toMatchObject({ ok: true });
    else expect(outcome).toEqual(badToken);
  });

  it("N3-05: is refused with the same bytes, whatever is wrong", async () => {
    const request = (oidc_token: string, more = {}) => ({ realm: "REALM_USER", oidc_token, ...more });
    const wrong = [
      request("garbage"),
      request(token({ sub: "stranger" })),
      request(token({ aud: "x" })),
      request(token(), { nonce: "n" }),
      request(token(), { realm: "REALM_ADMIN" }),
      request(world.token(world.red, "zoe")),
    ];
    const answers = new Set<string>();
    for (const one of wrong) answers.add(String(await seen(world, "oidcToken", one, { bearer })));
    expect(answers.size).toBe(1);
  });

  it.each([
    ["missing", {}, ["oidc_token"]],
    ["of 16,385 bytes", { oidc_token: "x".repeat(16_385) }, ["oidc_token"]],
    ["with a nonce of 257 bytes", { oidc_token: "x", nonce: "x".repeat(257) }, ["nonce"]],
  ])("%s breaks the contract", async (_what, request, fields) => {
    const outcome = await everywhere(world, "oidcToken", { realm: "REALM_USER", ...request }, { bearer });
    expect(outcome).toMatchObject({ ok: false, kind: "invalid", fields });
  });

  it("of a new subject makes a user where the connector says so", async () => {
    const outcome = await ask(world.token(world.red, "new", { aud: "red-join" }));
    expect(outcome).toMatchObject({ ok: true, answer: { scope: "read" } });
  });

  it("is for the default audience of the bearer's application", async () => {
    await whileDeclared(world.red, ["applications", "backend", { defaultResourceId: billing }], async () => {
      const outcome = await ask(token({}, "ada"));
      expect(claimsOf(outcome.ok ? outcome.answer["access_token"] : "").aud).toBe(billing);
    });
  });
});

describe("the bearer", () => {
  it("is needed: an application cannot call in its own name", async () => {
    expect(await ask(token(), {}, "none")).toEqual(invalidClient);
    expect(await ask(token(), {}, world.red.as("backend"))).toEqual(wrongCaller);
    expect(await ask(token())).toMatchObject({ ok: true });
  });

  it.each<[string, () => string | Promise<string>]>([
    ["a token of the user realm", () => realmToken(world, world.red, "REALM_USER")],
    ["the upstream token itself", () => token({}, "ada")],
    ["garbage", () => "garbage"],
    ["with another signature", () => `${bearer.slice(0, -2)}${bearer.endsWith("AA") ? "BA" : "AA"}`],
    ["an application's secret", () => world.red.secrets.get("backend") ?? ""],
  ])("C2: is refused: %s", async (_what, other) => {
    expect(await ask(token(), {}, { bearer: await other() })).toEqual(invalidBearer);
  });

  it("N3-17: of another tenant cannot reach this one's connectors and users, whatever it sends", async () => {
    const blues = { bearer: await realmToken(world, world.blue, "REALM_ADMIN") };
    expect(await ask(token(), {}, blues)).toEqual(badToken);
    const own = await ask(world.token(world.blue, "ben"), {}, blues);
    expect(claimsOf(own.ok ? own.answer["access_token"] : "")).toMatchObject({ tenant_id: world.blue.id });
    expect(await ask(world.token(world.blue, "ben"))).toEqual(badToken);
  });

  it.each([
    ["the user", ["users", "ada", { suspended: true }]],
    ["the application", ["applications", "backend", { disabled: true }]],
    ["the project", ["projects", "main", { disabled: true }]],
    ["the tenant", ["tenant", "", { disabled: true }]],
  ] as const)(
    "N3-16: is refused while %s is out of service, and good again afterwards",
    async (_who, [list, name, fields]) => {
      await whileDeclared(world.red, [list, name, fields], async () =>
        expect(await ask(token())).toEqual(invalidBearer),
      );
      expect(await ask(token())).toMatchObject({ ok: true });
    },
  );

  it("is refused once it is revoked, and only it", async () => {
    const [ended, other] = [await realmToken(world, world.red, "REALM_ADMIN"), bearer];
    await everywhere(world, "revoke", { token: ended }, world.red.as("backend"));
    expect(await ask(token(), {}, { bearer: ended })).toEqual(invalidBearer);
    expect(await ask(token(), {}, { bearer: other })).toMatchObject({ ok: true });
  });

  it("whose management role was taken away is refused at once", async () => {
    const { red } = world;
    await declareMore(red, "roleAssignments", { roleId: "admin", userId: "ben" });
    const ben = { bearer: await realmToken(world, red, "REALM_ADMIN", "ben") };
    expect(await ask(token(), {}, ben)).toMatchObject({ ok: true });
    await red.apply((declared) => void declared["roleAssignments"]?.pop(), { prune: true });
    expect(await ask(token(), {}, ben)).toEqual(invalidBearer);
  });

  it("has ended after ten minutes", async () => {
    const fresh = { bearer: await realmToken(world, world.red, "REALM_ADMIN") };
    world.advance(595_000);
    expect(await ask(token(), {}, fresh)).toMatchObject({ ok: true });
    world.advance(6_000);
    expect(await ask(token(), {}, fresh)).toEqual(invalidBearer);
  });
});
