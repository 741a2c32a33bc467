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
import type { Answer, Answered, Wire } from "./slots.ts";

/** Bytes that may be under way to us; small windows would have both ends speak of windows all the time. */
const window = 1 << 24;

/**
 * Rejects where the first connection cannot be made; one that is lost later is opened again by the next call. Like every
 * gRPC client it keeps to the streams that the server allows, and holds back what is more.
 */
export async function openGrpc(target: Target, { collect }: { collect: boolean }): Promise<Wire> {
  const headers = headersOf(target);
  let connection = openConnection(target);
  await once(connection.session, "remoteSettings");
  return {
    frame,
    send: (body, answered) => {
      const { session } = connection;
      if (session.closed || session.destroyed) connection = openConnection(target);
      connection.send({ headers, body, collect, answered });
    },
    giveUp: () => connection.answerWaiting("unsent"),
    close: () => connection.session.destroy(),
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

type Call = { headers: OutgoingHttpHeaders; body: Buffer; collect: boolean; answered: Answered };

function openConnection(target: Target) {
  const session = openSession(target);
  const waiting: Call[] = [];
  let underWay = 0;
  /** None before it was said how many. */
  let allowed = 0;
  const sendWaiting = () => {
    while (underWay < allowed && !session.destroyed) {
      const next = waiting.shift();
      if (next === undefined) return;
      underWay += 1;
      send(session, next, (answer) => {
        underWay -= 1;
        // Nothing was done for it: every gRPC client sends it again by itself (RFC 9113 section 8.7).
        if (answer === "refused") waiting.unshift(next);
        else next.answered(answer);
        sendWaiting();
      });
    }
  };
  session.on("remoteSettings", ({ maxConcurrentStreams = Number.POSITIVE_INFINITY }) => {
    allowed = maxConcurrentStreams;
    sendWaiting();
  });
  const answerWaiting = (outcome: "lost" | "unsent") => {
    const sent = performance.now();
    for (const { answered } of waiting.splice(0)) answered({ outcome, message: empty, sent });
  };
  session.on("close", () => answerWaiting("lost"));
  return {
    session,
    answerWaiting,
    send(call: Call): void {
      waiting.push(call);
      sendWaiting();
    },
  };
}

function openSession({ address, caFile }: Target): ClientHttp2Session {
  const settings = { enablePush: false, initialWindowSize: window };
  const tls = caFile === undefined ? {} : { ca: readFileSync(caFile), servername: "localhost", ALPNProtocols: ["h2"] };
  const session = connect(`${caFile === undefined ? "http" : "https"}://${address}`, { settings, ...tls });
  session.on("connect", () => session.setLocalWindowSize(window));
  // Its calls hear of it: each of them is lost.
  session.on("error", () => {});
  return session;
}

function send(
  session: ClientHttp2Session,
  { headers, body, collect }: Call,
  ended: (answer: Answer | "refused") => void,
): void {
  const sent = performance.now();
  const stream = session.request(headers);
  const chunks: Buffer[] = [];
  let outcome = "lost";
  const note = (fields: IncomingHttpHeaders) => {
    outcome = outcomeOf(fields) ?? outcome;
  };
  stream.on("response", note).on("trailers", note);
  stream.on("error", () => {});
  stream.on("close", () => {
    const isRefused = outcome === "lost" && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    if (isRefused && !session.destroyed) return ended("refused");
    ended({ outcome, message: collect ? Buffer.concat(chunks).subarray(5) : empty, sent });
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
