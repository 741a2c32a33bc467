// One e-mail over SMTP, always inside TLS, to a server whose address was checked first.
import { isIP } from "node:net";
import { Failure, unavailable } from "../failure.ts";
import type { Outbound } from "../tokens/outbound.ts";

export type MailServer = {
  /** smtps://host:465, or smtp://host:587 with STARTTLS (RFC 8314 section 3). */
  endpoint: string;
  /** The address it comes from. */
  sender: string;
  /** Without a user nobody logs in. */
  user: string;
  password: string;
};

export type Message = { to: string; subject: string; text: string };

/** Milliseconds. */
const times = { connectionTimeout: 2_000, greetingTimeout: 3_000, socketTimeout: 5_000 };

/** Throws precondition where the server says no for good, unavailable on any other trouble; without its words. */
export async function sendMail(
  { outbound }: { outbound: Pick<Outbound, "addresses"> },
  server: MailServer,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  const { protocol, hostname, port } = new URL(server.endpoint);
  const secure = protocol === "smtps:";
  const name = hostname.replace(/^\[|\]$/g, "");
  // The address that was checked is the one connected to; the certificate still has to be the name's.
  const [address] = await outbound.addresses(hostname, signal);
  const servername = isIP(name) === 0 ? { servername: name } : {};
  // Loaded with the first mail: most instances never send one.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host: address,
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure,
    ...servername,
    tls: { ...servername, minVersion: "TLSv1.2" },
    ...(server.user !== "" && { auth: { user: server.user, pass: server.password } }),
    ...times,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { to, subject, text } = message;
  const from = { name: "", address: server.sender };
  try {
    await transport.sendMail({ from, to: { name: "", address: to }, subject, text, signal });
  } catch (thrown) {
    throw failureOf(thrown);
  }
}

/** A reply of 5xx is meant to last (RFC 5321 section 4.2.1). What the server wrote along with it goes nowhere. */
function failureOf(thrown: unknown): Failure {
  const { code, responseCode } = Object(thrown) as { code?: unknown; responseCode?: unknown };
  const cause = `smtp: ${String(code)} ${String(responseCode)}`;
  const isFinal = typeof responseCode === "number" && responseCode >= 500;
  return isFinal ? new Failure("precondition", "the server does not take the message", { cause }) : unavailable(cause);
}
