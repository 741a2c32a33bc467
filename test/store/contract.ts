// What every store owes, whatever its dialect: run it against each with a function that opens an empty one.
import { afterAll, describe, onTestFinished } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { auditContract } from "./contract-audit.ts";
import { grantContract } from "./contract-grants.ts";
import { listContract } from "./contract-lists.ts";
import { rowContract } from "./contract-rows.ts";
import { searchContract } from "./contract-search.ts";
import { tenantContract } from "./contract-tenants.ts";
import { userContract } from "./contract-users.ts";

/** Opens an empty store. */
export type OpenStore = () => Promise<Store>;

export function storeContract(name: string, open: OpenStore): void {
  // Most tests live in tenants of their own and share one store; what is instance-wide gets one of its own.
  let opened: Promise<Store> | undefined;
  const shared = () => (opened ??= open());
  const own = async () => {
    const store = await open();
    onTestFinished(() => store.close());
    return store;
  };
  afterAll(async () => (await opened)?.close());
  describe(`${name} store: rows`, () => rowContract(shared));
  describe(`${name} store: lists`, () => listContract(shared));
  describe(`${name} store: searches`, () => searchContract(shared));
  describe(`${name} store: tenants`, () => tenantContract(shared));
  describe(`${name} store: grants and families`, () => grantContract(shared));
  describe(`${name} store: users`, () => userContract(shared));
  describe(`${name} store: audit and keys`, () => auditContract(own));
}
