// A world whose tenants have an administrator each, and short ways to ask it something through a door.
import type { JsonObject } from "@bufbuild/protobuf";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { type Door, expectOk, grpcDoor, type MethodName, type Outcome } from "./door.ts";
import { type Credential, createWorld, type Fixture, type World } from "./world.ts";

export type Administered = {
  world: World;
  /** As the administrator of red. */
  ask(door: Door, method: MethodName, request?: JsonObject): Promise<Outcome>;
  /** The answer of what has to succeed. */
  ok(door: Door, method: MethodName, request?: JsonObject): Promise<JsonObject & Record<string, never>>;
  /** How it was refused, without its sentence. */
  refusal(door: Door, method: MethodName, request?: JsonObject): Promise<Refused>;
  /** Makes an application of red and answers what its creation answers. */
  application(facts?: JsonObject): Promise<{ id: string; defaultSecret: string }>;
  /** Makes a role of red for machines. */
  role(facts?: JsonObject): Promise<string>;
  /** A name that nothing has yet. */
  fresh(word: string): string;
  close(): Promise<void>;
};
type Refused = { kind: string; reason: string; fields: string[] };

/** An id that nothing has. */
export const nobody = "0".repeat(21);

export async function createAdministered(): Promise<Administered> {
  const world = await createWorld();
  for (const tenant of [world.red, world.blue]) await administer(tenant);
  let made = 0;
  const fresh = (word: string) => `${word} ${(made += 1)}`;
  const ask: Administered["ask"] = (door, method, request = {}) =>
    door.call(world, method, request, steward(world.red));
  const ok: Administered["ok"] = (door, method, request) => expectOk(ask(door, method, request));
  return {
    world,
    ask,
    ok,
    refusal: async (door, method, request) => refused(await ask(door, method, request)),
    async application(facts = {}) {
      const application = { name: fresh("Application"), type: "APPLICATION_TYPE_MACHINE_TO_MACHINE", ...facts };
      const { id, defaultSecret } = await ok(grpcDoor, "application.createApplication", { application });
      return { id: String(id), defaultSecret: String(defaultSecret) };
    },
    async role(facts = {}) {
      const role = { name: fresh("Role"), type: "ROLE_TYPE_MACHINE", ...facts };
      return String((await ok(grpcDoor, "role.createRole", { role }))["id"]);
    },
    fresh,
    close: () => world.close(),
  };
}

export const steward = (tenant: Fixture): Credential => tenant.as("steward");

export function refused(outcome: Outcome): Refused {
  if (outcome.ok) throw new Error("it was not refused");
  const { kind, reason, fields } = outcome;
  return { kind, reason, fields };
}

const administer = (tenant: Fixture): Promise<void> =>
  tenant.apply((declared) => {
    const scopeIds = managementPermissions(tenant.id).map((permission) => `urn:tessera:management#${permission}`);
    declared["applications"]?.push({ name: "steward", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });
    declared["applicationSecrets"]?.push({ applicationId: "steward", name: "first" });
    declared["roles"]?.push({ name: "steward", type: "ROLE_TYPE_MACHINE", scopeIds });
    declared["roleAssignments"]?.push({ roleId: "steward", applicationId: "steward" });
  });
