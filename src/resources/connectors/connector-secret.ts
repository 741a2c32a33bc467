// The secret of a connector goes to the server it was given for: whoever names another one has to bring it again.
import {
  type Connector,
  ConnectorSchema,
  type UpdateConnectorRequest,
} from "../../gen/tessera/admin/v1/connector_pb.ts";
import { fromColumns } from "../columns.ts";
import { connector } from "./connector.ts";
import { refused } from "../listing.ts";
import { applyMask } from "../mask.ts";
import { requireRow } from "../resource.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";
import { carried, maskIn } from "../standard.ts";

/** What says where the secret is sent, and as whose. */
const destinations = ["issuer", "introspectionEndpoint", "userinfoEndpoint", "endpoint", "clientId"] as const;

/** Throws invalid where an update would send the stored secret somewhere else without naming it. */
export async function keepSecretAtHome(
  parts: Pick<ResourceParts, "store">,
  acting: Acting,
  request: UpdateConnectorRequest,
): Promise<void> {
  const change: Connector = carried(connector, request);
  const row = await requireRow(parts, connector, acting, change.id);
  const { mask } = maskIn(request);
  const isNamed = mask === undefined ? change.clientSecret !== "" : mask.includes("client_secret");
  if (row["clientSecret"] === "" || isNamed) return;
  const before = fromColumns(ConnectorSchema, row);
  const after = applyMask(ConnectorSchema, before, change, mask);
  if (destinations.some((field) => before[field] !== after[field]))
    throw refused("client_secret", "has to be sent again, or cleared, where the connector goes elsewhere");
}
