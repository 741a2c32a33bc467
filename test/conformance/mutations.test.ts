// Requests that lose, blank, double or retype a parameter: whoever a token is issued for, it is the subject that was
// shown, and never the caller or nobody.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import {
  type Door,
  doors,
  expectOk,
  grpcDoor,
  headersOf,
  type MethodName,
  type Outcome,
  trpcDoor,
} from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import { claimsOf, generate, realmToken } from "../support/tokens.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
let own: { access: string; refresh: string; admin: string };
beforeAll(async () => {
  world = await createWorld();
  const { red } = world;
  own = { ...(await issue()), admin: await realmToken(world, red, "REALM_ADMIN") };
});
afterAll(() => world.close());

async function issue() {
  const { red } = world;
  const request = { access_token: world.token(red, "ben") };
  const issued = await expectOk(grpcDoor.call(world, "exchange", request, red.as("backend")));
  return { access: String(issued["token"]), refresh: String(issued["refresh_token"]) };
}

/** A request with everything in it, for ada. */
const full = (): JsonObject => ({
  access_token: world.token(world.red, "ada"),
  resource: [api],
  scope: "read",
  organization_id: world.red.ids.get("organization north") ?? "",
  connector_id: world.red.ids.get("connector idp") ?? "",
  ttl: 60,
});

/** What somebody would put in instead, or as well: other people's tokens and other things' ids. */
const evil = (): Record<string, JsonValue> => ({
  access_token: world.token(world.red, "ben"),
  subject_token: world.token(world.red, "ben"),
  subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  actor_token: own.access,
  actor_token_type: "urn:ietf:params:oauth:token-type:access_token",
  requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
  audience: ["urn:tessera:management"],
  resource: [billing],
  scope: "read write invite",
  organization_id: world.red.ids.get("organization south") ?? "",
  connector_id: world.red.ids.get("connector opaque") ?? "",
  ttl: 86_400,
});

const acts = ["delete", "blank", "double", "replace"] as const;
type Mutation = { act: (typeof acts)[number]; field: string };
const fields = AuthService.method.exchange.input.fields.map(({ name }) => name);
const blankOf = (field: string): JsonValue => {
  const value = evil()[field];
  return Array.isArray(value) ? [] : typeof value === "number" ? 0 : "";
};

/** Two requests in one body: the second's fields stand there as well. */
function joined(door: Door, one: JsonObject, two: JsonObject): Uint8Array {
  const [first, second] = [door.encode("exchange", one), door.encode("exchange", two)];
  if (door.name === "gRPC") return Buffer.concat([first, second]);
  const [head, tail] = [Buffer.from(first).toString().slice(0, -1), Buffer.from(second).toString().slice(1)];
  return Buffer.from(head === "{" || tail === "}" ? head + tail : `${head},${tail}`);
}

async function send(door: Door, mutations: readonly Mutation[], as: Credential): Promise<Outcome> {
  const request = full();
  const extra: JsonObject = {};
  for (const { act, field } of mutations) {
    if (act === "delete") delete request[field];
    else if (act === "blank") request[field] = blankOf(field);
    else (act === "double" ? extra : request)[field] = evil()[field] ?? "";
  }
  return (await door.send(world, "exchange", joined(door, request, extra), headersOf(as))).outcome;
}

/** Whose token was asked for: the last one that is there, as JSON and Protobuf both read a repeated field. */
function subjectOf(mutations: readonly Mutation[]): string | undefined {
  const about = mutations.filter(({ field }) => field === "access_token").map(({ act }) => act);
  if (about.length === 0) return "ada";
  return about.includes("double") || about.at(-1) === "replace" ? "ben" : undefined;
}

function check(mutations: readonly Mutation[], outcome: Outcome): void {
  if (!outcome.ok) return expect(["invalid", "badToken", "denied", "unimplemented"]).toContain(outcome.kind);
  const subject = subjectOf(mutations);
  expect(subject).toBeDefined();
  const { sub, client_id, tenant_id, permissions } = claimsOf(outcome.answer["token"]);
  expect({ sub, client_id, tenant_id }).toEqual({
    sub: world.red.ids.get(`user ${subject}`),
    client_id: world.red.ids.get("application backend"),
    tenant_id: world.red.id,
  });
  const most = subject === "ada" ? ["invite", "read", "write", "invoice"] : ["read"];
  for (const permission of permissions as string[]) expect(most).toContain(permission);
}

describe.each(doors)("I-XCH-01: Exchange over $name", (door) => {
  const single = acts.flatMap((act) => fields.map((field) => [act, field] as const));
  it.each(single)("%s %s: is for the subject or for nobody", async (act, field) => {
    const outcome = await send(door, [{ act, field }], world.red.as("backend"));
    check([{ act, field }], outcome);
    // What takes nothing away that is needed, and adds nothing, is served.
    if (act === "blank" || act === "delete") expect(outcome.ok).toBe(field !== "access_token");
  });

  it("any number of such changes at once", async () => {
    const mutation = fc.record({ act: fc.constantFrom(...acts), field: fc.constantFrom(...fields) });
    const several = fc.uniqueArray(mutation, { minLength: 2, maxLength: 6, selector: ({ field }) => field });
    let issued = 0;
    await fc.assert(
      fc.asyncProperty(several, async (mutations) => {
        const outcome = await send(door, mutations, world.red.as("backend"));
        issued += outcome.ok ? 1 : 0;
        check(mutations, outcome);
      }),
      { numRuns: 150 },
    );
    expect(issued).toBeGreaterThan(0);
  });

  it.each(["access", "refresh", "admin"] as const)(
    "N3-03: an own %s token in any other parameter is no subject",
    async (kind) => {
      for (const field of ["subject_token", "actor_token", "connector_id", "organization_id", "scope"]) {
        const request = { ...full(), access_token: "", [field]: own[kind] };
        const outcome = await door.call(world, "exchange", request, world.red.as("backend"));
        expect([field, outcome.ok]).toEqual([field, false]);
      }
    },
  );
});

describe.each(doors)("I-XCH-01: over $name", (door) => {
  beforeAll(async () => {
    own = { ...own, ...(await issue()) };
  });
  const requests: [MethodName, () => JsonObject, () => Credential][] = [
    ["generateToken", () => generate(world.red, "ada"), () => world.red.as("backend")],
    [
      "oidcToken",
      () => ({ realm: "REALM_USER", oidc_token: world.token(world.red, "ada") }),
      () => ({ bearer: own.admin }),
    ],
    ["refresh", () => ({ refresh_token: own.refresh }), () => world.red.as("backend")],
  ];
  it.each(requests)("%s without any one of its parameters gives nothing", async (method, request, as) => {
    for (const field of Object.keys(request())) {
      const { [field]: _gone, ...rest } = request();
      expect([field, (await door.call(world, method, rest, as())).ok]).toEqual([field, false]);
      const blank = { ...rest, [field]: field === "realm" ? 0 : "" };
      expect([field, (await door.call(world, method, blank, as())).ok]).toEqual([field, false]);
    }
    expect(await door.call(world, method, request(), as())).toMatchObject({ ok: true });
  });
});

it.each<[MethodName, string, JsonValue]>([
  ["exchange", "access_token", 1],
  ["exchange", "access_token", ["x"]],
  ["exchange", "access_token", { x: 1 }],
  ["exchange", "resource", "x"],
  ["exchange", "ttl", -1],
  ["exchange", "ttl", 1.5],
  ["generateToken", "tenant_id", true],
  ["oidcToken", "oidc_token", ["x"]],
  ["refresh", "refresh_token", 1],
])(
  "I-XCH-01: %s with a %s of another type is refused over JSON, which alone can say it",
  async (method, field, value) => {
    const as = method === "oidcToken" ? { bearer: own.admin } : world.red.as("backend");
    const base = { exchange: full(), generateToken: generate(world.red, "ada") }[method as string] ?? {
      realm: "REALM_USER",
    };
    const outcome = await trpcDoor.call(world, method, { ...base, [field]: value }, as);
    expect(outcome).toMatchObject({ ok: false, kind: "invalid" });
  },
);
