// What belongs to another tenant reads, to the last byte, like what does not exist: in every field of every request.
import { type JsonObject, ScalarType } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { expectOk, grpcDoor } from "../support/door.ts";
import { billing } from "../support/fixture.ts";
import { declareMore, everywhere, generate, isActive, realmToken, seen } from "../support/tokens.ts";
import { type Credential, createWorld, type Fixture, type World } from "../support/world.ts";

let world: World;
/** A token pair of the other tenant, which nothing here may touch. */
let theirs: { token: string; refresh: string; admin: string };
const theirAudience = "https://blue.example.test";
beforeAll(async () => {
  world = await createWorld();
  const { blue } = world;
  await declareMore(blue, "resources", { name: "Blue's own", indicator: theirAudience });
  await declareMore(blue, "users", { username: "bob", email: "bob@example.test", emailVerified: true });
  const issued = await issue(blue);
  theirs = { ...issued, admin: await realmToken(world, blue, "REALM_ADMIN") };
});
afterAll(() => world.close());

async function issue(tenant: Fixture) {
  const request = { access_token: world.token(tenant, "ada") };
  const issued = await expectOk(grpcDoor.call(world, "exchange", request, tenant.as("backend")));
  return { token: String(issued["token"]), refresh: String(issued["refresh_token"]) };
}

const theirId = (name: string) => world.blue.ids.get(name) ?? "";
const ourId = (name: string) => world.red.ids.get(name) ?? "";
const random = "0".repeat(21);
const backend = () => world.red.as("backend");
const inspector = () => world.red.as("inspector");
const upstream = () => world.token(world.red, "ada");
const admin = async (): Promise<Credential> => ({ bearer: await realmToken(world, world.red, "REALM_ADMIN") });

type Value = string | string[];
type Field = {
  theirs: () => Value;
  unknown: Value;
  /** What is served, where anything is. */
  ours?: () => Value | Promise<Value>;
  /** The rest of a request that would be served. */
  rest?: () => JsonObject;
  as?: () => Credential | Promise<Credential>;
};

const exchanged = (field: Field): Field => ({ rest: () => ({ access_token: upstream() }), ...field });
const generated = (field: Field): Field => ({ rest: () => generate(world.red, "ada"), ...field });
const oidc = (field: Field): Field => ({ rest: () => ({ realm: "REALM_USER" }), as: admin, ...field });
const ourToken = async () => (await issue(world.red)).token;
const ourRefresh = async () => (await issue(world.red)).refresh;

/** By method and field of the contract. */
type MethodName = keyof typeof AuthService.method;
const fields: Record<MethodName, Record<string, Field>> = {
  exchange: {
    access_token: { theirs: () => world.token(world.blue, "ada"), unknown: "garbage", ours: upstream },
    subject_token: { theirs: () => theirs.token, unknown: "garbage" },
    actor_token: exchanged({ theirs: () => theirs.token, unknown: "garbage" }),
    audience: exchanged({ theirs: () => [theirAudience], unknown: ["https://x.test"] }),
    resource: exchanged({ theirs: () => [theirAudience], unknown: ["https://x.test"], ours: () => [billing] }),
    organization_id: exchanged({
      theirs: () => theirId("organization north"),
      unknown: random,
      ours: () => ourId("organization north"),
    }),
    connector_id: exchanged({
      theirs: () => theirId("connector idp"),
      unknown: random,
      ours: () => ourId("connector idp"),
    }),
  },
  refresh: { refresh_token: { theirs: () => theirs.refresh, unknown: "garbage", ours: ourRefresh } },
  introspect: { token: { theirs: () => theirs.token, unknown: "garbage", ours: ourToken, as: inspector } },
  introspectBatch: {
    tokens: {
      theirs: () => [theirs.token, theirs.refresh],
      unknown: ["garbage", "rt_x"],
      ours: async () => [await ourToken(), "x"],
      as: inspector,
    },
  },
  generateToken: {
    tenant_id: generated({ theirs: () => world.blue.id, unknown: random, ours: () => world.red.id }),
    project_id: generated({
      theirs: () => theirId("project main"),
      unknown: random,
      ours: () => ourId("project main"),
    }),
    client_id: generated({
      theirs: () => theirId("application backend"),
      unknown: random,
      ours: () => ourId("application backend"),
    }),
    email_id: generated({
      theirs: () => "bob@example.test",
      unknown: "nobody@example.test",
      ours: () => "ben@example.test",
    }),
    secret_id: generated({
      theirs: () => world.blue.secrets.get("backend") ?? "",
      unknown: "garbage",
      ours: () => world.red.secrets.get("backend") ?? "",
      as: () => "none",
    }),
  },
  oidcToken: { oidc_token: oidc({ theirs: () => world.token(world.blue, "ada"), unknown: "garbage", ours: upstream }) },
  // The answer to a token that is nothing to us is the answer to one that was ended (RFC 7009 section 2.2).
  revoke: { token: { theirs: () => theirs.token, unknown: "garbage" } },
};

/** Text that names nothing that a tenant could have. */
const plain = ["scope", "nonce", "token_type_hint", "subject_token_type", "actor_token_type", "requested_token_type"];

describe("a field that can name a thing", () => {
  const rows = Object.entries(fields).flatMap(([method, byName]) =>
    Object.entries(byName).map(([name, field]) => [method as MethodName, name, field] as const),
  );
  it.each(rows)(
    "N6-11 I-TEN-01: %s.%s: answers another tenant's like one that does not exist",
    async (method, name, field) => {
      const { as = backend, rest = () => ({}) } = field;
      const credential = await as();
      const ask = (value: Value) => seen(world, method, { ...rest(), [name]: value }, credential);
      const absent = await ask(field.unknown);
      expect(await ask(field.theirs())).toEqual(absent);
      if (field.ours === undefined) return;
      expect(await everywhere(world, method, { ...rest(), [name]: await field.ours() }, credential)).toMatchObject({
        ok: true,
      });
      expect(await ask(await field.ours())).not.toEqual(absent);
    },
  );

  it("N6-11: is among these, whatever the contract comes to hold", () => {
    for (const [name, { input }] of Object.entries(AuthService.method)) {
      const texts = input.fields.filter(
        (field) => field.scalar === ScalarType.STRING || (field.fieldKind === "list" && field.listKind === "scalar"),
      );
      const named = texts.map((field) => field.name).filter((field) => !plain.includes(field));
      expect([name, Object.keys(fields[name as MethodName]).sort()]).toEqual([name, named.sort()]);
    }
  });
});

describe("another tenant's application", () => {
  it("N6-11: is, with any secret of this one, as unknown as a random id", async () => {
    const secret = world.red.secrets.get("backend") ?? "";
    const ask = (id: string) => seen(world, "exchange", { access_token: upstream() }, { basic: [id, secret] });
    expect(await ask(theirId("application backend"))).toEqual(await ask(random));
  });

  it("N3-17: proves itself and still cannot act here", async () => {
    const asThem = world.blue.as("backend");
    const here = await issue(world.red);
    const inactive = { ok: true, answer: { active: false } };
    expect(await everywhere(world, "exchange", { access_token: upstream() }, asThem)).toMatchObject({
      reason: "BAD_TOKEN",
    });
    expect(await everywhere(world, "refresh", { refresh_token: here.refresh }, asThem)).toMatchObject({
      reason: "INVALID_GRANT",
    });
    for (const token of [here.token, here.refresh])
      expect(await everywhere(world, "introspect", { token }, world.blue.as("inspector"))).toEqual(inactive);
    expect(await everywhere(world, "generateToken", generate(world.red, "ada"), asThem)).toMatchObject({
      reason: "NOT_FOUND",
    });
    for (const token of [here.token, here.refresh])
      expect(await everywhere(world, "revoke", { token }, asThem)).toMatchObject({ ok: true });
    // All of it as good as before.
    expect(await isActive(world, world.red, here.token)).toBe(true);
    expect(await everywhere(world, "refresh", { refresh_token: here.refresh }, backend())).toMatchObject({ ok: true });
  });
});

it("N6-11: nothing of the other tenant has changed by all this", async () => {
  expect(await isActive(world, world.blue, theirs.token)).toBe(true);
  expect(await everywhere(world, "introspect", { token: theirs.token }, { bearer: theirs.admin })).toMatchObject({
    answer: { active: true },
  });
  expect(await everywhere(world, "refresh", { refresh_token: theirs.refresh }, world.blue.as("backend"))).toMatchObject(
    { ok: true },
  );
});
