// Everything that can go wrong, once: a kind, the words each wire has for it, and a cause that never leaves the process.

export type Kind = keyof typeof kinds;

/** What a kind is on each wire: gRPC status number, tRPC code, HTTP status, and the default reason and OAuth word. */
export const kinds = {
  invalid: { grpc: 3, trpc: "BAD_REQUEST", http: 400, reason: "INVALID_REQUEST", oauth: "invalid_request" },
  unauthenticated: { grpc: 16, trpc: "UNAUTHORIZED", http: 401, reason: "INVALID_CLIENT", oauth: "invalid_client" },
  badToken: { grpc: 16, trpc: "UNAUTHORIZED", http: 401, reason: "BAD_TOKEN", oauth: "invalid_request" },
  denied: { grpc: 7, trpc: "FORBIDDEN", http: 403, reason: "ACCESS_DENIED", oauth: "access_denied" },
  notFound: { grpc: 5, trpc: "NOT_FOUND", http: 404, reason: "NOT_FOUND", oauth: "invalid_request" },
  exists: { grpc: 6, trpc: "CONFLICT", http: 409, reason: "ALREADY_EXISTS", oauth: "invalid_request" },
  stale: { grpc: 10, trpc: "CONFLICT", http: 409, reason: "STALE", oauth: "invalid_request" },
  precondition: {
    grpc: 9,
    trpc: "UNPROCESSABLE_CONTENT",
    http: 422,
    reason: "FAILED_PRECONDITION",
    oauth: "invalid_request",
  },
  exhausted: {
    grpc: 8,
    trpc: "TOO_MANY_REQUESTS",
    http: 429,
    reason: "RATE_LIMITED",
    oauth: "temporarily_unavailable",
  },
  late: { grpc: 4, trpc: "TIMEOUT", http: 504, reason: "DEADLINE_EXCEEDED", oauth: "temporarily_unavailable" },
  cancelled: {
    grpc: 1,
    trpc: "CLIENT_CLOSED_REQUEST",
    http: 499,
    reason: "CANCELLED",
    oauth: "temporarily_unavailable",
  },
  unavailable: {
    grpc: 14,
    trpc: "SERVICE_UNAVAILABLE",
    http: 503,
    reason: "DEPENDENCY_UNAVAILABLE",
    oauth: "temporarily_unavailable",
  },
  unimplemented: {
    grpc: 12,
    trpc: "NOT_IMPLEMENTED",
    http: 501,
    reason: "UNIMPLEMENTED",
    oauth: "unsupported_grant_type",
  },
  internal: { grpc: 13, trpc: "INTERNAL_SERVER_ERROR", http: 500, reason: "INTERNAL", oauth: "server_error" },
} as const;

/** The word in google.rpc.ErrorInfo and in tRPC's error data: a tessera.errors.v1.Reason without its prefix. */
export type Reason =
  | (typeof kinds)[Kind]["reason"]
  | "INVALID_GRANT"
  | "INVALID_TARGET"
  | "INVALID_SCOPE"
  | "INVALID_TOKEN"
  | "UNAUTHORIZED_CLIENT"
  | "INSUFFICIENT_SCOPE"
  | "TOKEN_TOO_LARGE"
  | "LIMIT_REACHED";

/** A broken rule of the request. Never holds the value. */
export type Violation = { field: string; description: string; rule: string };

export type FailureDetails = {
  reason?: Reason;
  violations?: readonly Violation[];
  retryAfterMs?: number;
  /** Why, for the audit and the log. Never sent, and never holds a token or secret. */
  cause?: unknown;
};

/** The only thing Tessera throws. `message` is public; whatever else is thrown becomes `internal`. */
export class Failure extends Error {
  readonly kind: Kind;
  readonly reason: Reason;
  readonly violations: readonly Violation[];
  readonly retryAfterMs: number | undefined;

  constructor(kind: Kind, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "Failure";
    this.kind = kind;
    this.reason = details.reason ?? kinds[kind].reason;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** One sentence for every refusal of a subject or bearer token, so that the answer never says which check failed. */
export const badToken = (cause: unknown): Failure => new Failure("badToken", "the token was refused", { cause });

/** The same for refresh tokens, under the OAuth word invalid_grant (RFC 6749 section 5.2). */
export const invalidGrant = (cause: unknown): Failure =>
  new Failure("badToken", "the token was refused", { reason: "INVALID_GRANT", cause });

/** One answer for every way an application fails to authenticate (RFC 6749 section 5.2, invalid_client). */
export const invalidClient = (cause: unknown): Failure =>
  new Failure("unauthenticated", "the client is not authenticated", { cause });

/** A dependency did not answer: never "wrong token", never success. */
export const unavailable = (cause: unknown, retryAfterMs = 1000): Failure =>
  new Failure("unavailable", "a dependency is unavailable", { retryAfterMs, cause });

/** Turns whatever was thrown into a Failure; what is not one already is a defect and becomes `internal`. */
export const asFailure = (thrown: unknown): Failure =>
  thrown instanceof Failure ? thrown : new Failure("internal", "internal error", { cause: thrown });
