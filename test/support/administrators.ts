// Machines that manage a tenant: one that may do everything, and others with the permissions that a test gives them.
import type { JsonObject } from "@bufbuild/protobuf";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { type Addresses, type Door, expectOk, grpcDoor, type MethodName } from "./door.ts";
import type { Credential, Fixture, World } from "./world.ts";

type Texts =
  | ("id" | "name" | "username" | "indicator" | "subject" | "status" | "token" | "refresh_token" | "expireTime")
  | ("resourceId" | "organizationId" | "userId" | "acceptedUserId");
type Lists =
  | ("users" | "userIdentities" | "roles" | "resources" | "scopes" | "groupMembers")
  | ("organizationMembers" | "organizationApplications" | "organizationInvitations");
type Thing = Record<Texts, string> & { isDefault: boolean };
/** What tests look at in answers: what is in which one, they know best. */
export type Answer = Readonly<Record<string, unknown>> &
  Thing &
  Record<Lists, Thing[]> & { user: Thing; active: boolean; totalSize: number };

export type Asking = {
  /** The answer of a call that has to succeed. */
  ok(method: MethodName, request: JsonObject): Promise<Answer>;
  /** The kind of failure of a call that has to be refused, with its reason where that is not the kind's own. */
  refusal(method: MethodName, request: JsonObject): Promise<{ kind: string; reason: string; fields: string[] }>;
};

export const asking = (world: Addresses, credential: Credential, door: Door = grpcDoor): Asking => ({
  ok: async (method, request) => (await expectOk(door.call(world, method, request, credential))) as unknown as Answer,
  async refusal(method, request) {
    const outcome = await door.call(world, method, request, credential);
    if (outcome.ok) throw new Error(`${method} was not refused: ${JSON.stringify(outcome.answer)}`);
    const { kind, reason, fields } = outcome;
    return { kind, reason, fields };
  },
});

/** Declares the machines "boss", which holds every permission, and those named, with theirs. */
export async function withAdministrators(
  tenant: Fixture,
  others: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  await tenant.apply((declared) => {
    for (const [name, permissions] of Object.entries({ boss: managementPermissions(tenant.id), ...others })) {
      declared["applications"]?.push({ name, type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });
      declared["applicationSecrets"]?.push({ applicationId: name, name: "first" });
      const scopeIds = permissions.map((permission) => `urn:tessera:management#${permission}`);
      declared["roles"]?.push({ name, type: "ROLE_TYPE_MACHINE", scopeIds });
      declared["roleAssignments"]?.push({ roleId: name, applicationId: name });
    }
  });
}

/** The id of a permission of the management resource. */
export async function permissionId({ parts }: World, { id }: Fixture, name: string): Promise<string> {
  const tenant = parts.store.tenant(id);
  const resource = await tenant.rowByKey("resource", { indicator: "urn:tessera:management" });
  const scope = await tenant.rowByKey("scope", { resourceId: resource?.["id"], name });
  return String(scope?.["id"]);
}

/** An id of the right form that names nothing. */
export const nobody = "0".repeat(21);

let made = 0;
/** A name that no other test of the file has. */
export const fresh = (word: string): string => `${word}-${++made}`;
