// Connectors: upstream issuers a tenant trusts, and servers that carry its messages. One that would believe tokens meant
// for others cannot be saved.
import { create } from "@bufbuild/protobuf";
import { Failure } from "../../failure.ts";
import { type Connector, ConnectorSchema, Verification } from "../../gen/tessera/admin/v1/connector_pb.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import type { Row } from "../../store/tables.ts";
import { toColumns, unsealed } from "../columns.ts";
import { factories } from "./connector-factories.ts";
import { carriesMessages, checkConnector, isBlank, type Proposed } from "./connector-rules.ts";
import { requireMayGrantRoles } from "../escalation.ts";
import type { ResourceType } from "../resource.ts";

export const connector: ResourceType<typeof ConnectorSchema> = {
  desc: ConnectorSchema,
  name: "connector",
  key: ["name"],
  async check(parts, acting, message) {
    await requireMayGrantRoles(parts, acting, message.justInTimeRoleIds);
    const { proposed, columns } = inForce(message);
    const { factory, row } = proposed;
    const warnings = checkConnector(proposed);
    const { tenantId } = acting;
    const { id, issuer, factoryId } = row;
    const verified = row.verification === Verification.JWKS ? row.audiences : [];
    const rows = verified.map((audience) => ({ tenantId, issuer, audience, connectorId: id }));
    const children = [{ table: "connectorAudience" as const, owner: id, rows }];
    return { columns, children, warnings, ...(carriesMessages(factory) && { displaces: { tenantId, factoryId } }) };
  },
};

/** What was sent with what its factory takes for granted. Throws precondition where there is no such factory. */
export function inForce(message: Connector): { proposed: Proposed; columns: AnyRow } {
  const factory = factories.get(message.factoryId);
  if (factory === undefined && message.factoryId !== "") throw new Failure("precondition", "there is no such factory");
  const sent = toColumns(ConnectorSchema, message, unsealed);
  const template = toColumns(ConnectorSchema, create(ConnectorSchema, factory?.template), unsealed);
  const granted = Object.entries(template).filter(([name, value]) => isBlank(sent[name]) && !isBlank(value));
  const columns = Object.fromEntries(granted);
  return { proposed: { factory, sent, row: { ...sent, ...columns } as Row<"connector"> }, columns };
}
