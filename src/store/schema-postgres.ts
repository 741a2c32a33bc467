// What drizzle-kit reads to write migrations/postgres: it takes each export that is a table.
import { postgresKit } from "./columns-postgres.ts";
import { defineTables } from "./tables.ts";

export const {
  instance,
  tenant,
  project,
  connector,
  connectorAudience,
  application,
  applicationCertificate,
  applicationOrigin,
  applicationSecret,
  resource,
  scope,
  role,
  group,
  organization,
  organizationRole,
  user,
  userIdentity,
  groupMember,
  organizationMember,
  roleAssignment,
  grant,
  refreshFamily,
  revokedToken,
  usedToken,
  signingKey,
  dataKey,
  auditEvent,
} = defineTables(postgresKit);
