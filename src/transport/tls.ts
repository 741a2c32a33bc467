// TLS for both doors: certificates come from files, are tried before they are used, and are read again when they change.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createPlain, type RequestListener, type Server } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext, createServer as createTls, type SecureContextOptions, type TLSSocket } from "node:tls";
import type { TlsSettings } from "../config.ts";
import { Failure } from "../failure.ts";

export type TlsOptions = {
  /** How often the files are looked at, in milliseconds. */
  refreshMs?: number;
  /** Told when changed files cannot be used; the earlier certificate stays in use. */
  onProblem?: (problem: Failure) => void;
};

/** What stands between a socket that was accepted and whoever serves it. */
export type SocketFront = {
  /** Calls `use` with what is to be spoken on, once TLS and HTTP/2 are agreed; a socket that does not agree is closed. */
  open(socket: Socket, use: (inner: Socket) => void): void;
  close(): void;
};

/** For the gRPC door; plaintext without settings. `close` stops looking at the files. Throws Failure. */
export async function grpcFront(tls: TlsSettings | undefined, options: TlsOptions = {}): Promise<SocketFront> {
  if (tls === undefined) return plainFront;
  const material = await watch(tls, options);
  const demand = demanding(tls.clientCaFile !== undefined);
  const server = createTls({ ...material.first, ...demand, ALPNProtocols: ["h2"], handshakeTimeout: 10_000 });
  material.onChange((context) => server.setSecureContext(context));
  const uses = new Map<string, (inner: Socket) => void>();
  server.on("secureConnection", (inner: TLSSocket) => {
    const use = uses.get(nameOf(inner));
    // Without a protocol agreed a client could only guess (RFC 9113 section 3.2).
    if (use === undefined || inner.alpnProtocol !== "h2") inner.destroy();
    else use(inner);
  });
  return {
    open(socket, use) {
      const name = nameOf(socket);
      uses.set(name, use);
      socket.once("close", () => {
        if (uses.get(name) === use) uses.delete(name);
      });
      server.emit("connection", socket);
    },
    close: material.close,
  };
}

/** Of a connection, inside of TLS and out. */
const nameOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
  [remoteAddress, remotePort, localAddress, localPort].join(" ");

export const plainFront: SocketFront = { open: (socket, use) => use(socket), close: () => {} };

/** The HTTP door, not yet listening; plaintext without settings. `close` ends it and waits for calls under way. */
export async function createHttpServer(
  tls: TlsSettings | undefined,
  handler: RequestListener,
  options: TlsOptions = {},
): Promise<{ server: Server; close: () => Promise<void> }> {
  if (tls === undefined) return closable(createPlain(limits, handler), () => {});
  const material = await watch(tls, options);
  const demand = tls.clientCaFile !== undefined && tls.clientAuth === "all";
  const server = createSecure(
    { ...limits, ...material.first, ...demanding(demand), ALPNProtocols: ["http/1.1"], handshakeTimeout: 10_000 },
    handler,
  );
  material.onChange((context) => server.setSecureContext(context));
  return closable(server, material.close);
}

const limits = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 };

// RFC 9325 section 4.2 and RFC 9113 appendix A: forward secrecy and authenticated encryption, nothing else.
const strength = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
} satisfies SecureContextOptions;

const demanding = (demand: boolean) => ({ requestCert: demand, rejectUnauthorized: demand });

type Context = SecureContextOptions & { cert: string; key: string; ca?: string };

type Material = {
  first: Context;
  onChange: (listener: (context: Context) => void) => void;
  close: () => void;
};

/** Loads the files, then looks again and again. What does not load, or does not belong together, is never used. */
async function watch(tls: TlsSettings, { refreshMs = 10_000, onProblem }: TlsOptions): Promise<Material> {
  let seen = await load(tls);
  const first = seen;
  const listeners: ((context: Context) => void)[] = [];
  let problem = "";
  const look = async () => {
    try {
      const next = await load(tls);
      problem = "";
      if (isSame(seen, next)) return;
      seen = next;
      for (const listener of listeners) listener(next);
    } catch (error) {
      // Once for each new problem, not at every look.
      if (!(error instanceof Failure) || error.message === problem) return;
      problem = error.message;
      onProblem?.(error);
    }
  };
  const timer = setInterval(() => void look(), refreshMs).unref();
  return { first, onChange: (listener) => void listeners.push(listener), close: () => clearInterval(timer) };
}

async function load({ certFile, keyFile, clientCaFile }: TlsSettings): Promise<Context> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  const ca = clientCaFile === undefined ? {} : { ca: await read(clientCaFile) };
  const context = { ...strength, cert, key, ...ca };
  attempt(() => createSecureContext(context), `the certificate in ${certFile} and its key cannot be used`);
  // A file without any certificate would pass above, and then refuse every client.
  if (ca.ca !== undefined) attempt(() => new X509Certificate(ca.ca), `${clientCaFile} holds no certificate`);
  return context;
}

const read = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("precondition", `${path} cannot be read`, { cause });
  });

function attempt(use: () => unknown, otherwise: string): void {
  try {
    use();
  } catch (cause) {
    throw new Failure("precondition", otherwise, { cause });
  }
}

const isSame = (a: Context, b: Context): boolean => a.cert === b.cert && a.key === b.key && a.ca === b.ca;

function closable(server: Server, stop: () => void): { server: Server; close: () => Promise<void> } {
  const close = () =>
    new Promise<void>((resolve) => {
      stop();
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  return { server, close };
}
