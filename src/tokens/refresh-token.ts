// The refresh token as text: made, recognised, digested, and its successor derived. What it may do: policy/rotation.ts.
import { invalidGrant } from "../failure.ts";
import type { Random } from "../random.ts";
import type { Keyring } from "./keyring.ts";

type Keys = Pick<Keyring, "keyId" | "mac" | "macUnder" | "checkMac">;

/** A token to hand out once, and what is stored of it. */
export type RefreshToken = { token: string; generation: number; digest: string };

/** Where a presented token that carries our tag belongs. */
export type PresentedRefreshToken = { familyId: string; generation: number };

// "rt_" family id "." generation "." secret "." tag key id "." tag. Everything before the tag key id is tagged.
const grammar = /^(rt_([0-9a-z]{21})\.(0|[1-9][0-9]{0,9})\.[0-9A-Za-z_-]{43})\.(k[0-9a-z]{6}\.[0-9A-Za-z_-]{43})$/;

/** Which of our two token classes a text would be: their prefixes are disjoint. Says nothing of its worth. */
export const isRefreshToken = (text: string): boolean => text.startsWith("rt_");

/** The first token of a family, generation 0, with 256 random bits. */
export function newRefreshToken(parts: { keyring: Keys; random: Random; familyId: string }): RefreshToken {
  const { keyring, random, familyId } = parts;
  const body = tokenBody(familyId, 0, Buffer.from(random.bytes(32)).toString("base64url"));
  return issued(keyring, 0, `${body}.${keyring.mac("tag", body)}`);
}

/**
 * Reads a presented token; undefined unless every character of it is one that Tessera wrote. So a guess never reaches
 * a family, and cannot revoke one.
 */
export function parseRefreshToken(keyring: Keys, text: string): PresentedRefreshToken | undefined {
  const [, body, familyId, generation, tag] = grammar.exec(text) ?? [];
  if (body === undefined || familyId === undefined || tag === undefined) return undefined;
  if (!keyring.checkMac("tag", body, tag)) return undefined;
  return { familyId, generation: Number(generation) };
}

/** Which token of a stored family this is. Constant time, whichever pepper the digests were made with. */
export function matchOf(
  keyring: Keys,
  token: string,
  family: { headDigest: string; previousDigest: string | null },
): "head" | "previous" | "neither" {
  if (keyring.checkMac("pepper", token, family.headDigest)) return "head";
  if (family.previousDigest !== null && keyring.checkMac("pepper", token, family.previousDigest)) return "previous";
  return "neither";
}

/** What a rotation stores to derive the same successor again: `<derive key id>.<tag key id>.<base64url of 16 bytes>`. */
export function newSalt({ keyring, random }: { keyring: Keys; random: Random }): string {
  const salt = Buffer.from(random.bytes(16)).toString("base64url");
  return `${keyring.keyId("derive")}.${keyring.keyId("tag")}.${salt}`;
}

/**
 * The one token that may follow `presented`: the same for the same salt, also after a rotation of every data key.
 * Throws Failure `badToken` (INVALID_GRANT) if a key that the salt names is gone.
 */
export function successorOf(keyring: Keys, presented: string, salt: string): RefreshToken {
  const [, , familyId, generation] = grammar.exec(presented) ?? [];
  const [deriveId = "", tagId = ""] = salt.split(".");
  const derived = keyring.macUnder("derive", deriveId, JSON.stringify([presented, salt]));
  if (familyId === undefined || derived === undefined) throw invalidGrant("the successor cannot be derived");
  const following = Number(generation) + 1;
  const body = tokenBody(familyId, following, derived.slice(deriveId.length + 1));
  const tag = keyring.macUnder("tag", tagId, body);
  if (tag === undefined) throw invalidGrant("the successor cannot be tagged");
  return issued(keyring, following, `${body}.${tag}`);
}

const tokenBody = (familyId: string, generation: number, secret: string): string =>
  `rt_${familyId}.${generation}.${secret}`;

const issued = (keyring: Keys, generation: number, token: string): RefreshToken => ({
  token,
  generation,
  digest: keyring.mac("pepper", token),
});
