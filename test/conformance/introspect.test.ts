// Introspect and IntrospectBatch: who may ask about which token, what is said of it, and that nothing is said of others.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk, headersOf } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import { claimsOf, declaredItem, inactive, invalidClient, kidOf, through, type Tokens } from "../support/histories.ts";
import { signToken, type TestKey } from "../support/upstream-issuer.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** A bearer that holds the cross-audience permission, minted for a user by the backend. */
const adminToken = { realm: "REALM_ADMIN", email_id: "ada@example.test" };

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);
  const idsOf = (tenant = world.red) => ({
    tenant_id: tenant.id,
    project_id: tenant.ids.get("project main") ?? "",
    client_id: tenant.ids.get("application backend") ?? "",
  });
  async function bearer(request = {}, tenant = world.red): Promise<Credential> {
    const answer = await expectOk(
      on.call("generateToken", { ...adminToken, ...idsOf(tenant), ...request }, tenant.as("backend")),
    );
    return { bearer: answer["access_token"] ?? "" };
  }

  describe("an active token", () => {
    it("an access token answers what it says and what its subject may do", async () => {
      const { red } = world;
      const organization_id = red.ids.get("organization north") ?? "";
      const { access } = await on.signIn(red, { request: { organization_id } });
      const claims = claimsOf(access);
      expect(await expectOk(on.introspect(access))).toEqual({
        active: true,
        scope: "invite read write",
        client_id: red.ids.get("application backend"),
        username: "ada",
        token_type: "access_token",
        exp: claims["exp"],
        iat: claims["iat"],
        sub: red.ids.get("user ada"),
        aud: api,
        iss: world.parts.issuer,
        jti: claims["jti"],
        tenant_id: red.id,
        sid: claims["sid"],
        roles: ["editor", "owner"],
        permissions: ["invite", "read", "write"],
        organization_id,
      });
    });

    it("a refresh token answers its own client, with times and subject but no permission", async () => {
      const { red } = world;
      const { access, refresh } = await on.signIn(red);
      const { exp, iat, ...said } = await expectOk(on.introspect(refresh));
      expect(said).toEqual({
        active: true,
        client_id: red.ids.get("application backend"),
        username: "ada",
        token_type: "refresh_token",
        sub: red.ids.get("user ada"),
        iss: world.parts.issuer,
        tenant_id: red.id,
        sid: claimsOf(access)["sid"],
      });
      expect(Number(exp) - Number(iat)).toBe(7 * 86_400);
    });

    it("N5-04: a wrong or unknown hint changes nothing", async () => {
      const { access, refresh } = await on.signIn(world.red);
      for (const token of [access, refresh]) {
        const plain = await on.introspect(token);
        expect(plain).toMatchObject({ answer: { active: true } });
        for (const token_type_hint of ["access_token", "refresh_token", "pat", "éa"])
          expect(await on.call("introspect", { token, token_type_hint })).toEqual(plain);
      }
    });
  });

  describe("who may ask", () => {
    it("N5-01: nobody gets an answer without showing who it is, not even that a token is inactive", async () => {
      const { red } = world;
      const { access } = await on.signIn(red);
      const wrong: Credential = { basic: [red.ids.get("application backend") ?? "", "wrong"] };
      for (const token of [access, "garbage"]) {
        expect(await on.introspect(token, "none")).toEqual(invalidClient);
        expect(await on.introspect(token, wrong)).toEqual(invalidClient);
        expect(await on.introspect(token, { bearer: access })).toMatchObject({
          ok: false,
          kind: "unauthenticated",
          reason: "INVALID_TOKEN",
        });
      }
      expect(await on.introspect(access, red.as("phone"))).toMatchObject({
        ok: false,
        kind: "denied",
        reason: "UNAUTHORIZED_CLIENT",
      });
      expect(await on.isActive(access)).toBe(true);
    });

    it("N5-03 I-INT-01 I-INT-04: an application reads the tokens of the audiences it serves", async () => {
      const { red } = world;
      const { access } = await on.signIn(red);
      const { access: bill } = await on.signIn(red, { request: { resource: [billing] } });
      expect(await on.isActive(access, red.as("backend"))).toBe(true);
      expect(await on.introspect(access, red.as("other"))).toEqual(inactive);
      expect(await on.isActive(bill, red.as("other"))).toBe(true);
      expect(await on.introspect(bill, red.as("backend"))).toEqual(inactive);
    });

    it("N5-03: the cross-audience permission reads them all, as a machine's role or a bearer's", async () => {
      const { red } = world;
      const { access } = await on.signIn(red);
      const { access: bill } = await on.signIn(red, { request: { resource: [billing] } });
      for (const as of [red.as("inspector"), await bearer()])
        for (const token of [access, bill]) expect(await on.isActive(token, as)).toBe(true);
      // The same bearer, but without the permission in its scope.
      const plain = await bearer({ scope: "user:read" });
      for (const token of [access, bill]) expect(await on.introspect(token, plain)).toEqual(inactive);
    });

    it("N5-03: the cross-audience permission is gone at the next call when its role is", async () => {
      const { red } = world;
      const { access } = await on.signIn(red);
      const assigned = red.declared["roleAssignments"] ?? [];
      const machine = assigned.findIndex((one) => one["applicationId"] === "inspector");
      const [removed = {}] = assigned.splice(machine, 1);
      await red.apply(undefined, { prune: true });
      expect(await on.introspect(access, red.as("inspector"))).toEqual(inactive);
      await red.apply(() => assigned.push(removed));
      expect(await on.isActive(access, red.as("inspector"))).toBe(true);
    });

    it("N5-08: a refresh token is active for its own client and for nobody else, whatever its permissions", async () => {
      const { red, blue } = world;
      const { refresh } = await on.signIn(red);
      const { refresh: phones } = await on.signIn(red, { as: red.as("phone") });
      for (const as of [red.as("other"), red.as("inspector"), blue.as("backend")])
        expect(await on.introspect(refresh, as)).toEqual(inactive);
      expect(await on.introspect(phones)).toEqual(inactive);
      expect(await on.isActive(refresh)).toBe(true);
    });

    it("N5-02: another tenant's caller learns nothing of a token, whatever it may do at home", async () => {
      const { red, blue } = world;
      const { access } = await on.signIn(red);
      for (const as of [blue.as("backend"), blue.as("inspector"), await bearer({}, blue)])
        expect(await on.introspect(access, as)).toEqual(inactive);
      expect(await on.isActive(access, await bearer())).toBe(true);
    });
  });

  describe("what is not active", () => {
    const foreign = ({ upstream }: World, access: string) =>
      signToken(upstream.keys[0] as TestKey, claimsOf(access), { typ: "at+jwt" });
    const dead: [what: string, make: (tokens: Tokens) => string | Promise<string>][] = [
      ["garbage", () => "garbage"],
      ["a text of many bytes", () => "é".repeat(8000)],
      ["a token without its signature", ({ access }) => access.slice(0, access.lastIndexOf(".") + 1)],
      [
        "a token with another signature",
        ({ access }) => `${access.slice(0, -3)}${access.endsWith("AAA") ? "BBB" : "AAA"}`,
      ],
      ["a token with a space behind it", ({ access }) => `${access} `],
      ["an upstream token", () => world.token(world.red, "ada")],
      ["its own claims signed by somebody else", ({ access }) => foreign(world, access)],
      ["a refresh token cut short", ({ refresh }) => refresh.slice(0, -1)],
      ["a refresh token of no family", ({ refresh }) => refresh.replace(/^rt_.{21}/, `rt_${"0".repeat(21)}`)],
      ["a client secret", () => world.red.secrets.get("backend") ?? ""],
      ["a token revoked by its jti", async ({ access }) => (await expectOk(on.revoke(access)), access)],
      ["a refresh token that was revoked", async ({ refresh }) => (await expectOk(on.revoke(refresh)), refresh)],
      [
        "an access token whose grant was revoked",
        async ({ access, refresh }) => (await expectOk(on.revoke(refresh)), access),
      ],
    ];

    it.each(dead)("N5-02 I-INT-03: %s answers {active: false}, in the same bytes", async (_what, make) => {
      const tokens = await on.signIn(world.red);
      expect(await on.isActive(tokens.access)).toBe(true);
      const send = (token: string) =>
        door.send(world, "introspect", door.encode("introspect", { token }), headersOf(world.red.as("backend")));
      const answer = await send(await make(tokens));
      expect(answer.outcome).toEqual(inactive);
      expect(answer.bytes).toBe((await send("x")).bytes);
    });

    it("an access token is active until its last second", async () => {
      const { access } = await on.signIn(world.red, { request: { ttl: 600 } });
      world.advance(595_000);
      expect(await on.isActive(access)).toBe(true);
      world.advance(5_000);
      expect(await on.introspect(access)).toEqual(inactive);
    });

    it("N5-02 N2-12: a token of a revoked key is inactive at once, and a new one is signed by another", async () => {
      const { access } = await on.signIn(world.red);
      const kid = kidOf(access);
      await world.parts.keyring.revoke(kid);
      expect(await on.introspect(access)).toEqual(inactive);
      const { access: later } = await on.signIn(world.red);
      expect(kidOf(later)).not.toBe(kid);
      expect(await on.isActive(later)).toBe(true);
    });
  });

  it("the answer is what was embedded and is still held: less after a loss, never more after a gain", async () => {
    const { red } = world;
    const assigned = red.declared["roleAssignments"] ?? [];
    const { access: before } = await on.signIn(red, { user: "ben" });
    await red.apply(() => assigned.push({ roleId: "editor", userId: "ben" }));
    const { access: rich } = await on.signIn(red, { user: "ben" });
    const narrow = (await on.signIn(red, { user: "ben", request: { scope: "write" } })).access;
    const said = async (token: string) => (await expectOk(on.introspect(token)))["permissions"];
    expect(await said(before)).toEqual(["read"]);
    expect(await said(rich)).toEqual(["read", "write"]);
    expect(await said(narrow)).toEqual(["write"]);
    await red.apply(() => assigned.pop(), { prune: true });
    expect(await said(rich)).toEqual(["read"]);
    // Sparse: nothing left to do is no list at all.
    expect(await expectOk(on.introspect(narrow))).toMatchObject({ active: true });
    expect(await said(narrow)).toBeUndefined();
  });

  describe("a batch", () => {
    it("takes 100 tokens and answers in their order; 101 are refused by name", async () => {
      const { red } = world;
      const { access, refresh } = await on.signIn(red);
      const tokens = Array.from({ length: 100 }, (_, i) => [access, "garbage", refresh][i % 3] ?? "");
      const { results = [] } = (await expectOk(on.call("introspectBatch", { tokens }))) as { results?: object[] };
      const single = [await expectOk(on.introspect(access)), { active: false }, await expectOk(on.introspect(refresh))];
      expect(results).toEqual(tokens.map((_, i) => single[i % 3]));
      expect(await on.call("introspectBatch", { tokens: [...tokens, access] })).toMatchObject({
        ok: false,
        kind: "invalid",
        fields: ["tokens"],
      });
    });

    it("an empty batch and an empty token are refused, and each token is judged on its own", async () => {
      const { red } = world;
      const { access } = await on.signIn(red);
      const { access: bill } = await on.signIn(red, { request: { resource: [billing] } });
      expect(await on.call("introspectBatch", { tokens: [] })).toMatchObject({ kind: "invalid", fields: ["tokens"] });
      expect(await on.call("introspectBatch", { tokens: [access, ""] })).toMatchObject({
        kind: "invalid",
        fields: ["tokens[1]"],
      });
      expect(await on.call("introspectBatch", { tokens: [access, bill] })).toMatchObject({
        answer: { results: [{ active: true }, { active: false }] },
      });
    });
  });

  it("I-INT-02: a suspended user's tokens are inactive while it is suspended, whatever else holds", async () => {
    const { red } = world;
    const { access, refresh } = await on.signIn(red, { user: "ben" });
    const ben = declaredItem(red.declared["users"], "ben");
    await red.apply(() => Object.assign(ben, { suspended: true }));
    for (const token of [access, refresh]) expect(await on.introspect(token)).toEqual(inactive);
    await red.apply(() => Object.assign(ben, { suspended: false }));
    for (const token of [access, refresh]) expect(await on.isActive(token)).toBe(true);
  });
});
