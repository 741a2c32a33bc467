// Access tokens whose signature needs no look: those that were signed here, and those that were looked at once.
import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { AccessClaims } from "./mint.ts";
import type { CheckSignature } from "./signature.ts";

/** What a token says whose signature is good by this key. That the key may still be used is to be asked each time. */
export type SignedToken = { claims: Readonly<AccessClaims>; kid: string; check: CheckSignature };

/** By digestOf. `size` is the length of the token. */
export type SignedTokens = Pick<LRUCache<string, SignedToken>, "get" | "set">;

/** How many are kept, and how long they are together. */
export const tokensKept = { max: 5_000, maxSize: 4_000_000 };

export const createSignedTokens = (): SignedTokens => new LRUCache(tokensKept);

/** SHA-256, so that no token is kept that could be used. */
export const digestOf = (token: string): string => hash("sha256", token, "base64url");
