// A connector, stored or about to be, as the plain rule that policy/trust.ts decides on.
import type { ClaimCondition, TrustRule } from "../policy/trust.ts";
import type { StoredCondition } from "../store/tables.ts";

/** By tessera.admin.v1.Verification and TokenKind. */
const verifications = ["jwks", "jwks", "introspection", "userinfo", "github"] as const;
const tokenKinds = ["any", "access_token", "id_token"] as const;

type ConnectorFields = Omit<TrustRule, "verification" | "tokenKind" | "conditions"> & {
  verification: number;
  tokenKind: number;
  conditions: readonly StoredCondition[];
};

export function trustRule(connector: ConnectorFields): TrustRule {
  const { id, issuer, audiences, authorizedClients, algorithms, allowAnyAudience } = connector;
  return {
    id,
    issuer,
    verification: verifications[connector.verification] ?? "jwks",
    audiences,
    authorizedClients,
    algorithms,
    tokenKind: tokenKinds[connector.tokenKind] ?? "any",
    conditions: connector.conditions.map(conditionOf),
    allowAnyAudience,
    singleUse: connector.singleUse,
    maxTokenLifetime: connector.maxTokenLifetime,
    leeway: connector.leeway,
  };
}

function conditionOf(stored: StoredCondition): ClaimCondition {
  const claim = String(stored["claim"]);
  if (typeof stored["glob"] === "string") return { claim, glob: stored["glob"] };
  const value = stored["stringValue"] ?? stored["boolValue"] ?? Number(stored["numberValue"]);
  return { claim, equals: value };
}
