// The only way out: JSON over https to hosts an operator configured, never to an address of the inside by accident.
import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Failure, unavailable } from "../failure.ts";
import { type JsonLimits, parseJson } from "./compact.ts";

export type Address = { address: string; family: 4 | 6 };

export type OutboundParts = {
  /** CIDRs outside the public internet that may be reached all the same: where self-hosted identity providers live. */
  allow: readonly string[];
  /** Whether http will do, and then only for addresses inside `allow`. */
  allowPlain: boolean;
  /** All addresses of a host name. */
  resolve?: (host: string) => Promise<readonly Address[]>;
};

export type OutboundRequest = {
  method?: "GET" | "POST";
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
};

/** `body` is what parseJson made of it; undefined where the body of a 4xx is empty or anything else than JSON. */
export type OutboundResponse = { status: number; body: unknown; headers: IncomingHttpHeaders };

export type Outbound = {
  /**
   * Sends one request. Answers a 2xx with a JSON body, or a 4xx. Whatever else happens is Failure `unavailable`, whose
   * cause holds nothing of body and headers: a forbidden address, a redirect, a 5xx, not JSON, over 256 KiB, no
   * connection in 2 s, no end in 5 s.
   */
  json(url: string, request: OutboundRequest): Promise<OutboundResponse>;
  /** The same for whom the status is enough: a 2xx or 4xx, with whatever body, which is not read. */
  status(url: string, request: OutboundRequest): Promise<number>;
  /** The addresses of a host that may be connected to over TLS; at least one. Throws Failure `unavailable`. */
  addresses(host: string, signal: AbortSignal): Promise<string[]>;
};

const connectMs = 2_000;
const totalMs = 5_000;
const maxBytes = 256 * 1024;
const bodyLimits: JsonLimits = { depth: 16, members: 1_000, items: 10_000 };

/** Throws Failure `invalid` if `allow` holds something else than CIDRs. */
export function createOutbound({ allow, allowPlain, resolve = resolveAll }: OutboundParts): Outbound {
  const allowed = addressList(allow);
  const reachable = async (host: string, isPlain: boolean, signal: AbortSignal) => {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(connectMs)]);
    const found = await withinTime(resolveHost(host, resolve), inTime);
    const open = found.filter((at) => isIn(allowed, at) || (!isPlain && isPublic(at)));
    if ((isPlain && !allowPlain) || open.length === 0) throw new Error("outbound: the address is not allowed");
    return open;
  };
  const answer = async <T>(
    address: string,
    { signal, ...request }: OutboundRequest,
    read: (response: IncomingMessage, signal: AbortSignal) => Promise<T> | T,
  ): Promise<T> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(totalMs)]);
    return orUnavailable(async () => {
      const url = parseUrl(address);
      const addresses = await reachable(url.hostname, url.protocol === "http:", within);
      return read(await send(url, addresses, request, within), within);
    });
  };
  return {
    json: (address, request) => answer(address, request, readResponse),
    status: (address, request) => answer(address, request, readStatus),
    addresses: (host, signal) =>
      orUnavailable(async () => (await reachable(host, false, signal)).map(({ address }) => address)),
  };
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? error : unavailable(error);
  }
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) throw new Error("outbound: not an http(s) URL");
  if (url.username !== "" || url.password !== "") throw new Error("outbound: credentials in the URL");
  return url;
}

const resolveAll = async (host: string): Promise<readonly Address[]> =>
  (await systemLookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/** A literal address needs no resolver; the URL parser has already turned its odd spellings into the usual one. */
async function resolveHost(hostname: string, resolve: NonNullable<OutboundParts["resolve"]>) {
  const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  if (isIP(literal) !== 0) return [{ address: literal }];
  return resolve(hostname);
}

/** Node takes an IPv4 address for its mapped IPv6 twin, so that one list for both would match too much. */
type AddressList = { v4: BlockList; v6: BlockList };

function addressList(cidrs: readonly string[]): AddressList {
  const list = { v4: new BlockList(), v6: new BlockList() };
  for (const cidr of cidrs) {
    const [, network = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(cidr) ?? [];
    const version = isIP(network);
    if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) {
      throw new Failure("invalid", "the outbound allow list holds something that is not a CIDR");
    }
    if (version === 4) list.v4.addSubnet(network, Number(prefix), "ipv4");
    else list.v6.addSubnet(network, Number(prefix), "ipv6");
  }
  return list;
}

function isIn(list: AddressList, { address }: Pick<Address, "address">): boolean {
  const version = isIP(address);
  // A zone names an interface of this machine, which no upstream has a say in.
  if (version === 0 || address.includes("%")) return false;
  return version === 4 ? list.v4.check(address, "ipv4") : list.v6.check(address, "ipv6");
}

/** Whether an address, in figures, lies in the public internet. */
export const isPublic = (at: Pick<Address, "address">): boolean => {
  lists ??= { unicast: addressList(unicast), special: addressList(special) };
  return isIn(lists.unicast, at) && !isIn(lists.special, at);
};

/** Made when the first address is looked at: Node's first reading of one for IPv6 would take 8 ms of the start. */
let lists: { unicast: AddressList; special: AddressList } | undefined;

/** For IPv6 the one block in use (RFC 4291 section 2.4): mapped, compatible, NAT64 and local ones all lie outside. */
const unicast = ["0.0.0.0/0", "2000::/3"];

/** Not globally reachable by the IANA registries (RFC 6890), multicast, and what carries IPv4 inside IPv6. */
const special = [
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24",
  "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24",
  "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20",
].flatMap((line) => line.split(" "));

/** Connects only to the addresses just checked: a second look-up could answer otherwise (DNS rebinding). */
function send(
  url: URL,
  addresses: readonly Pick<Address, "address">[],
  { method = "GET", headers = {}, body }: Omit<OutboundRequest, "signal">,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isPlain = url.protocol === "http:";
  return new Promise((resolve, reject) => {
    const request = (isPlain ? plainRequest : tlsRequest)(url, {
      method,
      headers: { accept: "application/json", "accept-encoding": "identity", ...headers },
      lookup: pinned(addresses),
      // Its own connection each time: none that was opened under another check is used again.
      agent: false,
      signal,
    });
    const connecting = setTimeout(() => request.destroy(new Error("outbound: no connection in time")), connectMs);
    request.once("socket", (socket) => {
      socket.once(isPlain ? "connect" : "secureConnect", () => clearTimeout(connecting));
    });
    request.once("close", () => clearTimeout(connecting));
    request.once("response", resolve);
    // Stays for good: an error after the answer began has nobody else to listen to it.
    request.on("error", reject);
    request.end(body);
  });
}

const pinned =
  (addresses: readonly Pick<Address, "address">[]): LookupFunction =>
  (_host, options, answer) => {
    const all = addresses.map(({ address }) => ({ address, family: isIP(address) }));
    if (options.all) answer(null, all);
    else answer(null, all[0]?.address ?? "", all[0]?.family);
  };

const jsonTypes = /^application\/(?:json|jwk-set\+json|[\w.-]+\+json)\s*(?:;|$)/i;

async function readResponse(response: IncomingMessage, signal: AbortSignal): Promise<OutboundResponse> {
  const { statusCode: status = 0, headers } = response;
  const isRefusal = refuses(status);
  const isJson = jsonTypes.test(headers["content-type"] ?? "") && headers["content-encoding"] === undefined;
  if (isRefusal && !isJson) {
    response.destroy();
    return { status, body: undefined, headers };
  }
  if (!succeeds(status) && !isRefusal) {
    response.destroy();
    throw new Error(`outbound: the answer was a ${status}`);
  }
  if (!isJson) {
    response.destroy();
    throw new Error("outbound: the answer is not JSON");
  }
  const bytes = await readBytes(response, signal);
  return { status, body: isRefusal ? readRefusal(bytes) : parseJson(bytes, bodyLimits), headers };
}

function readStatus(response: IncomingMessage): number {
  const { statusCode: status = 0 } = response;
  response.destroy();
  if (!succeeds(status) && !refuses(status)) throw new Error(`outbound: the answer was a ${status}`);
  return status;
}

const succeeds = (status: number): boolean => status >= 200 && status < 300;
const refuses = (status: number): boolean => status >= 400 && status < 500;

/** A refusal says what matters by its status: what else it says may be broken, and the answer is still no. */
function readRefusal(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, bodyLimits);
  } catch {
    return undefined;
  }
}

/** Leaving the loop, by a throw as well, destroys the response and with it the connection. */
async function readBytes(response: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error("outbound: the answer is too long");
    chunks.push(chunk);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

/** Waits for what cannot be aborted no longer than for the signal. */
export function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
