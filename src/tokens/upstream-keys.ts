// The public keys of upstream issuers: fetched rarely, whatever callers do; checked on arrival; kept while the issuer is
// down. Says which keys an issuer has, not which algorithm a connector accepts.
import { createPublicKey, type KeyObject, type webcrypto } from "node:crypto";
import { LRUCache } from "lru-cache";
import { unavailable } from "../failure.ts";
import { isObject, type JsonObject } from "./compact.ts";
import { type Outbound, withinTime } from "./outbound.ts";
import { type CheckSignature, checkerWith } from "./signature.ts";

/** Where keys come from; an empty `jwksUri` means the issuer's discovery document. Sets of two sources never mix. */
export type KeySource = { issuer: string; jwksUri: string };

export type UpstreamKey = {
  kid: string | undefined;
  publicKey: KeyObject;
  /** By algorithm: what its type can do, or the one thing its `alg` says (RFC 7517 section 4.4). */
  checks: ReadonlyMap<string, CheckSignature>;
};

/** What of the discovery document is used; an endpoint not named is empty. */
export type Discovered = {
  jwksUri: string;
  introspectionEndpoint: string;
  userinfoEndpoint: string;
  authorizationEndpoint: string;
};

export type Asking = { now: number; signal: AbortSignal };

export type UpstreamKeys = {
  /**
   * The key of this id, or all keys if no id is given; none if the issuer has no such key. Throws unavailable where
   * that cannot be known.
   */
  find(source: KeySource, kid: string | undefined, asking: Asking): Promise<readonly UpstreamKey[]>;
  /** OpenID Connect Discovery section 4. Throws unavailable. */
  discover(issuer: string, asking: Asking): Promise<Discovered>;
};

/** What a logger has to have; pino has it. */
export type UpstreamLog = { warn(fields: object, message: string): void };

/** All in milliseconds of the caller's clock. */
const times = {
  /** From here on a set is renewed while it serves. */
  refresh: 8 * 60_000,
  /** From here on callers wait for the renewal: the longest that a removed key verifies while its issuer is up. */
  maxAge: 10 * 60_000,
  /** The longest a set serves while its issuer is down. */
  maxStale: 24 * 3_600_000,
  /** Between two fetches, whatever came of the first. */
  cooldown: 30_000,
  /** The same once five fetches in a row have failed. */
  openCircuit: 5 * 60_000,
};
const failuresToOpen = 5;
const maxIssuers = 1_000;
const maxKeys = 100;
const maxKidBytes = 256;

export function createUpstreamKeys({ outbound, log }: { outbound: Outbound; log?: UpstreamLog }): UpstreamKeys {
  const sets = new LRUCache<string, Memory<KeySet>>({ max: maxIssuers });
  const documents = new LRUCache<string, Memory<Discovered>>({ max: maxIssuers });
  const report = (issuer: string) => (err: unknown, failures: number, ageMs: number | undefined) =>
    log?.warn({ issuer, failures, ageMs, err }, "an upstream issuer could not be read");
  return {
    async find(source, kid, asking) {
      const name = JSON.stringify([source.issuer, source.jwksUri]);
      const set = ensure(sets, name, () =>
        remember((signal) => loadKeys(outbound, source, signal), report(source.issuer)),
      );
      const isEnough = ({ byKid }: KeySet) => kid === undefined || byKid.has(kid);
      const { byKid, keys } = await recall(set, isEnough, asking);
      return kid === undefined ? keys : [byKid.get(kid)].filter((key) => key !== undefined);
    },
    discover(issuer, asking) {
      const load = (signal: AbortSignal) => loadDiscovery(outbound, issuer, signal);
      return recall(
        ensure(documents, issuer, () => remember(load, report(issuer))),
        () => true,
        asking,
      );
    },
  };
}

function ensure<T extends object>(cache: LRUCache<string, T>, name: string, make: () => T): T {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const made = make();
  cache.set(name, made);
  return made;
}

type Report = (err: unknown, failures: number, ageMs: number | undefined) => void;

/** One thing fetched from upstream, and what is known about fetching it. */
type Memory<T> = {
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly report: Report;
  last: { value: T; at: number } | undefined;
  attemptedAt: number;
  failures: number;
  flight: Promise<void> | undefined;
};

const remember = <T>(load: Memory<T>["load"], report: Report): Memory<T> => ({
  load,
  report,
  last: undefined,
  attemptedAt: -Infinity,
  failures: 0,
  flight: undefined,
});

/** Answers the value known, fetching it first only where it is missing, not enough or due, and a fetch is allowed. */
async function recall<T>(memory: Memory<T>, isEnough: (value: T) => boolean, { now, signal }: Asking): Promise<T> {
  const known = usable(memory, now);
  const serves = known !== undefined && isEnough(known.value);
  const age = known === undefined ? Infinity : now - known.at;
  if (!serves || age >= times.refresh) takeOff(memory, now);
  // While the issuer is in trouble nobody who has a key waits for it.
  const waits = !serves || (age >= times.maxAge && memory.failures === 0);
  if (waits && memory.flight !== undefined) await settle(memory.flight, known === undefined ? 5_000 : 2_000, signal);
  const latest = usable(memory, now);
  if (latest === undefined) throw unavailable("upstream keys: never read, or too long ago");
  const isUncertain = memory.flight !== undefined || memory.failures > 0;
  if (isUncertain && !isEnough(latest.value)) throw unavailable("upstream keys: the issuer may have newer ones");
  return latest.value;
}

const usable = <T>({ last }: Memory<T>, now: number) =>
  last !== undefined && now - last.at < times.maxStale ? last : undefined;

/** One fetch at a time, and a pause on time alone: callers with random key ids cannot shorten it (F12). */
function takeOff<T>(memory: Memory<T>, now: number): void {
  const pause = memory.failures < failuresToOpen ? times.cooldown : times.openCircuit;
  if (memory.flight !== undefined || now - memory.attemptedAt < pause) return;
  memory.attemptedAt = now;
  memory.flight = fly(memory, now);
}

/** Belongs to no caller: one that leaves does not take the answer away from the others. */
async function fly<T>(memory: Memory<T>, now: number): Promise<void> {
  try {
    memory.last = { value: await memory.load(AbortSignal.timeout(5_000)), at: now };
    memory.failures = 0;
  } catch (error) {
    memory.failures += 1;
    memory.report(error, memory.failures, memory.last && now - memory.last.at);
  } finally {
    memory.flight = undefined;
  }
}

async function settle(flight: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(ms);
  await withinTime(flight, AbortSignal.any([signal, limit])).catch((error: unknown) => {
    if (signal.aborted) throw unavailable(error);
  });
}

async function loadDiscovery(outbound: Outbound, issuer: string, signal: AbortSignal): Promise<Discovered> {
  const { status, body } = await outbound.json(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
    signal,
  });
  if (status !== 200 || !isObject(body)) throw new Error("discovery: no document");
  // OpenID Connect Discovery section 4.3: otherwise another issuer's document would lend its keys to this one.
  if (body.issuer !== issuer) throw new Error("discovery: the document is of another issuer");
  const endpoint = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    jwksUri: endpoint(body.jwks_uri),
    introspectionEndpoint: endpoint(body.introspection_endpoint),
    userinfoEndpoint: endpoint(body.userinfo_endpoint),
    authorizationEndpoint: endpoint(body.authorization_endpoint),
  };
}

type KeySet = { keys: readonly UpstreamKey[]; byKid: ReadonlyMap<string, UpstreamKey> };

async function loadKeys(outbound: Outbound, source: KeySource, signal: AbortSignal): Promise<KeySet> {
  const uri = source.jwksUri || (await loadDiscovery(outbound, source.issuer, signal)).jwksUri;
  const { status, body } = await outbound.json(uri, { signal });
  if (status !== 200) throw new Error("key set: no document");
  return readKeySet(body);
}

/**
 * Keeps what can verify signatures and is strong enough; throws if nothing is left, if there are over 100 keys, or if
 * two of them have one id.
 */
export function readKeySet(body: unknown): KeySet {
  const listed: unknown = isObject(body) ? body.keys : undefined;
  if (!Array.isArray(listed) || listed.length > maxKeys) throw new Error("key set: not a list of at most 100 keys");
  const keys = listed.filter(isObject).flatMap((jwk) => readKey(jwk) ?? []);
  if (keys.length === 0) throw new Error("key set: no usable key");
  const named = keys.flatMap((key): [string, UpstreamKey][] => (key.kid === undefined ? [] : [[key.kid, key]]));
  const byKid = new Map(named);
  if (byKid.size < named.length) throw new Error("key set: two keys of one id");
  return { keys, byKid };
}

const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

function readKey(jwk: JsonObject): UpstreamKey | undefined {
  const { kid, alg, use, key_ops: operations } = jwk;
  if (privateMembers.some((name) => jwk[name] !== undefined)) return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return undefined;
  if (kid !== undefined && (typeof kid !== "string" || Buffer.byteLength(kid) > maxKidBytes)) return undefined;
  const possible = possibleAlgorithms(jwk);
  const algorithms = alg === undefined ? possible : possible.filter((name) => name === alg);
  const publicKey = algorithms.length === 0 ? undefined : importStrong(jwk);
  if (publicKey === undefined) return undefined;
  return { kid, publicKey, checks: new Map(algorithms.map((name) => [name, checkerWith(publicKey, name)])) };
}

/** RFC 7518 section 3.1 and RFC 8037 section 3.1. */
function possibleAlgorithms({ kty, crv }: JsonObject): readonly string[] {
  if (kty === "RSA") return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
  if (kty === "OKP" && crv === "Ed25519") return ["EdDSA"];
  const curves = new Map<unknown, string>([
    ["P-256", "ES256"],
    ["P-384", "ES384"],
    ["P-521", "ES512"],
  ]);
  const algorithm = kty === "EC" ? curves.get(crv) : undefined;
  return algorithm === undefined ? [] : [algorithm];
}

/** The import itself refuses points that are not on their curve. */
function importStrong({ kty, crv, n, e, x, y }: JsonObject): KeyObject | undefined {
  try {
    const publicKey = createPublicKey({ key: { kty, crv, n, e, x, y } as webcrypto.JsonWebKey, format: "jwk" });
    if (kty === "RSA") return isStrongRsa(publicKey, Buffer.from(String(n), "base64url")) ? publicKey : undefined;
    return kty === "OKP" && isSmallOrder(Buffer.from(String(x), "base64url")) ? undefined : publicKey;
  } catch {
    return undefined;
  }
}

/** RFC 7518 section 3.3; exponents as in FIPS 186-5 section 5.1; an upper end, since the cost of verifying grows. */
function isStrongRsa({ asymmetricKeyDetails: details }: KeyObject, modulus: Buffer): boolean {
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  const isOdd = ((modulus.at(-1) ?? 0) & 1) === 1 && (publicExponent & 1n) === 1n;
  return (
    isOdd && modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 65_537n && publicExponent < 2n ** 32n
  );
}

/** Under a key of small order one signature fits many messages (RFC 8032 section 5.1.7 lets that be checked). */
function isSmallOrder(point: Buffer): boolean {
  const unsigned = Buffer.from(point);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return smallOrderPoints.has(unsigned.toString("hex"));
}

/** The y coordinates, little-endian, of the eight points of small order, with two spellings that are not canonical. */
const smallOrderPoints = new Set([
  "0".repeat(64),
  `01${"0".repeat(62)}`,
  `ec${"f".repeat(60)}7f`,
  `ed${"f".repeat(60)}7f`,
  `ee${"f".repeat(60)}7f`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);
