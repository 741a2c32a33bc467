// Sending e-mail and text messages through the tenant's own connectors.
import { Failure } from "../../failure.ts";
import type { Message } from "../../messages/messages.ts";
import type { Parts } from "../../parts.ts";
import type { Row } from "../../store/tables.ts";
import type { Acting } from "../resource-type.ts";
import { sealerOf } from "../row-plans.ts";

export type MessageParts = Pick<Parts, "store" | "keyring" | "messages">;
/** What of a connector says how to send; the secret is open. */
export type Sending = Pick<Row<"connector">, "factoryId" | "endpoint" | "sender" | "clientId" | "clientSecret">;

export const emailFactory = "smtp";
export const smsFactory = "http-sms";

/**
 * Through the tenant's e-mail connector. Throws precondition where it has none, or where the server says no; unavailable
 * where it cannot be asked.
 */
export async function sendEmail(
  parts: MessageParts,
  acting: Pick<Acting, "tenantId">,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  const row = await parts.store.tenant(acting.tenantId).rowByKey("connector", { factoryId: emailFactory });
  if (row === undefined || row["disabled"] === true)
    throw new Failure("precondition", "the tenant has no e-mail connector in use");
  await sendMessage(parts, opened(parts, row as Row<"connector">), message, signal);
}

/** By e-mail or as a text message, whichever the connector carries. The latter has no subject. */
export function sendMessage(
  { messages }: Pick<Parts, "messages">,
  { factoryId, endpoint, sender, clientId, clientSecret }: Sending,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  if (factoryId === smsFactory) return messages.sms({ endpoint, sender, secret: clientSecret }, message, signal);
  return messages.email({ endpoint, sender, user: clientId, password: clientSecret }, message, signal);
}

/** With the secret as it was before it was sealed. */
export function opened(parts: Pick<Parts, "keyring">, row: Row<"connector">): Row<"connector"> {
  const { id, clientSecret: sealed } = row;
  if (sealed === "") return row;
  return { ...row, clientSecret: sealerOf(parts, { name: "connector" }, id).open("clientSecret", sealed) };
}
