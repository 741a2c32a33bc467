// Who holds this access token: how a call with `authorization: Bearer` says who calls. Its audience is Tessera itself.
import type { ClientState } from "../call.ts";
import { badToken } from "../failure.ts";
import type { Parts } from "../parts.ts";
import { managementIndicator } from "../policy/audience.ts";
import type { AccessClaims } from "../tokens/mint.ts";
import { aliveToken } from "./liveness.ts";

export type Bearer = { claims: AccessClaims; client: ClientState; permissions: ReadonlySet<string> };

/** Throws badToken for a token that is not ours, not for us, or no longer alive. `now` is milliseconds. */
export const verifyBearer =
  (parts: Pick<Parts, "store" | "permissions" | "verify">) =>
  async (token: string, now: number): Promise<Bearer> => {
    const claims = parts.verify(token, { now, audience: managementIndicator });
    const alive = await aliveToken(parts, claims, now);
    if (alive === undefined) throw badToken("the bearer's grant has ended");
    const client = await parts.store.instance.findClient(claims.client_id);
    if (client === undefined || client.application.tenantId !== claims.tenant_id) throw badToken("no such client");
    return { claims, client, permissions: new Set(alive.permissions) };
  };
