// Reads the error data of the tRPC door.
import { TRPCClientError } from "@trpc/client";
import { TesseraError, type Violation } from "./error.ts";

/** Whatever a tRPC call rejected with, as a TesseraError. */
export function errorOfTrpc(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  if (!(thrown instanceof TRPCClientError)) return unanswered(thrown);
  if (thrown.cause instanceof TesseraError) return thrown.cause;
  const data: unknown = thrown.data;
  if (!isObject(data)) return unanswered(thrown.cause);
  return new TesseraError(typeof data["reason"] === "string" ? data["reason"] : "INTERNAL", thrown.message, {
    violations: Array.isArray(data["violations"]) ? data["violations"].filter(isViolation) : [],
    retryAfterMs: typeof data["retry_after_ms"] === "number" ? data["retry_after_ms"] : undefined,
  });
}

/** No answer, or one that is not the service's: a proxy's page, say. The call may have had its effect all the same. */
function unanswered(cause: unknown): TesseraError {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "TimeoutError") return new TesseraError("DEADLINE_EXCEEDED", "the service took too long", { cause });
  if (name === "AbortError") return new TesseraError("CANCELLED", "the call was cancelled", { cause });
  return new TesseraError("UNREACHABLE", "the service did not answer", { cause });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isViolation = (value: unknown): value is Violation =>
  isObject(value) && ["field", "description", "rule"].every((key) => typeof value[key] === "string");
