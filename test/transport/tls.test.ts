// Real handshakes on loopback, with certificates made for the occasion.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TlsSettings } from "../../src/config.ts";
import type { Failure } from "../../src/failure.ts";
import { serveConnection } from "../../src/transport/http2/connection.ts";
import type { ConnectionOptions as ServedBy } from "../../src/transport/http2/state.ts";
import { listen } from "../../src/transport/listener.ts";
import { createHttpServer, grpcFront, type TlsOptions } from "../../src/transport/tls.ts";
import { type Certificate, createAuthority } from "../support/certificates.ts";

const authority = createAuthority();
const forLoopback = (name: string) => authority.issue({ name, dns: ["localhost"], ips: ["127.0.0.1"] });
const cleanups: (() => Promise<unknown> | void)[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-tls-"));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await rm(folder, { recursive: true });
});

/** Writes beside the file and moves it there, as anything that renews certificates should. */
async function put(name: string, content: string): Promise<string> {
  await writeFile(join(folder, `${name}.new`), content);
  await rename(join(folder, `${name}.new`), join(folder, name));
  return join(folder, name);
}

async function settingsFor({ cert, key }: Certificate, extra: Partial<TlsSettings> = {}): Promise<TlsSettings> {
  return { certFile: await put("cert", cert), keyFile: await put("key", key), clientAuth: "grpc", ...extra };
}

/** Opens a door and answers its port. */
type Open = (tls: TlsSettings | undefined, options?: TlsOptions) => Promise<number>;

const openGrpc: Open = async (tls, options) => {
  const front = await grpcFront(tls, options);
  const server = createServer((socket) => front.open(socket, (inner) => serveConnection(inner, unused)));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  cleanups.push(() => {
    front.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server, { host: "127.0.0.1", port: 0 });
};

/** Nothing is asked on these connections. */
const unused: ServedBy = {
  onRequest: () => {},
  onSettled: () => {},
  onAcknowledged: () => {},
  onClosed: () => {},
  onDefect: () => {},
  firstStreams: 1,
  streamWindow: 65_535,
};

const openHttp: Open = async (tls, options) => {
  const { server, close } = await createHttpServer(tls, (_request, response) => response.end("here"), options);
  cleanups.push(close);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
};

/** What a client sees of the handshake: the server's certificate and what was agreed, or the error's code. */
type Seen = { peer: PeerCertificate; protocol: string | null; alpn: string | false | null } | { code: string };

const handshake = (port: number, options: ConnectionOptions = {}): Promise<Seen> =>
  new Promise((resolve) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      ca: authority.cert,
      ALPNProtocols: ["h2", "http/1.1"],
      ...options,
    });
    const finish = (seen: Seen) => {
      socket.destroy();
      resolve(seen);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => finish({ code: error.code ?? error.message }));
    socket.on("close", () => finish({ code: "closed" }));
    // TLS 1.3 lets a client finish before the server has judged its certificate: wait for the server's first word.
    const agree = () =>
      finish({ peer: socket.getPeerCertificate(), protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
    socket.once("data", agree);
    socket.once("secureConnect", () => socket.alpnProtocol !== "h2" && socket.write("GET / HTTP/1.0\r\n\r\n"));
  });

const servedName = async (port: number, options?: ConnectionOptions) => {
  const seen = await handshake(port, options);
  return "peer" in seen ? seen.peer.subject.CN : seen.code;
};

const doors: [string, Open, string][] = [
  ["gRPC", openGrpc, "h2"],
  ["HTTP", openHttp, "http/1.1"],
];

describe.each(doors)("the %s door", (_name, open, alpn) => {
  it("N7-02: agrees on TLS 1.3 and its own protocol with a current client", async () => {
    const port = await open(await settingsFor(forLoopback("first")));
    expect(await handshake(port)).toMatchObject({ protocol: "TLSv1.3", alpn });
  });

  it("N7-02: agrees on TLS 1.2 with a suite that has forward secrecy", async () => {
    const port = await open(await settingsFor(forLoopback("first")));
    const older = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" } as const;
    expect(await handshake(port, older)).toMatchObject({ protocol: "TLSv1.2", alpn });
  });

  it.each(["TLSv1", "TLSv1.1"] as const)("N7-02: %s is refused", async (version) => {
    const port = await open(await settingsFor(forLoopback("first")));
    const old = { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
    expect(await handshake(port, old)).toEqual({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
  });

  it("N7-02: a client that names no protocol is answered in the door's only where it could know that", async () => {
    const port = await open(await settingsFor(forLoopback("first")));
    const seen = await handshake(port, { ALPNProtocols: [] });
    if (alpn === "h2") expect(seen).toEqual({ code: expect.stringMatching(/closed|ECONNRESET/) });
    else expect(seen).toMatchObject({ protocol: "TLSv1.3", alpn: false });
  });

  it("N7-02: a suite without authenticated encryption is refused, before and after a reload", async () => {
    const tls = await settingsFor(forLoopback("first"));
    const port = await open(tls, { refreshMs: 5 });
    const weak = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0" } as const;
    expect(await handshake(port, weak)).toEqual({ code: "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE" });
    await settingsFor(forLoopback("second"));
    await expect.poll(() => servedName(port)).toBe("second");
    expect(await handshake(port, weak)).toEqual({ code: "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE" });
  });

  it("N7-02: a client that offers only another protocol is refused", async () => {
    const port = await open(await settingsFor(forLoopback("first")));
    const other = { ALPNProtocols: [alpn === "h2" ? "http/1.1" : "h2"] };
    expect(await handshake(port, other)).toEqual({ code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" });
  });

  it("serves the first certificate to the very first connection", async () => {
    const port = await open(await settingsFor(forLoopback("first")), { refreshMs: 60_000 });
    expect(await servedName(port)).toBe("first");
  });

  it("serves a changed certificate without a restart", async () => {
    const port = await open(await settingsFor(forLoopback("first")), { refreshMs: 5 });
    expect(await servedName(port)).toBe("first");
    await settingsFor(forLoopback("second"));
    await expect.poll(() => servedName(port)).toBe("second");
  });

  it("keeps the earlier certificate while the files do not belong together, and tells it once", async () => {
    const onProblem = vi.fn<(problem: Failure) => void>();
    const port = await open(await settingsFor(forLoopback("first")), { refreshMs: 5, onProblem });
    const second = forLoopback("second");
    await put("cert", second.cert);
    await expect.poll(() => onProblem.mock.calls.length).toBe(1);
    expect(await servedName(port)).toBe("first");
    await put("key", second.key);
    await expect.poll(() => servedName(port)).toBe("second");
    expect(onProblem).toHaveBeenCalledTimes(1);
    expect(onProblem.mock.calls[0]?.[0].message).not.toContain("PRIVATE KEY");
  });

  it("keeps the earlier certificate while a file is missing", async () => {
    const onProblem = vi.fn<(problem: Failure) => void>();
    const port = await open(await settingsFor(forLoopback("first")), { refreshMs: 5, onProblem });
    await rm(join(folder, "key"));
    await expect.poll(() => onProblem.mock.calls.length).toBe(1);
    expect(await servedName(port)).toBe("first");
  });

  it("does not open with a missing file, a foreign key or an empty authority", async () => {
    const tls = await settingsFor(forLoopback("first"));
    await expect(open({ ...tls, keyFile: join(folder, "absent") })).rejects.toThrow("absent cannot be read");
    await expect(open({ ...tls, keyFile: await put("other", forLoopback("other").key) })).rejects.toThrow(
      "cannot be used",
    );
    await expect(open({ ...tls, clientCaFile: await put("ca", "\n") })).rejects.toThrow("holds no certificate");
  });
});

describe("client certificates", () => {
  const workload = { name: "workload", uris: ["spiffe://example.test/billing"] };
  const demanding = async (clientAuth: "grpc" | "all") =>
    settingsFor(forLoopback("first"), { clientAuth, clientCaFile: await put("ca", authority.cert) });

  it.each(doors)("are demanded on the %s door and have to come from the authority", async (_name, open) => {
    const port = await open(await demanding("all"));
    expect(await servedName(port, authority.issue(workload))).toBe("first");
    expect(await servedName(port)).toBe("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
    expect(await servedName(port, createAuthority().issue(workload))).toMatch(
      /^ERR_SSL_.*ALERT_UNKNOWN_CA$|^ECONNRESET$|^closed$/,
    );
  });

  it("are not asked of browsers unless every door demands them", async () => {
    const tls = await demanding("grpc");
    expect(await servedName(await openHttp(tls))).toBe("first");
    expect(await servedName(await openGrpc(tls))).toBe("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
  });

  it("of a replaced authority are refused from then on", async () => {
    const port = await openGrpc(await demanding("grpc"), { refreshMs: 5 });
    const earlier = authority.issue(workload);
    expect(await servedName(port, earlier)).toBe("first");
    const successor = createAuthority();
    await put("ca", successor.cert);
    await expect.poll(() => servedName(port, successor.issue(workload))).toBe("first");
    expect(await servedName(port, earlier)).not.toBe("first");
  });
});

describe("without TLS settings", () => {
  it("the HTTP door speaks plain HTTP", async () => {
    const port = await openHttp(undefined);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("here");
  });

  it("the gRPC door speaks plain HTTP/2", async () => {
    const session = connectHttp2(`http://127.0.0.1:${await openGrpc(undefined)}`);
    await once(session, "remoteSettings");
    expect(session.encrypted).toBe(false);
    session.destroy();
  });
});
