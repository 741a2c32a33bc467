// What Exchange gives for a good upstream token: the token's claims, its lifetime, its scopes, the organization.
import { calculateJwkThumbprint, exportJWK } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk, grpcDoor } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import {
  badToken,
  claimsOf,
  declareMore,
  everywhere,
  notMember,
  readAccess,
  seen,
  whileDeclared,
} from "../support/tokens.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const exchange = (more: Record<string, string | number | string[]> = {}, username = "ada") =>
  everywhere(world, "exchange", { access_token: world.token(world.red, username), ...more }, world.red.as("backend"));

describe.each(doors)("a token minted over $name", (door) => {
  const mint = (username: string, more: Record<string, string> = {}) =>
    expectOk(
      door.call(
        world,
        "exchange",
        { access_token: world.token(world.red, username), ...more },
        world.red.as("backend"),
      ),
    );

  it("N2-01 N2-03 N2-05 N2-11: verifies by the published keys and says all that RFC 9068 asks for, and no more", async () => {
    const { red } = world;
    const { token } = await mint("ada");
    const { header, claims, key } = await readAccess(world, token, api);
    const jwk = await exportJWK(key);
    expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: await calculateJwkThumbprint(jwk) });
    const id: unknown = expect.stringMatching(/^[0-9a-z]{21}$/);
    expect(claims).toEqual({
      iss: world.parts.issuer,
      sub: red.ids.get("user ada"),
      aud: api,
      iat: expect.any(Number),
      exp: Number(claims.iat) + 900,
      jti: id,
      sid: id,
      client_id: red.ids.get("application backend"),
      tenant_id: red.id,
      pev: [expect.any(Number), expect.any(Number)],
      scope: "read write",
      roles: ["editor"],
      permissions: ["read", "write"],
      realm: "user",
    });
  });

  it("N2-05: names the groups of the subject, with the roles they bring", async () => {
    const { token } = await mint("ben");
    expect(claimsOf(token)).toMatchObject({ groups: ["staff"], roles: ["reader"], permissions: ["read"] });
  });

  it("N2-05: names the organization that the subject acts for, and its roles there", async () => {
    const north = world.red.ids.get("organization north") ?? "";
    const { token } = await mint("ada", { organization_id: north });
    expect(claimsOf(token)).toMatchObject({
      organization_id: north,
      roles: ["editor", "owner"],
      permissions: ["invite", "read", "write"],
    });
  });

  it("N3-09: comes with its type and its scopes", async () => {
    expect(await mint("ada")).toMatchObject({
      token_type: "Bearer",
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      scope: "read write",
    });
  });

  it("is another one each time, on a grant of its own", async () => {
    const [one, two] = [claimsOf((await mint("ada")).token), claimsOf((await mint("ada")).token)];
    expect(one.jti).not.toBe(two.jti);
    expect(one["sid"]).not.toBe(two["sid"]);
    expect(one.sub).toBe(two.sub);
  });
});

describe("the lifetime", () => {
  it.each<[string, number, number, [asked: number, lived: number][]]>([
    [
      "nothing but the instance",
      0,
      0,
      [
        [0, 900],
        [1, 1],
        [899, 899],
        [900, 900],
        [901, 900],
        [86_400, 900],
      ],
    ],
    [
      "the application",
      1800,
      0,
      [
        [0, 1800],
        [1799, 1799],
        [1800, 1800],
        [1801, 1800],
      ],
    ],
    [
      "the resource",
      0,
      300,
      [
        [0, 300],
        [299, 299],
        [300, 300],
        [301, 300],
      ],
    ],
    [
      "the shorter of both",
      1800,
      1200,
      [
        [0, 1200],
        [1200, 1200],
        [1201, 1200],
      ],
    ],
    [
      "the instance's maximum",
      7200,
      7200,
      [
        [0, 3600],
        [3599, 3599],
        [3600, 3600],
        [3601, 3600],
      ],
    ],
  ])("N2-07: is cut to %s, and expires_in is exp − iat", async (_who, application, resource, table) => {
    await whileDeclared(world.red, ["applications", "backend", { accessTokenTtl: application }], () =>
      whileDeclared(world.red, ["resources", "API", { accessTokenTtl: resource }], async () => {
        for (const [ttl, lived] of table) {
          const outcome = await exchange({ ttl });
          const { exp = 0, iat = 0 } = claimsOf(outcome.ok ? outcome.answer["token"] : "");
          expect([ttl, outcome.ok && outcome.answer["expires_in"], exp - iat]).toEqual([ttl, lived, lived]);
        }
      }),
    );
  });

  it("N2-07: cannot be asked to be longer than a day", async () => {
    expect(await exchange({ ttl: 86_401 })).toMatchObject({ ok: false, kind: "invalid", fields: ["ttl"] });
  });
});

describe("the scope", () => {
  it.each([
    ["", "read write"],
    ["read", "read"],
    ["write read", "read write"],
    ["read read", "read"],
    ["read admin", "read"],
    ["invite", ""],
    ["invoice", ""],
    ["READ", ""],
  ])("N3-10: %j is narrowed to %j, never widened", async (scope, granted) => {
    const outcome = await exchange({ scope });
    expect(outcome).toMatchObject({ ok: true, answer: { scope: granted } });
    const { token } = outcome.ok ? outcome.answer : {};
    const permissions = granted === "" ? [] : granted.split(" ");
    expect(claimsOf(token)).toMatchObject({ scope: granted, permissions });
  });

  it.each(["read  write", " read", "read ", "read\twrite", 're"ad', "re\\ad", "lésen", "x".repeat(129)])(
    "N3-10: %j is malformed",
    async (scope) => {
      const refused = { ok: false, kind: "invalid", reason: "INVALID_SCOPE", fields: ["scope"] };
      expect(await exchange({ scope })).toMatchObject(refused);
    },
  );

  it("N3-10: of 128 characters is well formed", async () => {
    expect(await exchange({ scope: "x".repeat(128) })).toMatchObject({ ok: true, answer: { scope: "" } });
  });
});

describe("the organization", () => {
  const organization = (name: string) => world.red.ids.get(`organization ${name}`) ?? "";

  it("is not there unless it is named, and brings nothing of its roles", async () => {
    const none = { organization_id: "", organization_name: "", org_role: "", org_role_id: "", org_permissions: [] };
    const outcome = await exchange();
    expect(outcome).toMatchObject({ ok: true, answer: { user: none } });
    expect(claimsOf(outcome.ok ? outcome.answer["token"] : "")).not.toHaveProperty("organization_id");
  });

  it("of two is the one that is named", async () => {
    await declareMore(world.red, "organizationRoles", { name: "guest", scopeIds: [`${api}#read`] });
    const member = { organizationId: "south", userId: "ada", organizationRoleIds: ["guest"] };
    await declareMore(world.red, "organizationMembers", member);
    const answers = [
      ["north", { org_role: "owner", org_permissions: ["invite"] }],
      ["south", { org_role: "guest", org_permissions: ["read"] }],
    ] as const;
    for (const [name, user] of answers) {
      const outcome = await exchange({ organization_id: organization(name) });
      expect(outcome).toMatchObject({ ok: true, answer: { user: { organization_name: name, ...user } } });
    }
  });

  it("N6-11: is refused alike where the user is no member, and where it is unknown, another tenant's or disabled", async () => {
    const { red, blue } = world;
    const request = (id: string) => ({ access_token: world.token(red, "ben"), organization_id: id });
    const unknown = "0".repeat(21);
    const reference = await seen(world, "exchange", request(unknown), red.as("backend"));
    const ids = [organization("north"), blue.ids.get("organization north") ?? "", "north", "../north"];
    for (const id of ids) {
      expect(await everywhere(world, "exchange", request(id), red.as("backend"))).toEqual(notMember);
      expect(await seen(world, "exchange", request(id), red.as("backend"))).toEqual(reference);
    }
    const north = { organization_id: organization("north") };
    await whileDeclared(red, ["organizations", "north", { disabled: true }], async () =>
      expect(await exchange(north)).toEqual(notMember),
    );
    expect(await exchange(north)).toMatchObject({ ok: true });
  });
});

describe("what no longer counts", () => {
  const rolesOf = async (username: string) => {
    const outcome = await exchange({}, username);
    return outcome.ok ? (outcome.answer["user"] as { user_roles: string[] }).user_roles : outcome;
  };

  it("N2-05: a role or a group that has expired brings nothing any more", async () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const end = world.now() + 3_600_000;
    await declareMore(world.red, "users", { username: "tim" });
    await declareMore(world.red, "userIdentities", { userId: "tim", connectorId: "idp", subject: "tim-at-idp" });
    await declareMore(world.red, "roleAssignments", { roleId: "editor", userId: "tim", expireTime: at(end) });
    await declareMore(world.red, "groupMembers", { groupId: "staff", userId: "tim", expireTime: at(end + 60_000) });
    expect(await rolesOf("tim")).toEqual(["editor", "reader"]);
    world.advance(end - world.now() + 1);
    expect(await rolesOf("tim")).toEqual(["reader"]);
    world.advance(60_000);
    expect(await rolesOf("tim")).toEqual([]);
  });
});

describe("a token that would be too large", () => {
  it("N2-06: is not issued, nor cut, and spends nothing", async () => {
    const { red } = world;
    const names = Array.from({ length: 40 }, (_, i) => `${"s".repeat(120)}${i}`);
    await declareMore(red, "scopes", ...names.map((name) => ({ resourceId: billing, name })));
    const scopeIds = names.map((name) => `${billing}#${name}`);
    await declareMore(red, "roles", { name: "all", type: "ROLE_TYPE_USER", scopeIds });
    await declareMore(red, "roleAssignments", { roleId: "all", userId: "ada" });
    const once = world.token(red, "ada", { aud: "red-once" });
    const ask = (more: object) =>
      everywhere(world, "exchange", { access_token: once, resource: [billing], ...more }, red.as("backend"));
    expect(await ask({})).toMatchObject({ ok: false, kind: "precondition", reason: "TOKEN_TOO_LARGE" });
    const narrowed = { access_token: once, resource: [billing], scope: names.slice(0, 20).join(" ") };
    expect(await grpcDoor.call(world, "exchange", narrowed, red.as("backend"))).toMatchObject({ ok: true });
    expect(await ask({ scope: "invoice" })).toEqual(badToken);
  });
});
