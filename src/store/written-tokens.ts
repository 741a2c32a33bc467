// Whether a grant still stands, and its token, from the moment they were written on: the first Introspect of a token asks
// SQLite for neither. What ends them is heard of like everywhere (changes.ts).
import type { Changes } from "./changes.ts";
import { createMemo, frozen, keyOf } from "./memo.ts";
import type { Answer, Arguments, OperationName } from "./operations.ts";
import type { TenantReads } from "./reads.ts";

/** Tokens with the state of their grant: that were asked about, and as many that were only written. */
const statesKept = { max: 5_000 };

type Reads = Pick<TenantReads, "grantState">;
type State = NonNullable<Awaited<ReturnType<Reads["grantState"]>>>;
type StateKey = [tenantId: string, grantId: string, jti: string];

export type WrittenTokens<R extends Reads> = {
  /** The same reads, but with a memory for `grantState`. */
  reads: R;
  /** To be told of each write that succeeded, in their order, after `changes` heard of it and before its caller goes on. */
  wrote<Name extends OperationName>(name: Name, args: Arguments<Name>, answer: Answer<Name>): void;
};

export function rememberWrittenTokens<R extends Reads>(
  reads: R,
  changes: Pick<Changes, "count" | "unchanged">,
): WrittenTokens<R> {
  const states = createMemo<State>(changes, statesKept);
  const expect = (key: StateKey, state: State) =>
    states.expect(keyOf(key), frozen(state), { ids: key, since: changes.count() });
  const known: { [Name in OperationName]?: (args: Arguments<Name>, answer: Answer<Name>) => void } = {
    openGrant: ({ grant, jti }) => {
      if (jti !== undefined)
        expect([grant.tenantId, grant.id, jti], { grant, family: { revokeTime: null }, tokenRevoked: false });
    },
    rotateFamily: ({ tenantId, token }, moved) => {
      if (!moved || token === undefined) return;
      // As Refresh has just read it. A token that was made now is not one that was revoked.
      const state = states.get(keyOf([tenantId, token.grantId, ""]));
      if (state !== undefined) expect([tenantId, token.grantId, token.jti], state);
    },
  };
  const readAnew = (...key: StateKey) =>
    states.readAnew(
      keyOf(key),
      () => reads.grantState(...key),
      () => key,
    );
  return {
    reads: { ...reads, grantState: async (...key: StateKey) => states.get(keyOf(key)) ?? readAnew(...key) },
    wrote: (name, args, answer) => known[name]?.(args, answer),
  };
}
