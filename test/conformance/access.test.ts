// Every method and every kind of caller, written down from what the methods are for.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { type Door, doors, expectOk, grpcDoor, type MethodName, type Outcome } from "../support/door.ts";
import { appOrigin, asPublic, declareMore, generate, realmToken } from "../support/tokens.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const { red } = world;
  const closed = { name: "closed", type: "APPLICATION_TYPE_TRADITIONAL", connectorIds: ["idp"], disabled: true };
  await declareMore(red, "applications", closed);
  await declareMore(red, "applicationSecrets", { applicationId: "closed", name: "first" });
});
afterAll(() => world.close());

const callers: Record<string, (door: Door) => Credential | Promise<Credential>> = {
  nobody: () => "none",
  owner: () => world.red.as("backend"),
  neighbour: () => world.red.as("other"),
  // A page is told apart from others by its origin, which gRPC has none of; there it is an app on a device.
  public: ({ name }) => (name === "gRPC" ? asPublic(world.red, "phone") : asPublic(world.red, "page", appOrigin)),
  user: async () => ({ bearer: await realmToken(world, world.red, "REALM_USER") }),
  admin: async () => ({ bearer: await realmToken(world, world.red, "REALM_ADMIN") }),
  "reading admin": async () => ({ bearer: await narrowAdmin() }),
  "other tenant's": () => world.blue.as("backend"),
  "other tenant's admin": async () => ({ bearer: await realmToken(world, world.blue, "REALM_ADMIN") }),
  disabled: () => world.red.as("closed"),
};

/** An admin token that asked for none of the permissions to look at tokens. */
async function narrowAdmin(): Promise<string> {
  const request = generate(world.red, "ada", { realm: "REALM_ADMIN", scope: "user:read" });
  const answer = await expectOk(grpcDoor.call(world, "generateToken", request, world.red.as("backend")));
  return String(answer["access_token"]);
}

/** "ok", "active" or "inactive", else the reason of the refusal. */
type Row = Record<keyof typeof callers, string>;
const strangers = { nobody: "INVALID_CLIENT", user: "INVALID_TOKEN", disabled: "INVALID_CLIENT" };
const noApplication = {
  admin: "UNAUTHORIZED_CLIENT",
  "reading admin": "UNAUTHORIZED_CLIENT",
  "other tenant's admin": "UNAUTHORIZED_CLIENT",
};
const looks = {
  ...strangers,
  owner: "active",
  neighbour: "inactive",
  public: "UNAUTHORIZED_CLIENT",
  admin: "active",
  "reading admin": "inactive",
  "other tenant's": "inactive",
  "other tenant's admin": "inactive",
};

const table: Record<MethodName, Row> = {
  exchange: {
    ...strangers,
    ...noApplication,
    owner: "ok",
    neighbour: "BAD_TOKEN",
    public: "ok",
    "other tenant's": "BAD_TOKEN",
  },
  refresh: {
    ...strangers,
    ...noApplication,
    owner: "ok",
    neighbour: "INVALID_GRANT",
    public: "INVALID_GRANT",
    "other tenant's": "INVALID_GRANT",
  },
  introspect: looks,
  introspectBatch: looks,
  generateToken: {
    ...strangers,
    ...noApplication,
    owner: "ok",
    neighbour: "NOT_FOUND",
    public: "UNAUTHORIZED_CLIENT",
    "other tenant's": "NOT_FOUND",
  },
  oidcToken: {
    ...strangers,
    owner: "UNAUTHORIZED_CLIENT",
    neighbour: "UNAUTHORIZED_CLIENT",
    public: "UNAUTHORIZED_CLIENT",
    admin: "ok",
    "reading admin": "ok",
    "other tenant's": "UNAUTHORIZED_CLIENT",
    "other tenant's admin": "BAD_TOKEN",
  },
  // Another's token is refused as such where it is known, and is nothing to end in another tenant.
  revoke: {
    ...strangers,
    ...noApplication,
    owner: "ok",
    neighbour: "UNAUTHORIZED_CLIENT",
    public: "UNAUTHORIZED_CLIENT",
    "other tenant's": "ok",
  },
};

/** What ada's own application would ask, with new tokens each time. */
async function requestOf(door: Door, method: MethodName): Promise<JsonObject> {
  const { red } = world;
  const access_token = world.token(red, "ada");
  if (method === "exchange") return { access_token };
  if (method === "generateToken") return generate(red, "ada");
  if (method === "oidcToken") return { realm: "REALM_USER", oidc_token: access_token };
  const issued = await expectOk(door.call(world, "exchange", { access_token }, red.as("backend")));
  const [token, refresh_token] = [String(issued["token"]), String(issued["refresh_token"])];
  if (method === "refresh") return { refresh_token };
  return method === "introspectBatch" ? { tokens: [token] } : { token };
}

function heard(outcome: Outcome): string {
  if (!outcome.ok) return outcome.reason;
  const [told] = (outcome.answer["results"] as JsonObject[] | undefined) ?? [outcome.answer];
  if (told?.["active"] === undefined) return "ok";
  if (told["active"] === false) expect(told).toEqual({ active: false });
  return told["active"] === true ? "active" : "inactive";
}

describe.each(doors)("over $name", (door) => {
  // What a disabled application tries counts as failures, which begin anew here.
  beforeAll(() => world.restart());

  it.each(Object.entries(table))(
    "N6-10 I-XCH-03: %s answers each kind of caller as it is meant to",
    async (name, expected) => {
      const method = name as MethodName;
      const found: Row = {};
      for (const [kind, credential] of Object.entries(callers)) {
        const request = await requestOf(door, method);
        found[kind] = heard(await door.call(world, method, request, await credential(door)));
      }
      expect(found).toEqual(expected);
    },
  );
});

it("N6-10: no method is missing here", () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(AuthService.method).sort());
});
