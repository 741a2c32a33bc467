// The HTTP door: the tRPC procedures, what verifiers read, and what operators ask.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Address } from "../config/address.ts";
import { asFailure, type Failure, kinds } from "../failure.ts";
import type { Door } from "./grpc.ts";
import { answerTrpc, type TrpcHttpParts, trpcPrefix } from "./http-trpc.ts";
import { listen, type ListenerLimits, listenerLimits, sourceLimit } from "./listener.ts";
import { type WellKnownParts, wellKnown } from "./well-known.ts";

export type HttpParts = TrpcHttpParts &
  WellKnownParts & {
    /** Whether any application registered the origin: a preflight carries no client, so their union answers it. */
    knowsOrigin(origin: string): Promise<boolean>;
    ready(): Promise<{ ok: boolean; checks: Readonly<Record<string, boolean>> }>;
    registry: Registry;
    log: Logger;
    limits?: Pick<ListenerLimits, "connections" | "connectionsPerSource">;
    /** A server with this handler, not yet listening. `close` ends when the calls under way have. */
    createServer(handler: RequestListener): Promise<{ server: Server; close: () => Promise<void> }>;
  };

/** Listens at the address. Rejects with the system's error if it is taken. */
export async function startHttp(parts: HttpParts, address: Address): Promise<Door> {
  const { server, close } = await parts.createServer(createHandler(parts));
  const { connections, connectionsPerSource } = parts.limits ?? listenerLimits;
  Object.assign(server, { keepAliveTimeout: 10_000, maxConnections: connections });
  const hasRoom = sourceLimit(connectionsPerSource);
  // Also under TLS this is the socket itself, before any handshake.
  server.on("connection", (socket: Socket) => {
    if (!hasRoom(socket)) socket.destroy();
  });
  const port = await listen(server, address);
  return {
    port,
    async drain(graceMs) {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      // A connection that was busy is idle after its answer, and would be kept for the next.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await close();
      clearTimeout(cut);
      clearInterval(sweep);
    },
  };
}

const longestTarget = 2048;

/** Every answer: from no cache, as what it says it is, and telling no other site where it was asked. */
const always = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  vary: "Origin",
};

type Exchange = { req: IncomingMessage; res: ServerResponse };
type Answer = { status: number; headers?: Record<string, string>; body?: string };
type Route = (req: IncomingMessage) => Answer | Promise<Answer>;

function createHandler(parts: HttpParts): RequestListener {
  const routes = routesOf(parts);
  const answer = async ({ req, res }: Exchange) => {
    for (const [name, value] of Object.entries(always)) res.setHeader(name, value);
    const target = req.url ?? "";
    if (target.length > longestTarget) return send(res, problem(414, "uri_too_long"));
    await allowOrigin(parts, { req, res });
    const [path = "", query = ""] = target.split("?", 2);
    if (req.method === "OPTIONS") return send(res, { status: 204 });
    if (path.startsWith(trpcPrefix)) return answerTrpc(parts, { req, res }, { path, query });
    const route = routes.get(path);
    if (!route) return send(res, problem(404, "not_found"));
    if (req.method !== "GET" && req.method !== "HEAD") {
      return send(res, { ...problem(405, "method_not_allowed"), headers: { ...json, allow: "GET, HEAD" } });
    }
    return send(res, await route(req));
  };
  return (req, res) => {
    answer({ req, res }).catch((thrown: unknown) => {
      const failure = asFailure(thrown);
      if (!req.destroyed) parts.log.error({ err: failure }, "an HTTP request failed");
      if (res.headersSent) res.destroy();
      else send(res, problem(kinds[failure.kind].http, wordOf(failure)));
    });
  };
}

const wordOf = ({ kind }: Failure) => kinds[kind].oauth;

/** The page's own application is checked when the call is made; this only lets the browser ask. Never credentials. */
async function allowOrigin({ knowsOrigin }: Pick<HttpParts, "knowsOrigin">, { req, res }: Exchange): Promise<void> {
  const { origin } = req.headers;
  if (origin === undefined || !(await knowsOrigin(origin))) return;
  res.setHeader("access-control-allow-origin", origin);
  res.setHeader("access-control-expose-headers", "retry-after, www-authenticate");
  if (req.method !== "OPTIONS") return;
  res.setHeader("access-control-allow-methods", "GET, POST");
  res.setHeader("access-control-allow-headers", "authorization, content-type, trpc-accept");
  res.setHeader("access-control-max-age", "600");
}

const json = { "content-type": "application/json; charset=utf-8" };

function routesOf(parts: HttpParts): Map<string, Route> {
  const documents = [...wellKnown(parts)].map(([path, read]): [string, Route] => [
    path,
    ({ headers }) => {
      const { body, etag, maxAge } = read();
      const caching = { "cache-control": `public, max-age=${maxAge}`, ...(etag !== "" && { etag }) };
      const isKnown = etag !== "" && isNamed(etag, headers["if-none-match"]);
      return isKnown ? { status: 304, headers: caching } : { status: 200, headers: { ...json, ...caching }, body };
    },
  ]);
  return new Map<string, Route>([
    ...documents,
    ["/healthz", () => ({ status: 200, headers: json, body: '{"status":"ok"}' })],
    [
      "/readyz",
      async () => {
        const { ok, checks } = await parts.ready();
        return { status: ok ? 200 : 503, headers: json, body: JSON.stringify({ ready: ok, checks }) };
      },
    ],
    [
      "/metrics",
      async () => ({
        status: 200,
        headers: { "content-type": parts.registry.contentType },
        body: await parts.registry.metrics(),
      }),
    ],
  ]);
}

/** RFC 9110 section 13.1.2: weak comparison with a list, or any. */
const isNamed = (etag: string, header = ""): boolean =>
  header.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));

const problem = (status: number, error: string): Answer => ({ status, headers: json, body: JSON.stringify({ error }) });

function send(res: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  res.writeHead(status, headers);
  // Node itself leaves the body out of an answer to HEAD.
  res.end(body);
}
