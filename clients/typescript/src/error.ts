// What this package throws: one error for both wires, with the contract's word for it.
import type { ReasonJson } from "./gen/tessera/errors/v1/errors_pb.ts";

type WordOf<Name> = Name extends `REASON_${infer Word}` ? Exclude<Word, "UNSPECIFIED"> : never;

/**
 * A tessera.errors.v1.Reason without its prefix, or one of this package's own: UNREACHABLE when no answer of the
 * service came, SIGNED_OUT when a token source has nothing left to renew with. A newer service may know more words.
 */
export type Reason = WordOf<ReasonJson> | "UNREACHABLE" | "SIGNED_OUT" | (string & {});

/** A rule of the request that was broken: the field's path, a sentence, and the rule's id. Never holds the value. */
export type Violation = { field: string; description: string; rule: string };

export type ErrorDetails = { violations?: readonly Violation[]; retryAfterMs?: number | undefined; cause?: unknown };

const passing: ReadonlySet<Reason> = new Set<Reason>([
  "UNREACHABLE",
  "DEPENDENCY_UNAVAILABLE",
  "RATE_LIMITED",
  "DEADLINE_EXCEEDED",
]);

/** The only error this package throws on purpose. */
export class TesseraError extends Error {
  readonly reason: Reason;
  readonly violations: readonly Violation[];
  /** How long the service asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "TesseraError";
    this.reason = reason;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same call may succeed later. Refresh with the same token is among these calls. */
  get retryable(): boolean {
    return passing.has(this.reason);
  }
}

export const signedOut = (message: string, cause?: unknown): TesseraError =>
  new TesseraError("SIGNED_OUT", message, { cause });

/** Whatever was thrown, as a TesseraError. What is none becomes INTERNAL and is not tried again. */
export const asTesseraError = (thrown: unknown): TesseraError =>
  thrown instanceof TesseraError ? thrown : new TesseraError("INTERNAL", "the call failed", { cause: thrown });
