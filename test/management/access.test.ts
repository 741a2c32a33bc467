// Every method and every kind of caller, against the table that was written by hand.
import type { DescMethod, JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { managementContract } from "../../src/resources/contract.ts";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { type Door, doors, expectOk, grpcDoor, type MethodName, type Outcome } from "../support/door.ts";
import { examplesFor, type Things } from "../support/management-examples.ts";
import { changed, filledRequest } from "../support/management-requests.ts";
import { createManagedWorld, machine, type ManagedWorld, randomId } from "../support/management-world.ts";
import { appOrigin, asPublic, realmToken } from "../support/tokens.ts";
import type { Credential } from "../support/world.ts";
import { type CallerName, callers, rows, verdicts } from "./access-table.ts";

let world: ManagedWorld;
beforeAll(async () => {
  world = await createManagedWorld();
  await world.red.apply((declared) => {
    for (const permission of tenantPermissions()) {
      machine(declared, `only ${permission}`, [permission]);
      machine(declared, `all but ${permission}`, without(permission));
    }
  });
  // It succeeded lately, so that its wrong secrets are not counted.
  await grpcDoor.call(world, "introspect", { token: "x" }, world.red.as("worker"));
});
afterAll(() => world.close());

const tenantPermissions = () => [...new Set(rows.map(({ permission }) => permission))].filter(isOfTenants);
const isOfTenants = (permission: string) => permission !== "" && !/^(tenant|key):/.test(permission);
const without = (permission: string) => managementPermissions(world.red.id).filter((each) => each !== permission);

const services = { auth: AuthService, ...managementContract };
const methods = new Map<string, [MethodName, DescMethod]>(
  Object.entries(services).flatMap(([name, desc]) =>
    desc.methods.map((method): [string, [MethodName, DescMethod]] => [
      `${desc.name}/${method.name}`,
      [`${name}.${method.localName}`, method],
    ]),
  ),
);

const credentials: Readonly<Record<CallerName, (door: Door) => Credential | Promise<Credential>>> = {
  nobody: () => "none",
  "a wrong secret": () => ({ basic: [world.red.idOf("application worker"), "not-its-secret"] }),
  // A page is told apart from others by its origin, which gRPC has none of; there it is an app on a device.
  "a public application": ({ name }) =>
    name === "gRPC" ? asPublic(world.red, "phone") : asPublic(world.red, "page", appOrigin),
  "an application without roles": () => world.red.as("worker"),
  "a user at the tenant's own audience": async () => ({ bearer: await realmToken(world, world.red, "REALM_USER") }),
  "the tenant's administrator": () => world.red.chief(),
  "a read-only administrator": () => world.red.auditor(),
  "a machine administrator": () => world.red.steward,
  "a machine that may only look at tokens": () => world.red.as("inspector"),
  "another tenant's administrator": () => world.blue.chief(),
  "the instance's administrator": () => world.root,
};

/** A valid request that is about nothing: every id in it names no thing. */
async function requestFor(name: MethodName, { input }: DescMethod): Promise<JsonObject> {
  if (name === "bootstrap.bootstrap") return { bootstrapSecret: await newBootstrapSecret() };
  const filling = { id: randomId, word: randomId };
  // A credential in the body would be a second one.
  if (name.startsWith("auth.")) return changed(filledRequest(input, filling), { secret_id: null });
  const nothing: Things = { id: randomId(), idOf: randomId, declared: world.red.declared };
  return examplesFor(name, nothing, randomId)[0]?.request ?? {};
}

/** Its secret is its credential, and good once: so each caller brings one of a new tenant. */
async function newBootstrapSecret(): Promise<string> {
  const made = grpcDoor.call(world, "tenant.createTenant", { tenant: { name: randomId() } }, world.root);
  return String((await expectOk(made))["bootstrapSecret"]);
}

/** What is not refused for who asks was let through, whatever came of it. */
function verdictOf(outcome: Outcome): string {
  if (outcome.ok) return "ok";
  const { kind, message } = outcome;
  if (["internal", "unavailable", "exhausted"].includes(kind) || message === noProcedure) return `${kind} ${message}`;
  return kind === "unauthenticated" || kind === "denied" ? kind : "ok";
}

const noProcedure = "there is no such procedure";

it("N6-10: no method of the contract is missing in the table, and no row is of a method that is not there", () => {
  expect(rows.map(({ name }) => name).sort()).toEqual([...methods.keys()].sort());
  for (const { pattern } of rows) expect(pattern).toHaveLength(callers.length);
});

describe.each(doors)("over $name", (door) => {
  const ask = async (name: string, credential: Credential) => {
    const [method, desc] = methods.get(name) ?? [];
    if (method === undefined || desc === undefined) throw new Error(`no method ${name}`);
    const short = method.replace(/^auth\./, "") as MethodName;
    return verdictOf(await door.call(world, short, await requestFor(method, desc), credential));
  };

  const held = new Map<CallerName, Credential>();
  beforeAll(async () => {
    for (const caller of callers) held.set(caller, await credentials[caller](door));
  });

  // Which door a call came through is not known where access is decided: one method of each row is enough there.
  const asked = door === grpcDoor ? rows : rows.filter(({ isFirst }) => isFirst);
  it.each(asked)("N6-10: $name answers every kind of caller as it is meant to", async ({ name, pattern }) => {
    const found: Record<string, string> = {};
    for (const caller of callers) found[caller] = await ask(name, held.get(caller) ?? "none");
    const expected = callers.map((caller, at) => [caller, verdicts[pattern.charAt(at) as keyof typeof verdicts]]);
    expect(found).toEqual(Object.fromEntries(expected));
  });

  describe("one permission", () => {
    // Wrong secrets are counted by source, and a new process has not counted any.
    beforeAll(() => world.restart());

    const ofTenants = asked.filter(({ permission }) => isOfTenants(permission));
    it.each(ofTenants)("N6-10: $permission alone opens $name, and nothing else does", async ({ name, permission }) => {
      expect(await ask(name, world.red.as(`only ${permission}`))).toBe("ok");
      expect(await ask(name, world.red.as(`all but ${permission}`))).toBe("denied");
    });
  });

  it("N6-13: whoever may only read cannot have a script run", async () => {
    expect(await ask("JwtCustomizerService/TestJwtCustomizer", await world.red.auditor())).toBe("denied");
    expect(await ask("JwtCustomizerService/TestJwtCustomizer", world.red.as("only customizer:read"))).toBe("denied");
  });
});
