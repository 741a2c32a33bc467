// What the rest of Tessera sees of the database: reads by name, writes by name, and one handle per tenant.
import { LRUCache } from "lru-cache";
import type { Changes } from "./changes.ts";
import type { bindAuditReads } from "./audit-rows.ts";
import type { Answer, Arguments, OperationName } from "./operations.ts";
import type { InstanceReads, TenantReads } from "./reads.ts";
import type { bindRowReads } from "./row-reads.ts";
import type { bindStanding } from "./standing.ts";
import type { Writer } from "./writer.ts";

type Reads = TenantReads & ReturnType<typeof bindStanding> & ReturnType<typeof bindRowReads>;
type WithinTenant<F> = F extends (tenantId: string, ...args: infer A) => infer R ? (...args: A) => R : never;

/** A tenant's rows and no others: its id is bound, so no query of a use-case can forget it. */
export type TenantStore = { readonly tenantId: string } & { [K in keyof Reads]: WithinTenant<Reads[K]> };

export type Store = {
  instance: InstanceReads & ReturnType<typeof bindAuditReads>;
  tenant(tenantId: string): TenantStore;
  /** Runs a named write and resolves after its commit. Throws Failure: exists, stale, precondition, late, unavailable … */
  write<Name extends OperationName>(name: Name, args: Arguments<Name>, deadline?: number): Promise<Answer<Name>>;
  /** Acknowledged writes: for whoever remembers what it made of rows. */
  changes: Pick<Changes, "count" | "unchanged">;
  /** Milliseconds: the latest time this store has seen. */
  highWater: number;
  healthy(): boolean;
  integrityCheck(): string[];
  close(): Promise<void>;
};

/** Tenant handles are a few closures; keeping some spares making them at each call. */
const handlesKept = 1000;

export function assembleStore(parts: {
  instance: Store["instance"];
  reads: Reads;
  changes: Store["changes"];
  writer: Writer;
  highWater: number;
  integrityCheck(): string[];
  closeReads(): void;
}): Store {
  const handles = new LRUCache<string, TenantStore>({ max: handlesKept });
  const reads = Object.entries(parts.reads);
  const bind = (tenantId: string): TenantStore => {
    const bound = reads.map(([name, read]) => [name, (read as Read).bind(undefined, tenantId)]);
    return { tenantId, ...Object.fromEntries(bound) };
  };
  return {
    instance: parts.instance,
    tenant(tenantId) {
      const known = handles.get(tenantId);
      if (known !== undefined) return known;
      const made = bind(tenantId);
      handles.set(tenantId, made);
      return made;
    },
    write: (name, args, deadline) => parts.writer.run(name, args, deadline),
    changes: parts.changes,
    highWater: parts.highWater,
    healthy: () => parts.writer.healthy(),
    integrityCheck: parts.integrityCheck,
    close: async () => {
      parts.closeReads();
      await parts.writer.close();
    },
  };
}

type Read = (...args: unknown[]) => Promise<unknown>;
