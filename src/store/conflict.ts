// Reads a driver's error: was it a broken unique rule, and did the transaction survive it?
import { Failure } from "../failure.ts";

type DriverError = { code?: unknown; cause?: unknown };

const codeOf = (thrown: unknown): string => {
  const error = thrown as DriverError | undefined;
  if (typeof error?.code === "string") return error.code;
  return error?.cause === undefined ? "" : codeOf(error.cause);
};

/** True for a duplicate key: SQLITE_CONSTRAINT_UNIQUE or _PRIMARYKEY, or PostgreSQL's 23505. */
export const isUniqueViolation = (thrown: unknown): boolean =>
  ["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"].includes(codeOf(thrown));

/** True where a row that is pointed at is missing, or still pointed at. */
export const isForeignKeyViolation = (thrown: unknown): boolean =>
  ["SQLITE_CONSTRAINT_FOREIGNKEY", "23503"].includes(codeOf(thrown));

/** After these the state of the file is unknown until it is opened anew (a failed fsync may have dropped pages). */
export const isFatal = (thrown: unknown): boolean => /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(codeOf(thrown));

/** What a failed write is to its caller. Whatever is not a rule of the data is an outage of the store. */
export function storeFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (isUniqueViolation(thrown)) return new Failure("exists", "it exists already", { cause: thrown });
  if (isForeignKeyViolation(thrown))
    return new Failure("precondition", "something it refers to does not exist, or something still refers to it", {
      cause: thrown,
    });
  return new Failure("unavailable", "a dependency is unavailable", { cause: thrown, retryAfterMs: 1000 });
}

type Read = (...args: unknown[]) => Promise<unknown>;

/** The same reads, but one that fails is an outage, like a write that does: never "not found". */
export function guarded<R extends object>(reads: R): R {
  const guard =
    (read: Read): Read =>
    async (...args) => {
      try {
        return await read(...args);
      } catch (thrown) {
        throw storeFailure(thrown);
      }
    };
  return Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, guard(read as Read)])) as R;
}
