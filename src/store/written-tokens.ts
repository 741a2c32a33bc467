// What the store knows of grants and refresh families because it has just written them: neither the first Introspect of a
// token nor the next Refresh asks SQLite. What ends them is heard of like everywhere (changes.ts).
import type { Changes } from "./changes.ts";
import { createMemo, keyOf } from "./memo.ts";
import type { Answer, Arguments, OperationName } from "./operations.ts";
import type { TenantReads } from "./reads.ts";
import { frozen } from "./remembered-reads.ts";
import { rotatedFamily } from "./token-operations.ts";

/** Tokens with the state of their grant, and families, that are kept. */
const kept = { max: 5_000 };

type Reads = Pick<TenantReads, "grantState" | "family">;
type State = NonNullable<Awaited<ReturnType<Reads["grantState"]>>>;
type Family = NonNullable<Awaited<ReturnType<Reads["family"]>>>;
type StateKey = [tenantId: string, grantId: string, jti: string];

/** Told of each write that succeeded, in their order, after `changes` heard of it and before its caller has the answer. */
export type Wrote = <Name extends OperationName>(name: Name, args: Arguments<Name>, answer: Answer<Name>) => void;

export function rememberTokens<R extends Reads>(
  reads: R,
  changes: Pick<Changes, "count" | "unchanged">,
): { reads: R; wrote: Wrote } {
  const states = createMemo<State>(changes, kept);
  // Filled by writes alone: a rotation is no change that others hear of, so a slow read could bring back what it replaced.
  const families = createMemo<Family>(changes, kept);
  const keepState = (key: StateKey, state: State, since = changes.count()) =>
    states.keep(keyOf(key), frozen(state), { ids: key, since });
  const keepFamily = (family: Family) => {
    const { tenantId, id, grantId } = family;
    families.keep(keyOf([tenantId, id]), frozen(family), { ids: [tenantId, grantId], since: changes.count() });
  };
  const readState = async (...key: StateKey) => {
    const since = changes.count();
    const state = await reads.grantState(...key);
    if (state !== undefined) keepState(key, state, since);
    return state;
  };
  const known: { [Name in OperationName]?: (args: Arguments<Name>, answer: Answer<Name>) => void } = {
    openGrant({ grant, family, jti }) {
      const state = { grant, family: { revokeTime: null }, tokenRevoked: false };
      if (jti !== undefined) keepState([grant.tenantId, grant.id, jti], state);
      if (family !== undefined) keepFamily(family);
    },
    rotateFamily(args, moved) {
      if (!moved) return;
      const { tenantId, grantId } = args.family;
      keepFamily(rotatedFamily(args));
      // As Refresh has just read it. A token that was made now is not one that was revoked.
      const state = states.get(keyOf([tenantId, grantId, ""]));
      if (state !== undefined && args.jti !== undefined) keepState([tenantId, grantId, args.jti], state);
    },
  };
  return {
    reads: {
      ...reads,
      grantState: async (...key: StateKey) => states.get(keyOf(key)) ?? readState(...key),
      family: async (tenantId: string, id: string) => families.get(keyOf([tenantId, id])) ?? reads.family(tenantId, id),
    },
    wrote: (name, args, answer) => known[name]?.(args, answer),
  };
}
