// What checks an application's secret, wherever the secrets are kept: in Tessera's own store or in a Vault.
import { createHash, timingSafeEqual } from "node:crypto";

/**
 * `not_found`: this application has no secret there. Only `ok` authenticates, and does so until then (milliseconds) for
 * as long as nothing of the tenant changes.
 */
export type SecretOutcome = { kind: "ok"; until: number } | { kind: "not_found" | "wrong" | "expired" };

/** A presented secret and whose it is said to be. `now` in milliseconds. */
export type SecretCheck = {
  tenantId: string;
  projectId: string;
  clientId: string;
  presented: string;
  now: number;
  signal: AbortSignal;
};

export type Secrets = {
  /** Throws Failure `unavailable` when the store of secrets does not answer: that is never "no such secret". */
  verify(check: SecretCheck): Promise<SecretOutcome>;
};

/** Compares in a time that tells neither the length nor the first difference. The empty text equals nothing. */
export function isSameSecret(presented: string, stored: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(presented), digest(stored)) && presented !== "";
}
