// The order of changes and the ids each concerned: how what was read before knows whether it is still true.
import type { OperationName, Arguments } from "./operations.ts";
import type { CreateRow, DeleteRow, RowWrite, UpdateRow } from "./row-operations.ts";

/** Ids of tenants, users, grants and tokens (jti); "everything" where no id says it all. */
export type Concerned = readonly string[] | "everything";

export type Changes = {
  /** How many there have been. */
  count(): number;
  /** Whether none of the changes after the first `since` concerned one of these ids. */
  unchanged(ids: readonly string[], since: number): boolean;
  note(concerned: Concerned): void;
};

/** Ids whose last change is known by its number. What changed longer ago counts as changed when the oldest known did. */
const idsKept = 10_000;

export function createChanges(): Changes {
  const last = new Map<string, number>();
  let count = 0;
  let forgotten = 0;
  return {
    count: () => count,
    unchanged: (ids, since) =>
      since === count || (since >= forgotten && ids.every((id) => (last.get(id) ?? 0) <= since)),
    note(concerned) {
      if (concerned.length === 0) return;
      count += 1;
      if (concerned === "everything") {
        forgotten = count;
        last.clear();
        return;
      }
      for (const id of concerned) {
        // Set anew, so that the first of the map is the one that changed longest ago.
        last.delete(id);
        last.set(id, count);
      }
      // Before the loop as well: its first step goes past all that was set anew, microseconds where there are thousands.
      if (last.size <= idsKept) return;
      for (const [id, at] of last) {
        if (last.size <= idsKept) return;
        last.delete(id);
        forgotten = at;
      }
    },
  };
}

/**
 * Whose remembered reads (remembered-reads.ts) a write may have made untrue. An operation that is not named here
 * concerns everything, so a new one can make reads slow and never wrong.
 */
export function concernedBy<Name extends OperationName>(name: Name, args: Arguments<Name>): Concerned {
  const concerned: Partial<Concerns> = concerns;
  return concerned[name]?.(args) ?? "everything";
}

type Concerns = { [Name in OperationName]: (args: Arguments<Name>) => readonly string[] };

const nobody = (): readonly string[] => [];

const concerns = {
  // What was not there was not remembered either.
  openGrant: nobody,
  // No remembered read shows generations and digests, times of use, or what has expired.
  rotateFamily: nobody,
  touchSecret: nobody,
  sweep: nobody,
  recordEvent: nobody,
  sealAudit: nobody,
  raiseHighWater: nobody,
  setInstanceValue: nobody,
  saveKeys: nobody,
  joinUser: ({ user }) => [user.id],
  endGrant: ({ grantId }) => [grantId],
  revokeToken: ({ token }) => [token.jti],
  createRow: ofRow,
  updateRow: ofRow,
  deleteRow: ofRow,
  writeRows: ({ writes }) => writes.flatMap(({ args }: RowWrite) => ofRow(args)),
} satisfies Partial<Concerns>;

/** A row that says nothing of whom it concerns concerns its tenant. */
function ofRow(change: CreateRow | UpdateRow | DeleteRow): readonly string[] {
  const { tenantId, epoch } = change;
  const displaces = "displaces" in change && change.displaces !== undefined;
  return epoch !== undefined && "user" in epoch && !displaces ? [epoch.user] : [tenantId];
}
