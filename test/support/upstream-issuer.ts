// A small identity provider on loopback that can be made to misbehave, with counters of what was asked of it.
import { generateKeyPairSync, type KeyObject, sign as rawSign, type SignKeyObjectInput } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createIssuers,
  type TrustedConnector,
  type UpstreamSubject,
  type VerifyInput,
} from "../../src/tokens/issuers.ts";
import { Failure } from "../../src/failure.ts";
import { type Address, createOutbound, type OutboundParts } from "../../src/tokens/outbound.ts";

export type Algorithm = "ES256" | "ES384" | "ES512" | "RS256" | "RS512" | "PS256" | "EdDSA";

/** A key pair with the JWK its issuer publishes. */
export type TestKey = { kid: string; alg: Algorithm; privateKey: KeyObject; jwk: Record<string, unknown> };

const curves = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

export function newKey(alg: Algorithm = "ES256", kid = `key-${Math.random().toString(36).slice(2)}`): TestKey {
  const { privateKey, publicKey } = generatePair(alg);
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

function generatePair(alg: Algorithm) {
  if (alg === "EdDSA") return generateKeyPairSync("ed25519");
  if (alg === "ES256" || alg === "ES384" || alg === "ES512")
    return generateKeyPairSync("ec", { namedCurve: curves[alg] });
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** A compact JWS of exactly this header and payload, right or wrong. */
export function signToken(key: TestKey, payload: object | string, header: Record<string, unknown> = {}): string {
  const head = { alg: key.alg, kid: key.kid, typ: "JWT", ...header };
  const input = `${encode(JSON.stringify(head))}.${encode(typeof payload === "string" ? payload : JSON.stringify(payload))}`;
  return `${input}.${signInput(key, input).toString("base64url")}`;
}

export function signInput({ alg, privateKey }: TestKey, input: string): Buffer {
  const options: SignKeyObjectInput = { key: privateKey, dsaEncoding: "ieee-p1363" };
  const pss = alg.startsWith("PS") ? { padding: 6, saltLength: 32 } : {};
  return rawSign(alg === "EdDSA" ? null : `sha${alg.slice(2)}`, Buffer.from(input), { ...options, ...pss });
}

export const encode = (text: string | Uint8Array): string => Buffer.from(text).toString("base64url");

export type Endpoint = "discovery" | "jwks" | "introspection" | "userinfo" | "elsewhere";
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export type UpstreamIssuer = {
  issuer: string;
  keys: TestKey[];
  counts: Record<Endpoint, number>;
  /** What an endpoint does instead of answering. */
  faults: Partial<Record<Endpoint, Fault>>;
  /** What an endpoint answers instead of the right thing; a string is sent as it is. */
  answers: Partial<Record<Endpoint, unknown>>;
  /** Opaque tokens and what introspection and userinfo say of them. */
  opaque: Map<string, { introspection: object; userinfo?: object }>;
  /** The last introspection request: its Authorization header and form. */
  asked: { authorization: string; form: URLSearchParams };
  close(): Promise<void>;
};

const paths: Record<string, Endpoint> = {
  "/.well-known/openid-configuration": "discovery",
  "/jwks": "jwks",
  "/introspect": "introspection",
  "/me": "userinfo",
};

export async function startIssuer(keys: TestKey[] = [newKey()]): Promise<UpstreamIssuer> {
  const server = createServer((request, response) => void serve(idp, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const idp: UpstreamIssuer = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    counts: { discovery: 0, jwks: 0, introspection: 0, userinfo: 0, elsewhere: 0 },
    faults: {},
    answers: {},
    opaque: new Map(),
    asked: { authorization: "", form: new URLSearchParams() },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return idp;
}

async function serve(idp: UpstreamIssuer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const endpoint = paths[request.url ?? ""] ?? "elsewhere";
  idp.counts[endpoint] += 1;
  const fault = idp.faults[endpoint];
  if (fault) return fault(request, response);
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { status, body } = answerOf(idp, endpoint, request, Buffer.concat(chunks).toString());
  const answer = idp.answers[endpoint] ?? body;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
}

function answerOf(idp: UpstreamIssuer, endpoint: Endpoint, request: IncomingMessage, body: string) {
  const { issuer, keys, opaque } = idp;
  const authorization = request.headers.authorization ?? "";
  if (endpoint === "jwks") return { status: 200, body: { keys: keys.map(({ jwk }) => jwk) } };
  if (endpoint === "userinfo") {
    const known = opaque.get(authorization.replace(/^Bearer /, ""))?.userinfo;
    return known ? { status: 200, body: known } : { status: 401, body: { error: "invalid_token" } };
  }
  if (endpoint === "introspection") {
    idp.asked = { authorization, form: new URLSearchParams(body) };
    return { status: 200, body: opaque.get(idp.asked.form.get("token") ?? "")?.introspection ?? { active: false } };
  }
  const endpoints = { jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` };
  const forPeople = { userinfo_endpoint: `${issuer}/me`, authorization_endpoint: `${issuer}/auth` };
  return { status: 200, body: { issuer, ...endpoints, ...forPeople } };
}

export const hang: Fault = () => undefined;

export const reset: Fault = (request) => request.socket.resetAndDestroy();

export const answerStatus =
  (status: number, headers: Record<string, string> = {}): Fault =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end('{"error":"upstream words"}');
  };

export const send =
  (body: string, type = "application/json"): Fault =>
  (_request, response) => {
    response.writeHead(200, { "content-type": type }).end(body);
  };

/** May reach loopback over http, as an operator would allow it for an identity provider next door. */
export const loopback = () => createOutbound({ allow: ["127.0.0.0/8"], allowPlain: true });

/** How a request ended: status and body, or the kind of failure. */
export async function outcome(
  url: string,
  parts: Partial<OutboundParts> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<unknown> {
  const outbound = createOutbound({ allow: ["127.0.0.1/32"], allowPlain: true, ...parts });
  return outbound.json(url, { signal }).then(
    ({ status, body }) => ({ status, body }),
    (error: unknown) => (error instanceof Failure ? error.kind : error),
  );
}

/** A resolver that knows one answer, and what it was asked. */
export function answering(...addresses: string[]) {
  const asked: string[] = [];
  const resolve = async (host: string): Promise<Address[]> => {
    asked.push(host);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { asked, resolve };
}

/** Counts the client sockets of this process: Node announces each, whoever opens it. */
export function watchSockets() {
  const sockets = channel("net.client.socket");
  const watch = { opened: 0, stop: () => sockets.unsubscribe(count) };
  const count = () => {
    watch.opened += 1;
  };
  sockets.subscribe(count);
  return watch;
}

/** Keys are read from `/jwks` without discovery, unless `jwksUri` is emptied. */
export function connectorFor(issuer: string, overrides: Partial<TrustedConnector> = {}): TrustedConnector {
  return {
    id: "connector-1",
    issuer,
    verification: "jwks",
    audiences: ["tessera"],
    authorizedClients: [],
    algorithms: [],
    tokenKind: "any",
    conditions: [],
    allowAnyAudience: false,
    singleUse: false,
    maxTokenLifetime: 0,
    leeway: 0,
    jwksUri: `${issuer}/jwks`,
    introspectionEndpoint: "",
    userinfoEndpoint: "",
    subjectClaim: "",
    clientId: "tessera",
    clientSecret: () => "s3cret",
    ...overrides,
  };
}

/** Good for an hour at `now` (milliseconds). */
export function claimsAt(
  now: number,
  issuer: string,
  overrides: Record<string, unknown> = {},
): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return { iss: issuer, sub: "alice", aud: "tessera", iat, exp: iat + 3600, ...overrides };
}

/** A fake issuer and our verification of its tokens, both at the time `now` (milliseconds). */
export async function startUpstream(keys: TestKey[], now: number) {
  const idp = await startIssuer(keys);
  const open = () => createIssuers({ outbound: loopback(), clock: { now: () => now } });
  let issuers = open();
  const verify = (
    token: string,
    overrides: Partial<TrustedConnector> = {},
    input: Partial<VerifyInput> = {},
  ): Promise<UpstreamSubject> => {
    const connectors = [connectorFor(idp.issuer, overrides)];
    return issuers.verify({ connectors, token, now, signal: new AbortController().signal, ...input });
  };
  return {
    idp,
    verify,
    /** "ok" or the kind of failure. */
    outcome: (...input: Parameters<typeof verify>): Promise<string> =>
      verify(...input).then(
        () => "ok",
        (error: unknown) => (error instanceof Failure ? spoken(error) : String(error)),
      ),
    claims: (overrides: Record<string, unknown> = {}) => claimsAt(now, idp.issuer, overrides),
    /** Forgets all keys. */
    restart: () => {
      issuers = open();
    },
  };
}

/** The kind, or the whole sentence if it is not the one for its kind: a cause must not show. */
const spoken = ({ kind, message }: Failure): string =>
  ["the token was refused", "a dependency is unavailable"].includes(message) ? kind : message;
