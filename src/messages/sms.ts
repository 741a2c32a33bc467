// One text message over HTTP: a POST of {"to","text"} with the secret as bearer token.
import { Failure, unavailable } from "../failure.ts";
import type { Outbound } from "../tokens/outbound.ts";

export type SmsGateway = { endpoint: string; sender: string; secret: string };

/** Throws precondition where the gateway says no, unavailable on any other trouble; without its words. */
export async function sendSms(
  { outbound }: { outbound: Pick<Outbound, "status"> },
  { endpoint, sender, secret }: SmsGateway,
  { to, text }: { to: string; text: string },
  signal: AbortSignal,
): Promise<void> {
  const status = await outbound.status(endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ to, text, ...(sender !== "" && { from: sender }) }),
    signal,
  });
  // A gateway that is asked too often, or took too long itself, may say yes later.
  if (status === 429 || status === 408) throw unavailable(`sms: ${status}`);
  if (status >= 400)
    throw new Failure("precondition", "the server does not take the message", { cause: `sms: ${status}` });
}
