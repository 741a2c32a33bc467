// Everything that can end a grant, put together for one decision of Introspect, Refresh and every bearer. What it stands on
// is the same for many grants, and remembered as one; what is read for a grant alone is its own row.
import type { Changes } from "./changes.ts";
import { createMemo, keyOf } from "./memo.ts";
import type { InstanceReads, TenantReads } from "./reads.ts";

type Needs = Pick<InstanceReads, "findClient"> &
  Pick<
    TenantReads,
    "grantState" | "user" | "resource" | "connector" | "upstreamSubject" | "membership" | "consentsToOrganization"
  >;

/** A connector, organization or membership that is gone is null, like one that the grant never had. */
export type Standing = NonNullable<Awaited<ReturnType<ReturnType<typeof bindStanding>["standing"]>>>;

/** What grants stand on: of a user at an application and an audience, by a connector, for an organization. */
const groundsKept = { max: 5_000 };

export function bindStanding(reads: Needs, changes: Pick<Changes, "unchanged" | "count">) {
  const grounds = createMemo<Grounds>(changes, groundsKept);
  const readGrounds = (key: string, grant: Grant) =>
    grounds.readAnew(
      key,
      () => groundsOf(reads, grant),
      (found) => (isWhole(found, grant) ? [grant.tenantId, grant.userId] : []),
    );
  return {
    /** Undefined where the grant or its application, user or resource is gone. */
    standing: async (tenantId: string, grantId: string, jti: string) => {
      const state = await reads.grantState(tenantId, grantId, jti);
      if (state === undefined) return undefined;
      const key = keyOfGrounds(state.grant);
      const found = grounds.get(key) ?? (await readGrounds(key, state.grant));
      if (found === undefined) return undefined;
      const consented = found.application.thirdParty && (await consents(reads, state.grant));
      return { ...state, ...found, consented };
    },
  };
}

type Grant = NonNullable<Awaited<ReturnType<Needs["grantState"]>>>["grant"];
type Grounds = NonNullable<Awaited<ReturnType<typeof groundsOf>>>;

const keyOfGrounds = ({ tenantId, clientId, userId, resourceId, connectorId, organizationId }: Grant): string =>
  keyOf([tenantId, clientId, userId, resourceId, connectorId ?? "", organizationId ?? ""]);

async function groundsOf(reads: Needs, grant: Grant) {
  const { tenantId, clientId, userId, resourceId, connectorId, organizationId } = grant;
  const client = await reads.findClient(clientId);
  const user = await reads.user(tenantId, userId);
  const resource = await reads.resource(tenantId, resourceId);
  if (client?.tenant.id !== tenantId || user === undefined || resource === undefined) return undefined;
  const connector = connectorId === null ? undefined : await reads.connector(tenantId, connectorId);
  const membership = organizationId === null ? undefined : await reads.membership(tenantId, userId, organizationId);
  return {
    ...client,
    user,
    resource,
    connector: connector ?? null,
    /** Who the user is there, where that identity still stands. */
    upstreamSubject: connectorId === null ? undefined : await reads.upstreamSubject(tenantId, userId, connectorId),
    organization: membership?.organization ?? null,
    membership: membership ?? null,
  };
}

/** What is not there has nobody whom a write that makes it could concern. */
function isWhole({ connector, upstreamSubject, membership }: Grounds, { connectorId, organizationId }: Grant): boolean {
  const isLinked = connectorId === null || (connector !== null && upstreamSubject !== undefined);
  return isLinked && (organizationId === null || membership !== null);
}

/** The user's consent to a third party that it acts for the organization. */
const consents = async (reads: Needs, { tenantId, userId, clientId, organizationId }: Grant): Promise<boolean> =>
  organizationId !== null &&
  (await reads.consentsToOrganization(tenantId, { applicationId: clientId, userId, organizationId }));
