// The steps that bring a tenant to its declared state, and carrying them out as one write.
import { Failure } from "../../failure.ts";
import type { RowWrite } from "../../store/row-operations.ts";
import { located } from "./located.ts";
import type { Acting, ResourceParts } from "../resource-type.ts";

export type AppliedChange = {
  action: "created" | "updated" | "deleted";
  type: string;
  id: string;
  name: string;
  /** A secret that was generated; it is shown this one time. */
  secret?: string;
};

/** `change` is absent for what is made along with a tenant, and `write` where nothing changes. */
export type Step = { path: string; write?: RowWrite; change?: AppliedChange; warnings: readonly string[] };

/** All steps or none. Throws what the first impossible one throws, with its path. */
export async function carryOutSteps(parts: ResourceParts, acting: Acting, steps: readonly Step[]): Promise<void> {
  const writing = steps.filter((step) => step.write !== undefined);
  if (writing.length === 0) return;
  try {
    const writes = writing.flatMap(({ write }) => write ?? []);
    await parts.store.write("writeRows", { writes }, acting.deadline);
  } catch (thrown) {
    const place = thrown instanceof Failure ? writing[Number(thrown.violations[0]?.field)] : undefined;
    if (!(thrown instanceof Failure) || place === undefined) throw thrown;
    const { kind, message, reason, cause } = thrown;
    throw located(place.path, new Failure(kind, message, { reason, cause }));
  }
}
