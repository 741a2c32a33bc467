// The mail of an invitation, and how often one address gets one.
import { LRUCache } from "lru-cache";
import { Failure } from "../../failure.ts";
import type { MessageParts } from "../connectors/connector-messages.ts";

/** Mails to one address of one tenant within the window. */
export const mostMails = 3;
const windowMs = 3_600_000;
/** Addresses whose mails are remembered. In memory: a restart forgets them. */
const addressesKept = 100_000;

type Mail = Parameters<MessageParts["messages"]["email"]>[1];

/** Throws exhausted for one mail too many, and otherwise counts it. `now` is milliseconds. */
export type MailLimit = (tenantId: string, address: string, now: number) => void;

export function createMailLimit(): MailLimit {
  // Made with the first mail: it takes the room for all its addresses at once.
  let sent: LRUCache<string, readonly number[]> | undefined;
  return (tenantId, address, now) => {
    sent ??= new LRUCache({ max: addressesKept });
    const key = `${tenantId} ${address.toLowerCase()}`;
    const recent = (sent.get(key) ?? []).filter((time) => time > now - windowMs);
    const [oldest = now] = recent;
    if (recent.length >= mostMails)
      throw new Failure("exhausted", "the address was written to often enough", {
        retryAfterMs: oldest + windowMs - now,
      });
    sent.set(key, [...recent, now]);
  };
}

/** Names the organization and the invitation. An id opens nothing: accepting is for who manages, and needs the address. */
export function invitationMail(to: string, organization: string, id: string): Mail {
  // Stays within its sentence: a line of its own, or one that reads backwards, would speak in Tessera's name.
  const name = organization.replaceAll(/[\p{C}\p{Z}]+/gu, " ").trim();
  const text = `You are invited to join ${name}.\nThe invitation's number is ${id}.\n`;
  return { to, subject: `Invitation to ${name}`, text };
}
