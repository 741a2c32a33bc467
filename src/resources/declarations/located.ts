// Says in a failure where in a declaration it happened.
import { Failure } from "../../failure.ts";

/** Runs a step and puts `path` before the fields of what it throws, such as "roles[2].scope_ids[0]". */
export async function locate<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    throw thrown instanceof Failure ? located(path, thrown) : thrown;
  }
}

/** The failure with `path` before the fields of its violations. */
export function located(path: string, failure: Failure): Failure {
  const { kind, message, reason, violations } = failure;
  const found = violations.length > 0 ? violations : [{ field: "", description: message, rule: kind }];
  const placed = found.map((each) => ({ ...each, field: each.field === "" ? path : `${path}.${each.field}` }));
  return new Failure(kind, message, { reason, violations: placed, cause: failure });
}
