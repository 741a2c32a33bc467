// GenerateToken: what it gives in either realm, and that every mismatch reads alike.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import {
  claimsOf,
  declareMore,
  everywhere,
  generate,
  invalidBearer,
  invalidClient,
  isActive,
  management,
  nobody,
  readAccess,
  realmToken,
  seen,
  whileDeclared,
} from "../support/tokens.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const { red, blue } = world;
  await declareMore(red, "users", { username: "una", email: "una@example.test" }, { username: "tim" });
  await declareMore(blue, "users", { username: "bob", email: "bob@example.test", emailVerified: true });
});
afterAll(() => world.close());

const ask = (username: string, more: JsonObject = {}) =>
  everywhere(world, "generateToken", generate(world.red, username, more), world.red.as("backend"));
const secret = () => world.red.secrets.get("backend") ?? "";

describe.each(doors)("a generated token over $name", (door) => {
  const mint = async (username: string, realm: string) => {
    const request = generate(world.red, username, { realm });
    const answer: JsonObject = await expectOk(door.call(world, "generateToken", request, world.red.as("backend")));
    return answer;
  };

  it("N2-01: of the user realm is for the default audience, and comes without a refresh token", async () => {
    const { red } = world;
    const { access_token, ...answer } = await mint("ben", "REALM_USER");
    expect(answer).toEqual({ expires_in: 900, token_type: "Bearer", scope: "read" });
    const { claims } = await readAccess(world, access_token, api);
    expect(claims).toMatchObject({
      sub: red.ids.get("user ben"),
      client_id: red.ids.get("application backend"),
      tenant_id: red.id,
      realm: "user",
      roles: ["reader"],
      groups: ["staff"],
      permissions: ["read"],
      exp: Number(claims.iat) + 900,
    });
  });

  it("of the admin realm is for the management audience, with management permissions only, for ten minutes", async () => {
    const { access_token, ...answer } = await mint("ada", "REALM_ADMIN");
    expect(answer).toEqual({ expires_in: 600, token_type: "Bearer", scope: "token:introspect user:read" });
    const { claims } = await readAccess(world, access_token, management);
    expect(claims).toMatchObject({ realm: "admin", roles: ["admin"], permissions: ["token:introspect", "user:read"] });
    expect(claims).toMatchObject({ exp: Number(claims.iat) + 600 });
  });
});

describe("the realms", () => {
  it.each([
    [
      "the user realm",
      "REALM_USER",
      [
        [0, 900],
        [899, 899],
        [901, 900],
      ],
    ],
    [
      "the admin realm",
      "REALM_ADMIN",
      [
        [0, 600],
        [599, 599],
        [600, 600],
        [601, 600],
      ],
    ],
  ] as const)("N2-07: have lifetimes of their own: %s", async (_name, realm, table) => {
    for (const [ttl, lived] of table)
      expect(await ask("ada", { realm, ttl })).toMatchObject({ answer: { expires_in: lived } });
  });

  it("N2-07: obey the application where it is stricter", async () => {
    await whileDeclared(world.red, ["applications", "backend", { accessTokenTtl: 300 }], async () => {
      for (const realm of ["REALM_USER", "REALM_ADMIN"])
        expect(await ask("ada", { realm })).toMatchObject({ answer: { expires_in: 300 } });
    });
    await whileDeclared(world.red, ["applications", "backend", { accessTokenTtl: 3600 }], async () =>
      expect(await ask("ada", { realm: "REALM_ADMIN" })).toMatchObject({ answer: { expires_in: 600 } }),
    );
  });

  it("are apart: neither's token is good for the other's", async () => {
    const { red } = world;
    const [admin, user] = [await realmToken(world, red, "REALM_ADMIN"), await realmToken(world, red, "REALM_USER")];
    // The backend serves the API and not Tessera.
    const told = async (token: string) => {
      const outcome = await everywhere(world, "introspect", { token }, red.as("backend"));
      return outcome.ok && outcome.answer["active"];
    };
    expect([await told(user), await told(admin)]).toEqual([true, false]);
    expect([await isActive(world, red, user), await isActive(world, red, admin)]).toEqual([true, true]);
    expect(await everywhere(world, "introspect", { token: user }, { bearer: user })).toEqual(invalidBearer);
    expect(await everywhere(world, "introspect", { token: user }, { bearer: admin })).toMatchObject({
      ok: true,
      answer: { active: true },
    });
  });

  it("N3-10: narrow the scope and never widen it", async () => {
    expect(await ask("ada", { scope: "read user:read" })).toMatchObject({ answer: { scope: "read" } });
    expect(await ask("ada", { scope: "read user:read", realm: "REALM_ADMIN" })).toMatchObject({
      answer: { scope: "user:read" },
    });
    expect(await ask("ada", { scope: "a  b" })).toMatchObject({
      ok: false,
      reason: "INVALID_SCOPE",
      fields: ["scope"],
    });
  });

  it.each([
    ["none", { realm: "REALM_UNSPECIFIED" }],
    ["an unknown one", { realm: 3 }],
  ])("have to be named: %s", async (_n, more) => {
    expect(await ask("ada", more)).toMatchObject({ ok: false, kind: "invalid", fields: ["realm"] });
  });

  it("a management role that has ended gives no more admin tokens, and ends those there are", async () => {
    const { red } = world;
    const end = world.now() + 300_000;
    await declareMore(red, "roleAssignments", {
      roleId: "admin",
      userId: "ben",
      expireTime: new Date(end).toISOString(),
    });
    const bearer = await realmToken(world, red, "REALM_ADMIN", "ben");
    expect(await everywhere(world, "introspect", { token: bearer }, { bearer })).toMatchObject({
      answer: { active: true },
    });
    world.advance(300_001);
    expect(await ask("ben", { realm: "REALM_ADMIN" })).toEqual(nobody);
    expect(await everywhere(world, "introspect", { token: bearer }, { bearer })).toEqual(invalidBearer);
    expect(await isActive(world, red, bearer)).toBe(false);
    expect(await ask("ben")).toMatchObject({ ok: true });
  });
});

describe("a mismatch", () => {
  const mismatches: [string, () => JsonObject][] = [
    ["an unknown tenant", () => ({ tenant_id: "0".repeat(21) })],
    ["another tenant", () => ({ tenant_id: world.blue.id })],
    ["an unknown project", () => ({ project_id: "0".repeat(21) })],
    ["another tenant's project", () => ({ project_id: world.blue.ids.get("project main") ?? "" })],
    ["an unknown application", () => ({ client_id: "0".repeat(21) })],
    ["another application", () => ({ client_id: world.red.ids.get("application other") ?? "" })],
    ["another tenant's application", () => ({ client_id: world.blue.ids.get("application backend") ?? "" })],
    ["an unknown user", () => ({ email_id: "nobody@example.test" })],
    ["another tenant's user", () => ({ email_id: "bob@example.test" })],
    ["a suspended user", () => ({ email_id: "zoe@example.test" })],
    ["an address that was never verified", () => ({ email_id: "una@example.test" })],
    ["an administrator who is none", () => ({ email_id: "ben@example.test", realm: "REALM_ADMIN" })],
  ];

  it.each(mismatches)(
    "N6-11: %s is 'not found' to an application that proved itself beside the request",
    async (_what, wrong) => {
      expect(await ask("ada", wrong())).toEqual(nobody);
      expect(await ask("ada")).toMatchObject({ ok: true });
    },
  );

  it("N6-11 I-CL-06: reads alike to the byte, whatever is wrong and however much", async () => {
    const { red } = world;
    const answers = new Set<string>();
    for (const [, one] of mismatches) {
      for (const [, other] of mismatches) {
        const request = generate(red, "ada", { ...one(), ...other() });
        answers.add(String(await seen(world, "generateToken", request, red.as("backend"))));
      }
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain("client or user not found");
  });

  it("N6-01: is 'not authenticated', to the byte, where the secret in the request is all there is", async () => {
    await world.restart();
    const withSecret = (more: JsonObject) => generate(world.red, "ada", { secret_id: secret(), ...more });
    const reference = await seen(world, "generateToken", withSecret({ client_id: "0".repeat(21) }), "none");
    expect(await everywhere(world, "generateToken", withSecret({ client_id: "1".repeat(21) }), "none")).toEqual(
      invalidClient,
    );
    for (const [, wrong] of mismatches) {
      expect(await seen(world, "generateToken", withSecret(wrong()), "none")).toEqual(reference);
    }
    await world.restart();
    expect(await everywhere(world, "generateToken", withSecret({}), "none")).toMatchObject({ ok: true });
  });
});

describe("the secret in the request", () => {
  beforeEach(() => world.restart());
  const call = (more: JsonObject, as: Credential = "none") =>
    everywhere(world, "generateToken", generate(world.red, "ada", more), as);

  it("is enough, and is needed where there is nothing else", async () => {
    expect(await call({ secret_id: secret() })).toMatchObject({ ok: true, answer: { expires_in: 900 } });
    expect(await call({})).toEqual(invalidClient);
    expect(await call({ secret_id: "" })).toEqual(invalidClient);
  });

  it("I-CL-06: has to be the right one of this application", async () => {
    const { red, blue } = world;
    const wrong = [
      `${secret()}x`,
      secret().slice(0, -1),
      ` ${secret()}`,
      red.secrets.get("other"),
      blue.secrets.get("backend"),
    ];
    for (const secret_id of wrong) expect(await call({ secret_id: secret_id ?? "" })).toEqual(invalidClient);
  });

  it("N6-02: may not stand beside another credential, good or bad", async () => {
    const twice = { ok: false, kind: "invalid", message: "more than one credential" };
    const bearer = await realmToken(world, world.red, "REALM_ADMIN");
    expect(await call({ secret_id: secret() }, world.red.as("backend"))).toMatchObject(twice);
    expect(await call({ secret_id: "x" }, world.red.as("backend"))).toMatchObject(twice);
    expect(await call({ secret_id: secret() }, { bearer })).toMatchObject(twice);
    expect(await call({ secret_id: secret() }, { bearer: "x" })).toMatchObject(twice);
  });
});

describe("the ids", () => {
  const fields = ["tenant_id", "project_id", "client_id"];
  it.each(fields)("of %s have no character that means something in a path", async (field) => {
    const invalid = { ok: false, kind: "invalid", fields: [field] };
    const hostile = ["../x", "a/b", "a%2fb", "a b", "..", "ä", "a\u0000", "a;b", "x".repeat(129)];
    for (const id of hostile) expect([id, await ask("ada", { [field]: id })]).toMatchObject([id, invalid]);
    expect(await ask("ada", { [field]: "" })).toMatchObject({ ok: false, kind: "invalid" });
    expect(await ask("ada", { [field]: "x".repeat(128) })).toEqual(nobody);
  });
});

describe("the e-mail address", () => {
  it.each([
    ["in other letters of its domain", "ada@EXAMPLE.test", true],
    ["with spaces around it", " ada@example.test ", true],
    ["with a wide letter in its domain", "ada@ｅxample.test", true],
    ["in other letters of its mailbox", "ADA@example.test", false],
    ["with a wide letter in its mailbox", "ａda@example.test", false],
    ["with a dot at the end", "ada@example.test.", false],
    ["with another domain before it", "ada@x@example.test", false],
    ["with a wildcard", "a%@example.test", false],
  ])("%s: finds ada: %s", async (_how, email_id, found) => {
    const outcome = await ask("ada", { email_id });
    if (!found) return expect(outcome).toEqual(nobody);
    expect(claimsOf(outcome.ok ? outcome.answer["access_token"] : "").sub).toBe(world.red.ids.get("user ada"));
  });

  it("is the same address however its accents are composed", async () => {
    const email = "zo\u00eb@example.test";
    await declareMore(world.red, "users", { username: "composed", email, emailVerified: true });
    for (const form of ["NFC", "NFD"] as const)
      expect(await ask("", { email_id: email.normalize(form) })).toMatchObject({ ok: true });
    expect(await ask("", { email_id: "zoe\u0301@example.test" })).toEqual(nobody);
  });

  it.each(["ada", "", "@", "ad", `${"x".repeat(242)}@example.test`])("%j is none", async (email_id) => {
    expect(await ask("ada", { email_id })).toMatchObject({
      ok: false,
      kind: "invalid",
      fields: expect.arrayContaining(["email_id"]),
    });
  });

  it("of no user of the tenant is nobody's, though a user without any address is there", async () => {
    expect(await ask("", { email_id: "@@@" })).toEqual(nobody);
    expect(await ask("", { email_id: "tim@" })).toEqual(nobody);
  });
});
