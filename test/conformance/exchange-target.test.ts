// Which audience an application gets a token for, how long and how signed, and who gets one for Tessera itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk, type Outcome } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import {
  badToken,
  claimsOf,
  declareMore,
  everywhere,
  generate,
  invalidGrant,
  invalidTarget,
  management,
  readAccess,
  seen,
  whileDeclared,
} from "../support/tokens.ts";
import { createWorld, type World } from "../support/world.ts";

const closed = "https://closed.example.test";
const bluesOwn = "https://blue.example.test";

/** What each application may name, and its own default. */
const applications = {
  plain: { resourceIds: [] },
  wide: { resourceIds: [billing, closed] },
  odd: { defaultResourceId: billing },
  both: { defaultResourceId: billing, resourceIds: [api] },
  boss: { resourceIds: [management] },
  console: { defaultResourceId: management },
};
type Name = keyof typeof applications;
const names = Object.keys(applications) as Name[];

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const { red, blue } = world;
  await declareMore(blue, "resources", { name: "Blue's own", indicator: bluesOwn });
  await declareMore(red, "resources", { name: "Closed", indicator: closed, disabled: true });
  const type = "APPLICATION_TYPE_TRADITIONAL";
  const made = names.map((name) => ({ name, type, connectorIds: ["idp"], ...applications[name] }));
  await declareMore(red, "applications", ...made);
  await declareMore(red, "applicationSecrets", ...names.map((name) => ({ applicationId: name, name: "first" })));
});
afterAll(() => world.close());

const ask = (application: string, resource: string[], username = "ada") =>
  everywhere(
    world,
    "exchange",
    { access_token: world.token(world.red, username), resource },
    world.red.as(application),
  );
const audienceOf = (outcome: Outcome): unknown => {
  if (outcome.ok) return claimsOf(outcome.answer["token"]).aud;
  expect(outcome).toEqual(invalidTarget);
  return "-";
};

describe("an application and a target", () => {
  it.each<[name: string, resource: string[], expected: Record<Name, string>]>([
    ["none", [], { plain: api, wide: api, odd: billing, both: billing, boss: api, console: management }],
    ["the API", [api], { plain: api, wide: api, odd: "-", both: api, boss: api, console: "-" }],
    ["billing", [billing], { plain: "-", wide: billing, odd: billing, both: billing, boss: "-", console: "-" }],
    ["Tessera", [management], { plain: "-", wide: "-", odd: "-", both: "-", boss: management, console: management }],
    ["a disabled one", [closed], { plain: "-", wide: "-", odd: "-", both: "-", boss: "-", console: "-" }],
    ["another tenant's", [bluesOwn], { plain: "-", wide: "-", odd: "-", both: "-", boss: "-", console: "-" }],
    ["an unknown one", ["https://x.test"], { plain: "-", wide: "-", odd: "-", both: "-", boss: "-", console: "-" }],
    ["two", [api, billing], { plain: "-", wide: "-", odd: "-", both: "-", boss: "-", console: "-" }],
    ["the same twice", [api, api], { plain: "-", wide: "-", odd: "-", both: "-", boss: "-", console: "-" }],
  ])("N2-04 N3-06 I-XCH-02: naming %s", async (_name, resource, expected) => {
    const found: Record<string, unknown> = {};
    for (const name of names) found[name] = audienceOf(await ask(name, resource));
    expect(found).toEqual(expected);
  });

  it.each([
    "api",
    "/",
    `${api}/`,
    `${api}#read`,
    `${api}?x=1`,
    "API",
    api.toUpperCase(),
    ` ${api}`,
    "urn:tessera:management ",
  ])("N3-07: %j is no target, since it is no indicator to the byte", async (resource) => {
    expect(await ask("plain", [resource])).toEqual(invalidTarget);
  });

  it("N6-11: what is not allowed, disabled, another tenant's or unknown reads alike to the byte", async () => {
    const answers = [];
    for (const resource of [billing, closed, bluesOwn, management, "https://x.test"]) {
      const request = { access_token: world.token(world.red, "ada"), resource: [resource] };
      answers.push(await seen(world, "exchange", request, world.red.as("plain")));
    }
    expect(new Set(answers.map(String)).size).toBe(1);
  });

  it("N2-03: a tenant without a default audience gives nothing to who names none", async () => {
    await whileDeclared(world.red, ["resources", "API", { isDefault: false }], async () => {
      expect(await ask("plain", [])).toEqual(invalidTarget);
      expect(audienceOf(await ask("both", [api]))).toBe(api);
    });
    expect(audienceOf(await ask("plain", []))).toBe(api);
  });

  it("N2-05: the token carries the permissions of its own audience and no other's", async () => {
    const outcome = await ask("wide", [billing]);
    expect(outcome).toMatchObject({ ok: true, answer: { scope: "invoice", user: { user_permissions: ["invoice"] } } });
    expect(await ask("wide", [api])).toMatchObject({ ok: true, answer: { scope: "read write" } });
    // A role that means nothing there is not shown there.
    expect(await ask("wide", [billing], "ben")).toMatchObject({
      ok: true,
      answer: { scope: "", user: { user_roles: [] } },
    });
  });

  it("RFC 9068 section 2.2: each audience has the signature that it is declared with, by a published key", async () => {
    for (const alg of ["RS256", "ES384", "EdDSA"]) {
      const signingAlgorithm = `SIGNING_ALGORITHM_${alg.toUpperCase()}`;
      await whileDeclared(world.red, ["resources", "Billing", { signingAlgorithm }], async () => {
        const outcome = await ask("wide", [billing]);
        const { header } = await readAccess(world, outcome.ok ? outcome.answer["token"] : "", billing);
        expect(header.alg).toBe(alg);
      });
    }
  });
});

describe("a token for Tessera itself", () => {
  it("is an admin token by any way it is got: ten minutes at most, and only for who holds a management role", async () => {
    for (const [application, resource] of [
      ["boss", [management]],
      ["console", []],
    ] as const) {
      const outcome = await ask(application, [...resource]);
      expect(outcome).toMatchObject({ ok: true, answer: { expires_in: 600, scope: "token:introspect user:read" } });
      expect(claimsOf(outcome.ok ? outcome.answer["token"] : "")).toMatchObject({ aud: management, realm: "admin" });
      expect(await ask(application, [...resource], "ben")).toEqual(badToken);
    }
  });

  it("is not got in the user realm, whatever an application's default is", async () => {
    const request = (realm: string) => generate(world.red, "ada", { realm }, "console");
    const as = world.red.as("console");
    expect(await everywhere(world, "generateToken", request("REALM_USER"), as)).toEqual(invalidTarget);
    expect(await everywhere(world, "generateToken", request("REALM_ADMIN"), as)).toMatchObject({ ok: true });
  });

  it("I-XCH-02: is not got by an application that is not meant for it, whoever it names", async () => {
    const request = (name: string) => generate(world.red, "ada", { realm: "REALM_ADMIN" }, name);
    for (const name of ["plain", "wide", "odd", "both"] as const)
      expect(await everywhere(world, "generateToken", request(name), world.red.as(name))).toEqual(invalidTarget);
    for (const name of ["boss", "console"] as const)
      expect(await everywhere(world, "generateToken", request(name), world.red.as(name))).toMatchObject({ ok: true });
  });

  it.each(doors)("is refreshed as one over $name, and not at all once the role is gone", async (door) => {
    const { red } = world;
    const refresh = (refresh_token: string) => door.call(world, "refresh", { refresh_token }, red.as("boss"));
    const request = { access_token: world.token(red, "ada"), resource: [management] };
    const first = await expectOk(door.call(world, "exchange", request, red.as("boss")));
    const second = await expectOk(refresh(String(first["refresh_token"])));
    expect(second).toMatchObject({ expires_in: 600 });
    expect(claimsOf(second["token"])).toMatchObject({ realm: "admin" });
    const assignments = red.declared["roleAssignments"] ?? [];
    const admin = assignments.filter(({ roleId }) => roleId === "admin");
    await red.apply(
      (declared) => void (declared["roleAssignments"] = assignments.filter((one) => !admin.includes(one))),
      {
        prune: true,
      },
    );
    expect(await refresh(String(second["refresh_token"]))).toEqual(invalidGrant);
    await red.apply((declared) => void (declared["roleAssignments"] = assignments));
  });
});
