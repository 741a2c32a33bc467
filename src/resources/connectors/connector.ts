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
import { requireMayActAsAnyUser, requireMayGrantRoles } from "../escalation.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource.ts";

export const connector: ResourceType<typeof ConnectorSchema> = {
  desc: ConnectorSchema,
  name: "connector",
  key: ["name"],
  async check(parts, acting, message) {
    await requireMayGrantRoles(parts, acting, message.justInTimeRoleIds);
    const { proposed, columns } = inForce(message);
    const { factory, row } = proposed;
    const warnings = checkConnector(proposed);
    await requireMayChangeTrust(parts, acting, row);
    const { tenantId } = acting;
    const { id, issuer, factoryId } = row;
    const verified = row.verification === Verification.JWKS ? row.audiences : [];
    const rows = verified.map((audience) => ({ tenantId, issuer, audience, connectorId: id }));
    const children = [{ table: "connectorAudience" as const, owner: id, rows }];
    return { columns, children, warnings, ...(carriesMessages(factory) && { displaces: { tenantId, factoryId } }) };
  },
};

/** What says whose tokens are believed, if any, and which subject they name. */
const trusting =
  `disabled verification issuer jwksUri audiences authorizedClients algorithms tokenKind conditions allowAnyAudience
  singleUse maxTokenLifetime leeway introspectionEndpoint userinfoEndpoint authorizationEndpoint subjectClaim clientId`.split(
    /\s+/,
  );

/** Whoever says what a connector believes can be everybody who signs in by it. */
async function requireMayChangeTrust(parts: ResourceParts, acting: Acting, row: Row<"connector">): Promise<void> {
  const tenant = parts.store.tenant(acting.tenantId);
  const stored = await tenant.row("connector", row.id);
  const wanted: AnyRow = row;
  const isSame = (name: string) => JSON.stringify(stored?.[name]) === JSON.stringify(wanted[name]);
  if (stored === undefined || trusting.every(isSame)) return;
  await requireMayDisconnect(parts, acting, row);
}

/** Whoever removes or stops a connector shuts out everybody who signs in by it. */
export async function requireMayDisconnect(
  parts: ResourceParts,
  acting: Acting,
  { id }: { id: string },
): Promise<void> {
  const parent = { connectorId: id };
  const { rows } = await parts.store.tenant(acting.tenantId).list("userIdentity", { parent, limit: 1 });
  if (rows.length > 0) await requireMayActAsAnyUser(parts, acting);
}

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
