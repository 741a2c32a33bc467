// The table of all writes. The writer runs them by name; nothing else changes the database.
import { bindSealing } from "./audit-rows.ts";
import { bindBootstrapOperations } from "./bootstrap-operations.ts";
import type { Connection } from "./connection.ts";
import { bindKeyOperations } from "./key-operations.ts";
import { bindRowOperations } from "./row-operations.ts";
import { bindTokenOperations } from "./token-operations.ts";

export function bindOperations(connection: Connection) {
  return {
    ...bindTokenOperations(connection),
    ...bindRowOperations(connection),
    ...bindBootstrapOperations(connection),
    ...bindKeyOperations(connection),
    ...bindSealing(connection),
  };
}

export type Operations = ReturnType<typeof bindOperations>;
export type OperationName = keyof Operations;
export type Arguments<Name extends OperationName> = Parameters<Operations[Name]>[0];
export type Answer<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;
