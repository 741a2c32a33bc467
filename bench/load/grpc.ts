// gRPC unary calls straight on HTTP/2, without a gRPC library: a client that costs the least there is to cost.
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import type { Target } from "../support/load-plan.ts";
import type { Answered, Wire } from "./slots.ts";

/** Bytes that may be under way to us; small windows would have both ends speak of windows all the time. */
const window = 1 << 24;

/** Rejects where the first connection cannot be made; one that is lost later is opened again by the next call. */
export async function openGrpc(target: Target, { collect }: { collect: boolean }): Promise<Wire> {
  const headers = headersOf(target);
  let session = openSession(target);
  await once(session, "connect");
  return {
    frame,
    send: (body, answered) => {
      if (session.closed || session.destroyed) session = openSession(target);
      call({ session, headers, body, collect }, answered);
    },
    close: () => session.destroy(),
  };
}

/** A message behind gRPC's prefix: not compressed, its length. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(5 + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

const headersOf = ({ path, headers }: Target): OutgoingHttpHeaders => ({
  ":method": "POST",
  ":path": path,
  te: "trailers",
  "content-type": "application/grpc+proto",
  ...headers,
});

function openSession({ address, caFile }: Target): ClientHttp2Session {
  const settings = { enablePush: false, initialWindowSize: window };
  const tls = caFile === undefined ? {} : { ca: readFileSync(caFile), servername: "localhost", ALPNProtocols: ["h2"] };
  const session = connect(`${caFile === undefined ? "http" : "https"}://${address}`, { settings, ...tls });
  session.on("connect", () => session.setLocalWindowSize(window));
  // Its calls hear of it: each of them is lost.
  session.on("error", () => {});
  return session;
}

type Call = { session: ClientHttp2Session; headers: OutgoingHttpHeaders; body: Buffer; collect: boolean };

function call({ session, headers, body, collect }: Call, answered: Answered): void {
  const stream = session.request(headers);
  const chunks: Buffer[] = [];
  let outcome = "lost";
  const note = (fields: IncomingHttpHeaders) => {
    outcome = outcomeOf(fields) ?? outcome;
  };
  stream.on("response", note).on("trailers", note);
  stream.on("error", () => {});
  stream.on("close", () => {
    // Nothing was done for it: every gRPC client sends it again by itself (RFC 9113 section 8.7).
    const isRefused = outcome === "lost" && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    if (isRefused && !session.destroyed) return call({ session, headers, body, collect }, answered);
    answered(outcome, collect ? Buffer.concat(chunks).subarray(5) : empty);
  });
  if (collect) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  else stream.resume();
  stream.end(body);
}

const empty = Buffer.alloc(0);

/** Undefined where the fields say nothing yet: good headers come before the trailers, which hold the status. */
function outcomeOf(fields: IncomingHttpHeaders): string | undefined {
  const code = fields["grpc-status"];
  if (code !== undefined) return status[Number(code)] ?? "UNKNOWN";
  const http = Number(fields[":status"] ?? 200);
  return http === 200 ? undefined : `HTTP ${http}`;
}
