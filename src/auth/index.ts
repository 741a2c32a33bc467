// The method table of AuthService: one use-case per RPC, none missing, none extra.
import type { UseCases } from "../call.ts";
import type { AuthService } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "../parts.ts";
import { exchange } from "./exchange.ts";
import { generateToken } from "./generate-token.ts";
import { introspection } from "./introspect.ts";
import { oidcToken } from "./oidc-token.ts";
import { refresh } from "./refresh.ts";
import { revoke } from "./revoke.ts";

export { verifyBearer } from "./bearer.ts";
export { machinePermissions } from "./machine.ts";

export const authUseCases = (parts: Parts): UseCases<typeof AuthService> => ({
  exchange: exchange(parts),
  refresh: refresh(parts),
  ...introspection(parts),
  generateToken: generateToken(parts),
  oidcToken: oidcToken(parts),
  revoke: revoke(parts),
});
