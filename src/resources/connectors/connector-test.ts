// Trying out an e-mail or SMS connector before it is saved: it really sends, so there are few tries a minute.
import { createBudget } from "../../budget.ts";
import type { UseCase } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  type Connector,
  ConnectorType,
  type TestConnectorRequestSchema,
} from "../../gen/tessera/admin/v1/connector_pb.ts";
import type { EmptySchema } from "@bufbuild/protobuf/wkt";
import type { Parts } from "../../parts.ts";
import type { Row } from "../../store/tables.ts";
import { actingOf } from "../acting.ts";
import { connector, inForce } from "./connector.ts";
import { opened, sendMessage } from "./connector-messages.ts";
import { checkConnector, typeOf } from "./connector-rules.ts";
import { refused } from "../listing.ts";
import type { Acting } from "../resource-type.ts";
import { requireRow } from "../resource.ts";

type Needs = Pick<Parts, "store" | "keyring" | "messages">;

/** Of one tenant, in a minute. */
const tries = { points: 5, seconds: 60 };
const code = "000000";

export function testConnector(parts: Needs): UseCase<typeof TestConnectorRequestSchema, typeof EmptySchema> {
  const budget = createBudget(tries);
  return async (call, { connector: wished, email, phone }) => {
    if (wished === undefined) throw refused("connector", "is missing");
    const acting = actingOf(call);
    const { proposed } = inForce(await withSecret(parts, acting, wished));
    const { factory, row } = proposed;
    if (typeOf(factory) !== (email === "" ? ConnectorType.SMS : ConnectorType.EMAIL))
      throw new Failure("precondition", "this connector does not send to such an address");
    checkConnector(proposed);
    budget.take(acting.tenantId);
    // Recorded before it leaves: what was sent cannot be called back.
    const audit = acting.event({ event: "connector.tested", subject: wished.id });
    await parts.store.write("recordEvent", { audit }, call.deadline);
    const message = { to: email || phone, subject: `Your code is ${code}`, text: `Your verification code is ${code}.` };
    await sendMessage(parts, row, message, call.cancel.signal());
    return {};
  };
}

/** The stored secret goes to the stored server and user only: sent elsewhere it would be read out. */
async function withSecret(parts: Needs, acting: Acting, wished: Connector): Promise<Connector> {
  if (wished.id === "") return wished;
  const stored = opened(parts, (await requireRow(parts, connector, acting, wished.id)) as Row<"connector">);
  if (wished.clientSecret !== "") return wished;
  const isSame = (["factoryId", "endpoint", "clientId"] as const).every((name) => stored[name] === wished[name]);
  if (!isSame && stored.clientSecret !== "")
    throw refused("connector.client_secret", "is needed where the server or the user is another");
  return { ...wished, clientSecret: stored.clientSecret };
}
