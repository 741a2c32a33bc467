// Connectors: upstream issuers a tenant trusts. One that would believe tokens meant for others cannot be saved.
import { toJson } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import { ClaimConditionSchema, ConnectorSchema, Verification } from "../gen/tessera/admin/v1/connector_pb.ts";
import { connectorDefects } from "../policy/trust.ts";
import type { StoredCondition } from "../store/tables.ts";
import { trustRule } from "../tokens/trust-rule.ts";
import type { ResourceType } from "./resource.ts";

export const connector: ResourceType<typeof ConnectorSchema> = {
  desc: ConnectorSchema,
  name: "connector",
  key: ["name"],
  check(_parts, acting, message) {
    const conditions = message.conditions.map((condition) => toJson(ClaimConditionSchema, condition) as StoredCondition);
    const { refusals } = connectorDefects(trustRule({ ...message, conditions }));
    if (refusals.length > 0)
      throw new Failure("invalid", "the connector is not safe to trust", {
        violations: refusals.map((description) => ({ field: "connector", description, rule: "trust" })),
      });
    const { tenantId } = acting;
    const { id, issuer } = message;
    const verified = message.verification === Verification.JWKS ? message.audiences : [];
    const rows = verified.map((audience) => ({ tenantId, issuer, audience, connectorId: id }));
    return { children: [{ table: "connectorAudience", owner: id, rows }] };
  },
};
