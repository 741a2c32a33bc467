// How the development issuer reads requests and answers them: forms, JSON, errors, and the headers of each.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure, type Kind, kinds } from "../failure.ts";

/** A request that is refused with an OAuth error word (RFC 6749 sections 4.1.2.1 and 5.2). */
export class Refusal extends Failure {
  readonly word: string;

  constructor(word: string, description: string, kind: Kind = "invalid") {
    super(kind, description);
    this.word = word;
  }
}

export const statusOf = (refusal: Refusal): number => kinds[refusal.kind].http;

/** Parameters of a request, each at most once. */
export type Parameters = ReadonlyMap<string, string>;

const maxBody = 16_384;

/** Reads a form or a JSON object of strings. Throws Refusal for anything else. */
export async function bodyOf(request: IncomingMessage): Promise<Parameters> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Refusal("invalid_request", "the body is too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (type === "application/x-www-form-urlencoded") return parametersOf(new URLSearchParams(text));
  if (type === "application/json") return parametersOf(entriesOf(text));
  throw new Refusal("invalid_request", "send a form or JSON");
}

/** RFC 6749 section 3.1: no parameter twice; one without a value counts as left out. */
export function parametersOf(entries: Iterable<readonly [string, string]>): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of entries) {
    if (parameters.has(name)) throw new Refusal("invalid_request", "a parameter is given twice");
    if (value !== "") parameters.set(name, value);
  }
  return parameters;
}

function entriesOf(text: string): [string, string][] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value);
      if (entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) return entries;
    }
  } catch {
    // Not JSON at all: the same answer as for the wrong JSON.
  }
  throw new Refusal("invalid_request", "the body must be a JSON object of strings");
}

/** The parameter, or a Refusal that names it. */
export function need(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new Refusal("invalid_request", `${name} is missing`);
  return value;
}

// For development on this machine only: any page of the developer's may read these documents.
const anyOrigin = { "access-control-allow-origin": "*" };

export function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...anyOrigin,
    ...headers,
  });
  response.end(JSON.stringify(body));
}

export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    ...anyOrigin,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
  });
  response.end();
}

export function sendPage(response: ServerResponse, status: number, html: string, policy: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": policy,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(html);
}

/** 303, so that a browser never repeats the form at the place it is sent to (RFC 9700 section 4.12). */
export function sendRedirect(response: ServerResponse, target: string): void {
  response.writeHead(303, { location: target, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  response.end();
}
