// What a management type is: a message, its table, its natural key and one hook for its rules.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Parts } from "../parts.ts";
import type { AuditEvent } from "../store/audit-rows.ts";
import type { AnyRow, AtMost, Children, TypeName } from "../store/row-operations.ts";

export type ResourceParts = Pick<Parts, "store" | "keyring" | "random" | "validate">;

/** Who acts, where, and when. `event` makes the audit row of a change. */
export type Acting = {
  tenantId: string;
  /** The management permissions of whoever acts: what it may hand on to others. The operator may hand on everything. */
  may: ReadonlySet<string> | "everything";
  now: number;
  deadline?: number;
  event(facts: { event: string; subject: string; detail?: AuditEvent["detail"] }): AuditEvent;
};

/**
 * What a type's rules add to a write: columns that are no field or were left to the service, side rows, how many there
 * may be of a new one, the columns of those that a new one takes the place of, and what its owner should look at again.
 */
export type Checked = {
  columns?: AnyRow;
  children?: Children[];
  atMost?: AtMost;
  displaces?: AnyRow;
  warnings?: readonly string[];
};

export type ResourceType<D extends DescMessage = DescMessage> = {
  desc: D;
  /** Its table, and the word in permissions and audit events. */
  name: TypeName;
  /** The fields that name one of its kind within the tenant, beside the id. */
  key: readonly (keyof MessageShape<D> & string)[];
  /** Rules that need other rows. `message` is what would be stored. Throws invalid or precondition. */
  check?(parts: ResourceParts, acting: Acting, message: MessageShape<D>): Promise<Checked> | Checked;
};
