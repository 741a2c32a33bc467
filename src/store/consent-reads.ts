// What third-party applications were given: read on the way of their requests only.
import { and, eq, sql } from "drizzle-orm/sql";
import type { Connection } from "./connection.ts";

const given = sql.placeholder;

export function bindConsentReads({ db, t }: Connection) {
  const scopes = db
    .select({
      type: t.userConsentScope.type,
      userScope: t.userConsentScope.userScope,
      scope: { name: t.scope.name, resourceId: t.scope.resourceId },
    })
    .from(t.userConsentScope)
    .leftJoin(t.scope, eq(t.scope.id, t.userConsentScope.scopeId))
    .where(
      and(
        eq(t.userConsentScope.tenantId, given("tenantId")),
        eq(t.userConsentScope.applicationId, given("applicationId")),
      ),
    )
    .prepare();
  const organization = db
    .select({ id: t.consentOrganization.id })
    .from(t.consentOrganization)
    .where(
      and(
        eq(t.consentOrganization.tenantId, given("tenantId")),
        eq(t.consentOrganization.applicationId, given("applicationId")),
        eq(t.consentOrganization.userId, given("userId")),
        eq(t.consentOrganization.organizationId, given("organizationId")),
      ),
    )
    .prepare();
  return {
    /** All that the application was given, of every audience; `scope` is null for parts of the user's picture. */
    consentedScopes: async (tenantId: string, applicationId: string) => scopes.execute({ tenantId, applicationId }),
    /** Whether the user lets the application act for the organization. */
    consentsToOrganization: async (
      tenantId: string,
      key: { applicationId: string; userId: string; organizationId: string },
    ): Promise<boolean> => (await organization.execute({ tenantId, ...key })).length > 0,
  };
}
