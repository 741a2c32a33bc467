// Whether an authenticated caller may use a method: pure, by the method's own option.
import type { Caller } from "../call.ts";
import { Failure, invalidClient } from "../failure.ts";
import { Caller as Kind } from "../gen/tessera/options/v1/options_pb.ts";
import { systemTenantId } from "../system-tenant.ts";
import type { Method } from "./method.ts";

export const isPublic = ({ access }: Pick<Method, "access">): boolean => access?.callers.includes(Kind.PUBLIC) ?? false;

/**
 * Throws Failure `unauthenticated` for a caller that showed nothing, `denied` for one that is known but not meant:
 * UNAUTHORIZED_CLIENT (RFC 6749 section 5.2) for its kind, INSUFFICIENT_SCOPE (RFC 6750 section 3.1) for its token.
 */
export function authorize(method: Pick<Method, "access">, caller: Caller): void {
  const { access } = method;
  if (!access) throw new Failure("denied", "nobody may call this method");
  if (isPublic(method)) return;
  if (caller.kind === "anonymous") throw invalidClient("no credential");
  if (access.callers.includes(kindOf(caller))) return;
  if (access.permissions.length === 0 || isPublicClient(caller)) throw wrongKind();
  if (access.instance && caller.client.tenant.id !== systemTenantId) throw lacking();
  if (!access.permissions.some((permission) => caller.permissions.has(permission))) {
    throw lacking();
  }
}

const isPublicClient = (caller: Caller) => caller.kind === "client" && caller.proof === "public";

/** The same from a tenant that could never have it, so that nothing tells which tenant is the system's. */
const lacking = () => new Failure("denied", "the caller lacks the permission", { reason: "INSUFFICIENT_SCOPE" });

function kindOf(caller: Exclude<Caller, { kind: "anonymous" }>): Kind {
  if (caller.kind === "user") return Kind.USER;
  return caller.proof === "public" ? Kind.PUBLIC_CLIENT : Kind.CLIENT;
}

const wrongKind = () =>
  new Failure("denied", "this kind of caller may not use the method", { reason: "UNAUTHORIZED_CLIENT" });
