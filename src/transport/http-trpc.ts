// The tRPC procedures over HTTP. What must not reach tRPC is refused here: it would answer GET and multipart as well.
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { isLoopback } from "../config/address.ts";
import { Failure } from "../failure.ts";
import { type Offered, uriNames } from "./credentials.ts";
import { errorData, refusalHeaders } from "./errors.ts";
import { largestRequest, plainAddress } from "./limits.ts";
import type { createRouter } from "./trpc.ts";

export type TrpcHttpParts = {
  router: ReturnType<typeof createRouter>;
  /** TLS, or plaintext by explicit setting. Without either, credentials are taken from this machine only. */
  secure: boolean;
};

/** Where the procedures are. */
export const trpcPrefix = "/trpc/";

const largestBatch = 10;

/** `path` and `query` of the request's target, the path with the prefix. Resolves when the answer is sent. */
export async function answerTrpc(
  { router, secure }: TrpcHttpParts,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
  { path, query }: { path: string; query: string },
): Promise<void> {
  const procedures = path.slice(trpcPrefix.length);
  const refused = refusalOf(req, procedures, query) ?? (await takeBody(req));
  if (refused) return refuse(res, refused);
  // tRPC makes a URL of it, and nothing here may depend on what a caller calls us.
  req.headers.host = "localhost";
  const offered = offeredBy(req, secure);
  await nodeHTTPRequestHandler({
    req,
    res,
    router,
    path: procedures,
    createContext: () => ({ offered }),
    allowMethodOverride: true,
    maxBatchSize: largestBatch,
    responseMeta: ({ errors }) => {
      const failure = errors.map(({ cause }) => cause).find((cause) => cause instanceof Failure);
      const refusal = failure ? refusalHeaders(failure, offered.authorization[0]) : {};
      return { headers: { "content-type": "application/json; charset=utf-8", ...refusal } };
    },
  });
}

type Refusal = { status: number; code: TRPC_ERROR_CODE_KEY; message: string; headers?: Record<string, string> };

function refusalOf({ method, headers }: IncomingMessage, procedures: string, query: string): Refusal | undefined {
  if (method !== "POST") return { ...wrongMethod, message: "procedures are called with POST" };
  // No input and no token in a URL (RFC 6750 section 5.3), where logs keep it.
  if (query !== "" && query !== "batch=1") return { ...bad, message: "the query may only be batch=1" };
  if (procedures.split(",", largestBatch + 1).length > largestBatch) {
    return { ...bad, message: `a batch has at most ${largestBatch} calls` };
  }
  const [type = ""] = (headers["content-type"] ?? "").toLowerCase().split(";");
  if (type.trim() !== "application/json") return { ...wrongType, message: "the content type is application/json" };
  if (headers["content-encoding"] !== undefined) return { ...wrongType, message: "the content is not encoded" };
  return undefined;
}

const bad = { status: 400, code: "BAD_REQUEST" } as const;
const wrongMethod = { status: 405, code: "METHOD_NOT_SUPPORTED", headers: { allow: "POST" } } as const;
const wrongType = { status: 415, code: "UNSUPPORTED_MEDIA_TYPE" } as const;
const tooLarge = {
  status: 413,
  code: "PAYLOAD_TOO_LARGE",
  message: `a request has at most ${largestRequest} bytes`,
  headers: { connection: "close" },
} as const;

/** Reads the body and leaves it where the adapter of tRPC looks for one. */
async function takeBody(req: IncomingMessage): Promise<Refusal | undefined> {
  if (Number(req.headers["content-length"] ?? 0) > largestRequest) return tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the socket that the refusal goes through.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > largestRequest) return tooLarge;
    chunks.push(chunk);
  }
  Object.assign(req, { body: Buffer.concat(chunks).toString("utf8") });
  return undefined;
}

/** In the form of tRPC, so that its client reports it as any other error. */
function refuse(res: ServerResponse, { status, code, message, headers }: Refusal): void {
  const data = { ...errorData(new Failure("invalid", message)), code, httpStatus: status };
  res.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  res.end(JSON.stringify({ error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data } }));
}

function offeredBy({ rawHeaders, headers, socket }: IncomingMessage, secure: boolean): Offered {
  const source = plainAddress(socket.remoteAddress ?? "");
  const isCertain = socket instanceof TLSSocket && socket.authorized;
  return {
    // Node's own `headers` keep the first of two and say nothing of the second.
    authorization: rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === "authorization"),
    certificateUris: isCertain ? uriNames(socket.getPeerCertificate().subjectaltname ?? "") : [],
    origin: headers.origin,
    source,
    secure: secure || isLoopback(source),
  };
}
