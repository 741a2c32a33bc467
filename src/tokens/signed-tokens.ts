// Access tokens whose signature needs no look: those that were signed here, and those that were looked at once.
import { hash } from "node:crypto";
import { createTwoQueues, type TwoQueues } from "../two-queues.ts";
import type { AccessClaims } from "./mint.ts";
import type { CheckSignature } from "./signature.ts";

/**
 * What a token says whose signature is good by this key. That the key may still be used is to be asked each time. `size` is
 * the length of the token.
 */
export type SignedToken = { claims: Readonly<AccessClaims>; kid: string; check: CheckSignature; size: number };

/** By digestOf. */
export type SignedTokens = TwoQueues<SignedToken>;

/** How many are kept that were asked about, and how long they are together; and as much again of those only signed. */
export const tokensKept = { max: 5_000, maxSize: 4_000_000 };

export const createSignedTokens = (): SignedTokens => createTwoQueues(tokensKept);

/** SHA-256, so that no token is kept that could be used. */
export const digestOf = (token: string): string => hash("sha256", token, "base64url");
