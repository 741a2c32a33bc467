// Fills the world's file up to a size: copies of rows that the service wrote itself, so that the columns are always those
// that the service writes. Two people are declared and have signed in; every other one is a copy of one of them.
import { writeFast } from "../support/rows.ts";
import { addFamilies } from "./families.ts";
import { addTenants } from "./tenants.ts";
import { addUsers } from "./users.ts";

/** Of all tenants but the system tenant; users and families are those of one tenant, which is the one that is called. */
export type Sizes = { users: number; families: number; tenants: number };

/** Users that have to be there, with a refresh family each. */
export const declaredUsers = 2;

/** The instance has stopped, and nobody else has its file. */
export function fill(path: string, tenantId: string, sizes: Sizes): void {
  writeFast(path, (file) => {
    // First, because a copy of the tenant is one of what it is without its many users.
    addTenants(file, tenantId, sizes.tenants - 1);
    const userIds = addUsers(file, tenantId, sizes.users);
    addFamilies(file, { tenantId, userIds, count: sizes.families - declaredUsers });
  });
}
