// HTTP/1.1 over one connection that stays open: a POST, and its answer before the next.
import { readFileSync } from "node:fs";
import { type ClientRequest, Agent as PlainAgent, request as requestPlain, type RequestOptions } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import type { Target } from "../support/load-plan.ts";
import type { Answered, Wire } from "./slots.ts";

/** It connects at the first call: a failure there is a lost call. */
export async function openHttp1(target: Target, { collect }: { collect: boolean }): Promise<Wire> {
  const { path, headers, caFile } = target;
  const [host = "", port = ""] = target.address.split(/:(?=\d+$)/);
  const kept = { keepAlive: true, maxSockets: 1 };
  const tls = caFile === undefined ? {} : { ca: readFileSync(caFile), servername: "localhost" };
  const agent = caFile === undefined ? new PlainAgent(kept) : new TlsAgent({ ...kept, ...tls });
  const options: RequestOptions = { method: "POST", host, port, path, agent };
  const request = caFile === undefined ? requestPlain : requestTls;
  return {
    frame: (message) => Buffer.from(message),
    send: (body, answered) => {
      const fields = { ...headers, "content-length": body.length };
      call(request({ ...options, headers: fields }), { body, collect }, answered);
    },
    giveUp: () => {},
    close: () => agent.destroy(),
  };
}

/** A request ends with "close" and only once, whatever happened to it. */
function call(request: ClientRequest, { body, collect }: { body: Buffer; collect: boolean }, answered: Answered): void {
  const sent = performance.now();
  const chunks: Buffer[] = [];
  let outcome = "lost";
  request.once("response", (answer) => {
    const { statusCode = 0 } = answer;
    if (collect) answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    else answer.resume();
    answer.once("end", () => {
      outcome = statusCode >= 200 && statusCode < 300 ? "OK" : `HTTP ${statusCode}`;
    });
    answer.on("error", () => {});
  });
  request.on("error", () => {});
  request.once("close", () => answered({ outcome, message: Buffer.concat(chunks), sent }));
  request.end(body);
}
