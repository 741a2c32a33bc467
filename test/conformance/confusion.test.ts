// C2: a token, key or secret for one tenant, audience, application or purpose is worthless everywhere else. Every kind
// is tried in every place of both tenants; what may pass is listed, and nothing else does.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectOk, grpcDoor, type MethodName } from "../support/door.ts";
import { asPublic, claimsOf, everywhere, generate, isActive, realmToken } from "../support/tokens.ts";
import { type Credential, createWorld, type Fixture, type World } from "../support/world.ts";

const tenants = ["red", "blue"] as const;
type Tenant = (typeof tenants)[number];
const kinds = ["access", "admin", "refresh", "upstream", "opaque", "secret", "garbage"] as const;
type Kind = (typeof kinds)[number];

let world: World;
let material: Record<Tenant, Record<Kind, string>>;
beforeAll(async () => {
  world = await createWorld();
  material = { red: await collect(world.red), blue: await collect(world.blue) };
});
afterAll(() => world.close());

async function collect(tenant: Fixture): Promise<Record<Kind, string>> {
  const { name } = tenant.declared.tenant;
  const upstream = world.token(tenant, "ada");
  const issued = await expectOk(grpcDoor.call(world, "exchange", { access_token: upstream }, tenant.as("backend")));
  const introspection = { active: true, token_type: "Bearer", ...claimsOf(upstream) };
  world.upstream.opaque.set(`opaque-${name}`, { introspection });
  return {
    access: String(issued["token"]),
    admin: await realmToken(world, tenant, "REALM_ADMIN"),
    refresh: String(issued["refresh_token"]),
    upstream,
    opaque: `opaque-${name}`,
    secret: tenant.secrets.get("backend") ?? "",
    garbage: `${name}-garbage`,
  };
}

/** A place where something can be shown. */
type Place = {
  name: string;
  method: MethodName;
  request: (shown: string) => JsonObject;
  as: (shown: string) => Credential;
};

const places = (name: Tenant): Place[] => {
  const tenant = () => world[name];
  const app = (application: string) => () => tenant().as(application);
  const phone = () => asPublic(tenant(), "phone");
  const admin = () => ({ bearer: material[name].admin });
  const at = (method: MethodName, who: string, request: Place["request"], as: Place["as"]): Place => ({
    name: `${method} by ${name}'s ${who}`,
    method,
    request,
    as,
  });
  const callers = { backend: app("backend"), other: app("other"), phone };
  const readers = { backend: app("backend"), other: app("other"), inspector: app("inspector"), admin };
  const known = (application: string) => tenant().ids.get(`application ${application}`) ?? "";
  return [
    ...Object.entries(callers).flatMap(([who, as]) => [
      at("exchange", who, (access_token) => ({ access_token }), as),
      at("refresh", who, (refresh_token) => ({ refresh_token }), as),
    ]),
    ...Object.entries(readers).flatMap(([who, as]) => [
      at("introspect", who, (token) => ({ token }), as),
      at("introspectBatch", who, (token) => ({ tokens: [token] }), as),
    ]),
    at("oidcToken", "admin", (oidc_token) => ({ realm: "REALM_USER", oidc_token }), admin),
    at(
      "oidcToken",
      "bearer",
      () => ({ realm: "REALM_USER", oidc_token: material[name].upstream }),
      (bearer) => ({ bearer }),
    ),
    at(
      "introspect",
      "bearer",
      () => ({ token: material[name].access }),
      (bearer) => ({ bearer }),
    ),
    ...["backend", "other"].flatMap((who) => [
      at(
        "generateToken",
        `${who} by secret`,
        (secret_id) => generate(tenant(), "ada", { secret_id }, who),
        () => "none",
      ),
      at(
        "introspect",
        `${who} by header`,
        () => ({ token: material[name].access }),
        (secret) => ({ basic: [known(who), secret] }),
      ),
    ]),
  ];
};

/** What may pass: each in its own tenant only. */
const meant: Record<Kind, string[]> = {
  access: ["backend", "inspector", "admin"].flatMap((who) => [`introspect by ${who}`, `introspectBatch by ${who}`]),
  admin: [
    ...["inspector", "admin"].flatMap((who) => [`introspect by ${who}`, `introspectBatch by ${who}`]),
    "introspect by bearer",
    "oidcToken by bearer",
  ],
  refresh: ["refresh by backend", "introspect by backend", "introspectBatch by backend"],
  upstream: ["exchange by backend", "exchange by phone", "oidcToken by admin"],
  opaque: ["exchange by backend", "oidcToken by admin"],
  secret: ["generateToken by backend by secret", "introspect by backend by header"],
  garbage: [],
};

/** Whether it did there what it is for. Otherwise it was refused for what it is, and not for being tried too often. */
async function passes(place: Place, shown: string): Promise<boolean> {
  const outcome = await everywhere(world, place.method, place.request(shown), place.as(shown));
  if (!outcome.ok) {
    // A JWT is longer than a refresh token can be.
    const isTooLong = place.method === "refresh" && shown.length > 512;
    const expected = isTooLong ? ["invalid"] : ["badToken", "unauthenticated", "denied"];
    expect(expected).toContain(outcome.kind);
    return false;
  }
  const [told] = (outcome.answer["results"] as JsonObject[] | undefined) ?? [outcome.answer];
  if (told?.["active"] !== false) return true;
  expect(told).toEqual({ active: false });
  return false;
}

describe.each(tenants)("what is %s's", (owner) => {
  it.each(kinds)("C2 N2-16: as %s passes where it is meant to and nowhere else", async (kind) => {
    // The counters of wrong secrets begin anew.
    await world.restart();
    const passed: string[] = [];
    for (const place of [...places("red"), ...places("blue")]) {
      if (await passes(place, material[owner][kind])) passed.push(place.name);
    }
    expect(passed.sort()).toEqual(meant[kind].map((name) => name.replace(" by ", ` by ${owner}'s `)).sort());
  });
});

describe("Revoke", () => {
  it.each(tenants)("C2: by everybody but its own application ends nothing of %s's", async (owner) => {
    await world.restart();
    const own = await collect(world[owner]);
    const { access, admin, refresh, upstream, opaque, secret, garbage } = own;
    const { red, blue } = world;
    const strangers = [red, blue].flatMap((tenant) => [
      tenant.as("other"),
      tenant.as("inspector"),
      asPublic(tenant, "phone"),
    ]);
    const foreign = (owner === "red" ? blue : red).as("backend");
    for (const as of [...strangers, foreign]) {
      for (const token of Object.values(own)) await everywhere(world, "revoke", { token }, as);
    }
    for (const token of [upstream, opaque, secret, garbage])
      expect(await everywhere(world, "revoke", { token }, world[owner].as("backend"))).toMatchObject({ ok: true });
    for (const token of [access, admin]) expect(await isActive(world, world[owner], token)).toBe(true);
    const told = await everywhere(world, "introspect", { token: refresh }, world[owner].as("backend"));
    expect(told).toMatchObject({ ok: true, answer: { active: true } });
    expect(await everywhere(world, "exchange", { access_token: upstream }, world[owner].as("backend"))).toMatchObject({
      ok: true,
    });
    expect(await everywhere(world, "exchange", { access_token: opaque }, world[owner].as("backend"))).toMatchObject({
      ok: true,
    });
  });
});
