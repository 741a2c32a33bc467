// A mail server on loopback that keeps what it was sent (RFC 5321), inside TLS from the start or after STARTTLS.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import type { Certificate } from "./certificates.ts";

export type Received = { from: string; to: string[]; data: string; credentials: string; encrypted: boolean };

export type MailServer = {
  port: number;
  received: Received[];
  /** How many came, whether or not they sent anything. */
  connections: number;
  /** What it says to a command instead of yes, such as { RCPT: "550 nobody" }. */
  refuses: Record<string, string>;
  close(): Promise<void>;
};

/** `security`: TLS at once, after STARTTLS, or never. */
export async function startMailServer(
  certificate: Certificate,
  security: "tls" | "starttls" | "none",
): Promise<MailServer> {
  const serve = (socket: Socket) => {
    made.connections += 1;
    converse(socket, { made, certificate, security, encrypted: security === "tls" });
  };
  const server: Server = security === "tls" ? createTlsServer(certificate, serve) : createServer(serve);
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const made: MailServer = {
    port: (server.address() as AddressInfo).port,
    received: [],
    connections: 0,
    refuses: {},
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
  return made;
}

type Session = { made: MailServer; certificate: Certificate; security: string; encrypted: boolean };

function converse(socket: Socket, session: Session, greets = true): void {
  const { made, encrypted, security } = session;
  const mail: Received = { from: "", to: [], data: "", credentials: "", encrypted };
  const say = (...lines: string[]) => socket.write(`${lines.join("\r\n")}\r\n`);
  let buffered = "";
  let inData = false;
  const answers: Record<string, (line: string) => void> = {
    EHLO: () => say(...offersOf(session)),
    ...(security === "starttls" && { STARTTLS: () => upgrade(socket, session) }),
    AUTH: (line) => {
      mail.credentials = Buffer.from(line.split(" ")[2] ?? "", "base64").toString();
      say("235 welcome");
    },
    MAIL: (line) => {
      mail.from = line;
      say("250 ok");
    },
    RCPT: (line) => {
      mail.to.push(line);
      say("250 ok");
    },
    DATA: () => {
      inData = true;
      say("354 go on");
    },
    QUIT: () => socket.end("221 bye\r\n"),
  };
  const take = (line: string) => {
    if (inData && line !== ".") mail.data += `${line}\n`;
    else if (inData) {
      inData = false;
      made.received.push(mail);
      say("250 kept");
    } else {
      const [word = ""] = line.toUpperCase().split(" ");
      const refusal = made.refuses[word];
      if (refusal === undefined) (answers[word] ?? (() => say("502 what?")))(line);
      else say(refusal);
    }
  };
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    const lines = `${buffered}${chunk.toString()}`.split("\r\n");
    buffered = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  if (greets) say("220 localhost ESMTP");
}

function upgrade(socket: Socket, session: Session): void {
  socket.write("220 go ahead\r\n");
  socket.removeAllListeners("data");
  const inside = new TLSSocket(socket, { isServer: true, ...session.certificate });
  converse(inside, { ...session, encrypted: true }, false);
}

const offersOf = ({ encrypted, security }: Session): string[] => {
  const upgrade = !encrypted && security === "starttls" ? ["250-STARTTLS"] : [];
  return ["250-localhost", ...upgrade, "250 AUTH PLAIN"];
};
