// What a machine that calls may do at Tessera itself: the scopes of the management resource that its roles hold.
import type { ClientState } from "../call.ts";
import type { Parts } from "../parts.ts";
import { machinePermissionsOf } from "../policies.ts";

/** `now` is milliseconds. Expired assignments and roles for users count for nothing. A third party never administers. */
export const machinePermissions =
  (parts: Pick<Parts, "store" | "policies">) =>
  async ({ application, tenant }: ClientState, now: number): Promise<ReadonlySet<string>> =>
    application.thirdParty ? new Set() : new Set(await machinePermissionsOf(parts, tenant, application.id, now));
