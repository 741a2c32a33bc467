// An audience decision as a resource, or as the refusal invalid_target (RFC 8707 section 2).
import { Failure } from "../failure.ts";
import type { AudienceDecision } from "../policy/audience.ts";
import type { PolicyResource } from "../policy/permissions.ts";

export function targetOrRefuse(decision: AudienceDecision): PolicyResource {
  if ("resource" in decision) return decision.resource;
  // Unknown and not allowed read alike: the answer must not tell which audiences a tenant has.
  throw new Failure("invalid", "the resource is unknown or not for this application", {
    reason: "INVALID_TARGET",
    cause: decision.refuse,
  });
}
