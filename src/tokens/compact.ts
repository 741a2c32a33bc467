// Reads a compact JWS strictly: one spelling per token, one meaning per document. Nothing it returns is believed yet.
import { badToken } from "../failure.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export type Compact = Omit<SplitCompact, "payload"> & {
  payload: JsonObject;
  /** The only spelling this token has: what caches, deny-lists and replay stores may hash (jose accepts several). */
  canonical: string;
};

/** How much a document may hold. Depth counts objects and lists inside each other; the outermost is 1. */
export type JsonLimits = { depth: number; members: number; items: number };

const tokenLimits: JsonLimits = { depth: 16, members: 200, items: 2_000 };

/** The parts of a compact JWS whose payload nobody has read. */
export type SplitCompact = {
  header: JsonObject;
  payload: Buffer;
  /** What the signature is over: header and payload as they stand in the token. */
  signed: string;
  signature: Buffer;
};

/**
 * Strict `A.B.C` of canonical base64url (RFC 7515 section 7.1), at most `maxBytes` long. The header is a UTF-8 JSON object
 * as parseCompact takes it. Throws badToken.
 */
export function splitCompact(token: string, maxBytes = 16_384): SplitCompact {
  if (token.length > maxBytes) throw badToken("compact: too long");
  const [, header, payload, signature] = grammar.exec(token) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) {
    throw badToken("compact: not three parts of base64url");
  }
  return {
    header: readObject(decodeCanonical(header)),
    payload: decodeCanonical(payload),
    signed: token.slice(0, -signature.length - 1),
    signature: decodeCanonical(signature),
  };
}

/**
 * The same with its payload. Header and payload are UTF-8 JSON objects without duplicate members (RFC 7519 section 4),
 * at most 16 deep, 200 members and 2,000 items. Objects have no prototype. Checks no signature. Throws badToken.
 */
export function parseCompact(token: string, maxBytes = 16_384): Compact {
  const split = splitCompact(token, maxBytes);
  return { ...split, payload: readObject(split.payload), canonical: token };
}

const grammar = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

function readObject(bytes: Buffer): JsonObject {
  const value = parseOrRefuse(bytes);
  if (!isObject(value)) throw badToken("compact: not an object");
  return value;
}

/**
 * The signs that base64url may end with, by what its length leaves of groups of four. Others would leave bits that are
 * not read, and give one token several spellings (RFC 4648 section 3.5).
 */
const lastSigns = [/[\w-]$/, /(?!)/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/];

function decodeCanonical(part: string): Buffer {
  if (!lastSigns[part.length % 4]?.test(part)) throw badToken("compact: base64url is not canonical");
  return Buffer.from(part, "base64url");
}

function parseOrRefuse(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, tokenLimits);
  } catch (error) {
    throw badToken(error);
  }
}

/** Narrows to an object of parseJson: neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Cursor = { readonly text: string; readonly limits: JsonLimits; at: number };

/**
 * Reads one JSON text of UTF-8 (RFC 8259). Unlike JSON.parse it refuses duplicate members, a BOM, malformed UTF-8, lone
 * surrogates, numbers beyond double range and whatever exceeds `limits`. Objects have no prototype, so a member named
 * `__proto__` is a member. Throws SyntaxError, whose message holds nothing of the text.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  const text = decodeUtf8(bytes);
  const plain = readPlain(text);
  if (plain !== undefined) return withinLimits(plain, limits);
  const cursor = { text, limits, at: 0 };
  const value = readValue(cursor, 1);
  if (peek(cursor) !== "") throw new SyntaxError("json: something follows the value");
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new SyntaxError("json: not UTF-8");
  }
}

/** UTF-16 units. The limits are held against what was read, so a longer text is read sign by sign, up to them. */
const longestPlain = 16_384;

/**
 * At half the cost of reading it sign by sign; undefined for a text with escapes, or that is none of readBack. Without
 * escapes there are no lone surrogates: it was UTF-8.
 */
const readPlain = (text: string): JsonObject | undefined =>
  text.length > longestPlain || text.includes("\\") ? undefined : readBack(text);

/**
 * An object as JSON.parse reads it, of a text that JSON.stringify writes back the same: no member stands twice in one, and
 * no number is out of range. Undefined for any other text.
 */
export function readBack(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same value, whose objects have no prototype any more. */
function withinLimits<T extends object>(value: T, limits: JsonLimits, depth = 1): T {
  if (depth > limits.depth) throw new SyntaxError("json: too deep");
  const isList = Array.isArray(value);
  const parts: unknown[] = isList ? value : Object.values(value);
  if (parts.length > (isList ? limits.items : limits.members)) throw new SyntaxError("json: too much in one");
  for (const part of parts) if (typeof part === "object" && part !== null) withinLimits(part, limits, depth + 1);
  return isList ? value : (Object.setPrototypeOf(value, null) as T);
}

function readValue(cursor: Cursor, depth: number): unknown {
  const start = peek(cursor);
  if (start === '"') return readString(cursor);
  if (start !== "{" && start !== "[") return readScalar(cursor);
  if (depth > cursor.limits.depth) throw new SyntaxError("json: too deep");
  cursor.at += 1;
  return start === "{" ? readMembers(cursor, depth) : readItems(cursor, depth);
}

function readMembers(cursor: Cursor, depth: number): JsonObject {
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let count = 0;
  while (hasNext(cursor, "}", count)) {
    count += 1;
    if (count > cursor.limits.members) throw new SyntaxError("json: too many members");
    const name = readString(cursor);
    if (name in object) throw new SyntaxError("json: duplicate member");
    expect(cursor, ":");
    object[name] = readValue(cursor, depth + 1);
  }
  return object;
}

function readItems(cursor: Cursor, depth: number): unknown[] {
  const items: unknown[] = [];
  while (hasNext(cursor, "]", items.length)) {
    if (items.length === cursor.limits.items) throw new SyntaxError("json: too many items");
    items.push(readValue(cursor, depth + 1));
  }
  return items;
}

/** Steps over the closing bracket or over the comma before the next element. */
function hasNext(cursor: Cursor, close: string, count: number): boolean {
  if (peek(cursor) === close) {
    cursor.at += 1;
    return false;
  }
  if (count > 0) expect(cursor, ",");
  return true;
}

function readString(cursor: Cursor): string {
  peek(cursor);
  const written = take(cursor, stringGrammar);
  // Without escapes it is what it says: what was decoded from UTF-8 has no lone surrogates.
  if (!written.includes("\\")) return written.slice(1, -1);
  const value: unknown = JSON.parse(written);
  if (typeof value !== "string" || !value.isWellFormed()) throw new SyntaxError("json: malformed string");
  return value;
}

function readScalar(cursor: Cursor): unknown {
  const value: unknown = JSON.parse(take(cursor, scalarGrammar));
  // RFC 8259 leaves 1e400 to the reader; Infinity as an expiry would be no expiry.
  if (typeof value === "number" && !Number.isFinite(value)) throw new SyntaxError("json: number out of range");
  return value;
}

const stringGrammar = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalarGrammar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function take(cursor: Cursor, grammar: RegExp): string {
  grammar.lastIndex = cursor.at;
  const [found] = grammar.exec(cursor.text) ?? [];
  if (found === undefined) throw new SyntaxError("json: malformed");
  cursor.at += found.length;
  return found;
}

function expect(cursor: Cursor, sign: string): void {
  if (peek(cursor) !== sign) throw new SyntaxError("json: malformed");
  cursor.at += 1;
}

/** The next sign that is not JSON whitespace, or "" at the end. */
function peek(cursor: Cursor): string {
  while (" \t\n\r".includes(cursor.text[cursor.at] ?? "x")) cursor.at += 1;
  return cursor.text[cursor.at] ?? "";
}
