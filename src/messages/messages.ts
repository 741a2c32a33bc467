// What is sent to people: e-mail and text messages, through whatever server the tenant's connector names.
import type { Outbound } from "../tokens/outbound.ts";
import { sendSms, type SmsGateway } from "./sms.ts";
import { type MailServer, type Message, sendMail } from "./smtp.ts";

export type { SmsGateway } from "./sms.ts";
export type { MailServer, Message } from "./smtp.ts";

/** Both throw precondition where the server says no, unavailable where it cannot be asked. */
export type Messages = {
  email(server: MailServer, message: Message, signal: AbortSignal): Promise<void>;
  sms(gateway: SmsGateway, message: Pick<Message, "to" | "text">, signal: AbortSignal): Promise<void>;
};

export const createMessages = (parts: { outbound: Pick<Outbound, "addresses" | "status"> }): Messages => ({
  email: (server, message, signal) => sendMail(parts, server, message, signal),
  sms: (gateway, message, signal) => sendSms(parts, gateway, message, signal),
});
