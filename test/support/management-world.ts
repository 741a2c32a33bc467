// A world for the management plane: tenants with administrators of every sort, and in red and blue one thing of every
// kind at least.
import type { JsonObject } from "@bufbuild/protobuf";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { newId, systemRandom } from "../../src/random.ts";
import { systemTenantId } from "../../src/system-tenant.ts";
import { expectOk, grpcDoor, type MethodName } from "./door.ts";
import { type Declared, declareThings, makeThings } from "./management-things.ts";
import { generate } from "./tokens.ts";
import { type Credential, createWorld, type Fixture, type World } from "./world.ts";

export type Managed = Fixture & {
  /** A machine with every permission of the tenant, by HTTP Basic. */
  steward: Credential;
  /** An access token of a user with every permission of the tenant. */
  chief(): Promise<Credential>;
  /** The same of one who may read everything. */
  auditor(): Promise<Credential>;
  /** What the machine is answered, over gRPC. */
  ask(method: MethodName, request: JsonObject): Promise<JsonObject>;
  /** The id of a thing, by a label such as "application partner". */
  idOf(label: string): string;
};

/** `root` is a machine of the system tenant that may do what stands above tenants, and nothing within one. */
export type ManagedWorld = Omit<World, "red" | "blue" | "tenant"> & {
  red: Managed;
  blue: Managed;
  root: Credential;
  /** One more, with administrators and no more things than the fixture has. */
  tenant(name: string): Promise<Managed>;
};

/** An id of the right form that names nothing. */
export const randomId = (): string => newId(Date.now(), systemRandom);

export async function createManagedWorld(): Promise<ManagedWorld> {
  const world = await createWorld();
  const { tenant: more } = world;
  const system = await more("system");
  if (system.id !== systemTenantId) throw new Error("the system tenant is another one");
  await system.apply((declared) => machine(declared, "root", aboveTenants));
  const { red, blue } = world;
  const { id: green } = await more("green");
  return Object.assign(world, {
    red: await furnished(await administered(world, red), green),
    blue: await furnished(await administered(world, blue), green),
    root: system.as("root"),
    tenant: async (name: string) => administered(world, await more(name)),
  });
}

const aboveTenants = ["tenant:read", "tenant:write", "key:read", "key:write"];

const management = (permission: string) => `urn:tessera:management#${permission}`;

/** Declares a machine application with a secret and these permissions. */
export function machine(declared: Declared, name: string, permissions: readonly string[]): void {
  declared["applications"]?.push({ name, type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });
  declared["applicationSecrets"]?.push({ applicationId: name, name: "first" });
  declared["roles"]?.push({ name, type: "ROLE_TYPE_MACHINE", scopeIds: permissions.map(management) });
  declared["roleAssignments"]?.push({ roleId: name, applicationId: name });
}

async function administered(world: World, tenant: Fixture): Promise<Managed> {
  const permissions = managementPermissions(tenant.id);
  const reading = permissions.filter((permission) => permission.endsWith(":read"));
  await tenant.apply((declared) => {
    machine(declared, "steward", permissions);
    human(declared, "chief", permissions);
    human(declared, "auditor", reading);
  });
  const steward = tenant.as("steward");
  const bearer = async (username: string): Promise<Credential> => {
    const request = generate(tenant, username, { realm: "REALM_ADMIN" });
    const answer = await expectOk(grpcDoor.call(world, "generateToken", request, tenant.as("backend")));
    return { bearer: String(answer["access_token"]) };
  };
  return Object.assign(tenant, {
    steward,
    chief: () => bearer("chief"),
    auditor: () => bearer("auditor"),
    ask: (method: MethodName, request: JsonObject) => expectOk(grpcDoor.call(world, method, request, steward)),
    idOf(label: string) {
      const id = tenant.ids.get(label);
      if (id === undefined) throw new Error(`no ${label} in ${tenant.declared.tenant.name}`);
      return id;
    },
  });
}

/** With one thing of every kind. */
async function furnished(tenant: Managed, green: string): Promise<Managed> {
  await tenant.apply(declareThings);
  const made = await makeThings(tenant);
  made.set("tenant green", green);
  return { ...tenant, idOf: (label) => made.get(label) ?? tenant.idOf(label) };
}

function human(declared: Declared, name: string, permissions: readonly string[]): void {
  declared["users"]?.push({ username: name, email: `${name}@example.test`, emailVerified: true });
  declared["roles"]?.push({ name, type: "ROLE_TYPE_USER", scopeIds: permissions.map(management) });
  declared["roleAssignments"]?.push({ roleId: name, userId: name });
}
