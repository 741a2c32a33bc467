// Everything that can end a grant, put together for one decision of Introspect, Refresh and every bearer. Most of it is
// the same for many grants and remembered: what is read for a grant alone is its own row.
import type { InstanceReads, TenantReads } from "./reads.ts";

type Needs = Pick<InstanceReads, "findClient"> &
  Pick<
    TenantReads,
    "grantState" | "user" | "resource" | "connector" | "upstreamSubject" | "membership" | "consentsToOrganization"
  >;

/** A connector, organization or membership that is gone is null, like one that the grant never had. */
export type Standing = NonNullable<Awaited<ReturnType<ReturnType<typeof bindStanding>["standing"]>>>;

export const bindStanding = (reads: Needs) => ({
  /** Undefined where the grant or its application, user or resource is gone. */
  standing: async (tenantId: string, grantId: string, jti: string) => {
    const state = await reads.grantState(tenantId, grantId, jti);
    if (state === undefined) return undefined;
    const { grant } = state;
    const client = await reads.findClient(grant.clientId);
    const user = await reads.user(tenantId, grant.userId);
    const resource = await reads.resource(tenantId, grant.resourceId);
    if (client === undefined || user === undefined || resource === undefined) return undefined;
    const { tenant, application, project } = client;
    const upstream = await throughConnector(reads, grant);
    const acting = await forOrganization(reads, grant, application);
    return { ...state, tenant, application, project, user, resource, ...upstream, ...acting };
  },
});

type Grant = NonNullable<Awaited<ReturnType<Needs["grantState"]>>>["grant"];

/** The connector the user came by, and who the user is there, where that identity still stands. */
async function throughConnector(reads: Needs, { tenantId, userId, connectorId }: Grant) {
  if (connectorId === null) return { connector: null, upstreamSubject: undefined };
  const connector = (await reads.connector(tenantId, connectorId)) ?? null;
  return { connector, upstreamSubject: await reads.upstreamSubject(tenantId, userId, connectorId) };
}

/** The organization the user acts for, the membership, and for a third party the user's consent to that. */
async function forOrganization(
  reads: Needs,
  { tenantId, userId, clientId, organizationId }: Grant,
  { thirdParty }: { thirdParty: boolean },
) {
  if (organizationId === null) return { organization: null, membership: null, consented: false };
  const membership = (await reads.membership(tenantId, userId, organizationId)) ?? null;
  const key = { applicationId: clientId, userId, organizationId };
  const consented = thirdParty && (await reads.consentsToOrganization(tenantId, key));
  return { organization: membership?.organization ?? null, membership, consented };
}
