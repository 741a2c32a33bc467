// The tenant of the growth benchmark before it is filled: its administrator, and one row of each kind to be copied.
import { managementPermissions } from "../src/resources/permissions.ts";
import { sampleName } from "./growth-fill.ts";

export const growthDeclaration = {
  tenant: { name: "growth" },
  projects: [{ name: "main", isDefault: true }],
  roles: [
    {
      name: "administrator",
      type: "ROLE_TYPE_MACHINE",
      scopeIds: managementPermissions("").map((name) => `urn:tessera:management#${name}`),
    },
  ],
  applications: [
    { name: "administrator", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" },
    { name: sampleName, type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" },
  ],
  applicationSecrets: [{ applicationId: "administrator", name: "first" }],
  roleAssignments: [{ roleId: "administrator", applicationId: "administrator" }],
  users: [{ username: sampleName, name: sampleName, email: `${sampleName}@example.test`, emailVerified: true }],
};
