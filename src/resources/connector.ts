// Connectors: upstream issuers a tenant trusts. One that would believe tokens meant for others cannot be saved.
import { toJson } from "@bufbuild/protobuf";
import { Failure, type Violation } from "../failure.ts";
import { ClaimConditionSchema, ConnectorSchema, Verification } from "../gen/tessera/admin/v1/connector_pb.ts";
import { connectorDefects } from "../policy/connector-defects.ts";
import type { StoredCondition } from "../store/tables.ts";
import { trustRule } from "../tokens/trust-rule.ts";
import type { ResourceType } from "./resource.ts";

export const connector: ResourceType<typeof ConnectorSchema> = {
  desc: ConnectorSchema,
  name: "connector",
  key: ["name"],
  check(_parts, acting, message) {
    const conditions = message.conditions.map(
      (condition) => toJson(ClaimConditionSchema, condition) as StoredCondition,
    );
    const { refusals, warnings } = connectorDefects(trustRule({ ...message, conditions }));
    if (refusals.length > 0)
      throw new Failure("invalid", "the connector is not safe to trust", { violations: refusals.map(violationOf) });
    const { tenantId } = acting;
    const { id, issuer } = message;
    const verified = message.verification === Verification.JWKS ? message.audiences : [];
    const rows = verified.map((audience) => ({ tenantId, issuer, audience, connectorId: id }));
    return { children: [{ table: "connectorAudience", owner: id, rows }], warnings };
  },
};

/** A defect reads "field: sentence", or is a sentence about the whole. */
function violationOf(defect: string): Violation {
  const [field = "", description] = defect.split(": ", 2);
  return description === undefined
    ? { field: "", description: defect, rule: "trust" }
    : { field, description, rule: "trust" };
}
