// The peer that Tessera is compared with, a process of its own: the npm package oidc-provider with its in-memory adapter,
// which favours it. Options as JSON on standard input; prints {"port":…} when it listens, ends on SIGTERM.
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { openProvider } from "./peer/provider.ts";
import type { PeerOptions } from "./peer/start.ts";

const options = JSON.parse(readFileSync(0, "utf8")) as PeerOptions;
let serve: RequestListener = () => {};
const listener: RequestListener = (request, response) => serve(request, response);
const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
server.listen(0, "127.0.0.1", () => void announce());
process.on("SIGTERM", () => process.exit(0));

/** The issuer's name holds the port, so the provider comes after it. */
async function announce(): Promise<void> {
  const { port } = server.address() as AddressInfo;
  serve = await openProvider(`${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, options);
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
