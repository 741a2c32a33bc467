// Stores in folders of their own that vanish with the test, and tenants filled with one row of every kind.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { newId, systemRandom } from "../../src/random.ts";
import type { AuditEvent } from "../../src/store/audit-rows.ts";
import type { AnyRow, Term, TypeName } from "../../src/store/row-operations.ts";
import { openSqliteStore, type SqliteOptions } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import type { Row } from "../../src/store/tables.ts";
import type { JoinUser } from "../../src/store/token-operations.ts";

/** A moment that every row of the tests is about, in milliseconds. */
export const now = 1_800_000_000_000;
export const day = 86_400_000;

export const id = (): string => newId(now, systemRandom);

/** A folder that the caller removes. */
export const lastingFolder = (): string => mkdtempSync(join(tmpdir(), "tessera-test-"));

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = lastingFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const databaseFile = (): string => join(temporaryFolder(), "tessera.db");

/** Opens a store that is closed when the test ends; `path` may be one that was used before. */
export async function openTestStore(options: Partial<SqliteOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ path: databaseFile(), onFatal: () => undefined, ...options });
  onTestFinished(() => store.close());
  return store;
}

export const auditOf = (tenantId: string, event = "test.happened"): AuditEvent => ({
  tenantId,
  time: now,
  event,
  actor: "operator",
  subject: id(),
  clientId: "",
  requestId: id(),
  outcome: "success",
  reason: "",
  detail: {},
});

const standard = (tenantId: string) => ({ id: id(), tenantId, createTime: now, updateTime: now });

/** What the management layer finds a row by. */
const searchedBy: Partial<Record<TypeName, string>> = {
  project: "name",
  application: "name",
  resource: "name",
  scope: "name",
  role: "name",
  group: "name",
  organization: "name",
  organizationRole: "name",
  user: "username",
};

const termsOf = (type: TypeName, columns: AnyRow): Term[] => {
  const field = searchedBy[type];
  return field === undefined ? [] : [{ field, term: String(columns[field]).toLowerCase() }];
};

/** Creates a row as the management layer does, and answers its id. */
export async function createRow(store: Store, type: TypeName, tenantId: string, columns: AnyRow): Promise<string> {
  const row: AnyRow & { id: string } = { ...standard(tenantId), ...columns };
  if (type === "tenant") delete row["tenantId"];
  const [audit, terms] = [auditOf(tenantId, `${type}.created`), termsOf(type, columns)];
  await store.write("createRow", { type, tenantId, row, children: [], terms, epoch: { tenant: tenantId }, audit });
  return row.id;
}

export type TypeIds = Record<TypeName, string>;
/** A tenant with one row of each type; `subject` signs in at its connector, `email` is the user's, `uri` and `origin` the application's. */
export type FilledTenant = {
  tenantId: string;
  ids: TypeIds;
  subject: string;
  email: string;
  uri: string;
  origin: string;
};

export async function fillTenant(store: Store, name = id()): Promise<FilledTenant> {
  const tenantId = id();
  const make = (type: TypeName, columns: AnyRow) => createRow(store, type, tenantId, columns);
  const [subject, email] = [`subject-${name}`, `${name}@example.test`];
  const [uri, origin] = [`spiffe://example.test/${name}`, `https://${name}.example.test`];

  await make("tenant", { id: tenantId, name });
  const project = await make("project", { name: "first", isDefault: true });
  const connector = await make("connector", { name: "upstream", issuer: `https://${name}.issuer.test` });
  const application = await make("application", { name: "web", projectId: project });
  const applicationSecret = await make("applicationSecret", { applicationId: application, name: "first", digest: "d" });
  const resource = await make("resource", { name: "api", indicator: "https://api.example.test", isDefault: true });
  const scope = await make("scope", { resourceId: resource, name: "ships:read" });
  const role = await make("role", { name: "captain", scopeIds: [scope], isDefault: true });
  const group = await make("group", { name: "crew", roleIds: [role] });
  const organization = await make("organization", { name: "quay" });
  const organizationRole = await make("organizationRole", { name: "owner", scopeIds: [scope] });
  const user = await make("user", { username: "ada", email, emailKey: email, emailVerified: true });
  const userIdentity = await make("userIdentity", { userId: user, connectorId: connector, subject });
  const groupMember = await make("groupMember", { groupId: group, userId: user });
  const organizationRoleIds = [organizationRole];
  const organizationMember = await make("organizationMember", {
    organizationId: organization,
    userId: user,
    organizationRoleIds,
  });
  const roleAssignment = await make("roleAssignment", { roleId: role, userId: user });
  await make("roleAssignment", { roleId: role, applicationId: application });
  const around = await fillAround(make, { application, scope, user, organization, organizationMember }, name);
  await store.write("updateRow", {
    type: "application",
    tenantId,
    id: application,
    revision: 1,
    set: {},
    children: [
      { table: "applicationCertificate", owner: application, rows: [{ uri, tenantId, applicationId: application }] },
      { table: "applicationOrigin", owner: application, rows: [{ origin, tenantId, applicationId: application }] },
    ],
    epoch: { tenant: tenantId },
    audit: auditOf(tenantId),
  });
  const ids: TypeIds = {
    tenant: tenantId,
    project,
    connector,
    application,
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
    ...around,
  };
  return { tenantId, ids, subject, email, uri, origin };
}

/** What stands around applications and organizations, and the settings of the tenant. */
async function fillAround(
  make: (type: TypeName, columns: AnyRow) => Promise<string>,
  above: Pick<TypeIds, "application" | "scope" | "user" | "organization" | "organizationMember">,
  name: string,
) {
  const { application: applicationId, scope: scopeId, user: userId, organization: organizationId } = above;
  const memberId = above.organizationMember;
  const invitation = { organizationId, invitee: `guest-${name}`, status: 1, expireTime: now + day };
  return {
    userConsentScope: await make("userConsentScope", { applicationId, type: 2, scopeId }),
    consentOrganization: await make("consentOrganization", { applicationId, userId, organizationId, memberId }),
    organizationApplication: await make("organizationApplication", { organizationId, applicationId }),
    organizationInvitation: await make("organizationInvitation", invitation),
    signInExperience: await make("signInExperience", { applicationId, color: { primaryColor: "#000000" } }),
    customDomain: await make("customDomain", { applicationId, domain: `app.${name}.example.test` }),
    adminConsoleConfig: await make("adminConsoleConfig", { organizationCreated: true }),
    oidcSessionConfig: await make("oidcSessionConfig", { ttl: 3600 }),
    idTokenConfig: await make("idTokenConfig", { enabledExtendedClaims: [1] }),
  };
}

/** The rows a grant names. */
type Granted = Pick<TypeIds, "user" | "application" | "resource"> &
  Partial<Pick<TypeIds, "organization" | "connector">>;
type GrantOwner = { tenantId: string; ids: Granted };

export function grantOf({ tenantId, ids }: GrantOwner, change: Partial<Row<"grant">> = {}): Row<"grant"> {
  return {
    id: id(),
    tenantId,
    parentId: null,
    userId: ids.user,
    clientId: ids.application,
    resourceId: ids.resource,
    organizationId: ids.organization ?? null,
    connectorId: ids.connector ?? null,
    realm: "user",
    scope: null,
    requestId: id(),
    createTime: now,
    expireTime: now + 30 * day,
    revokeTime: null,
    revokeReason: null,
    ...change,
  };
}

export function familyOf(grant: Row<"grant">, change: Partial<Row<"refreshFamily">> = {}): Row<"refreshFamily"> {
  return {
    id: id(),
    tenantId: grant.tenantId,
    grantId: grant.id,
    clientId: grant.clientId,
    binding: null,
    generation: 0,
    headDigest: "digest-0",
    previousDigest: null,
    salt: null,
    retryWindowMs: 30_000,
    idleTtlMs: 7 * day,
    createTime: now,
    rotateTime: null,
    idleExpireTime: now + 7 * day,
    absoluteExpireTime: now + 30 * day,
    revokeTime: null,
    ...change,
  };
}

/** Opens a grant with a family, and answers both rows. */
export async function openFamily(store: Store, tenant: FilledTenant) {
  const grant = grantOf(tenant);
  const family = familyOf(grant);
  await store.write("openGrant", { grant, family });
  return { grant, family };
}

/** The rotation of a family at generation `from` to the next one. */
export const rotationOf = ({ tenantId, id: familyId }: Row<"refreshFamily">, from: number, mark = "") => ({
  tenantId,
  familyId,
  head: `digest-${from}`,
  successor: `digest-${from + 1}${mark}`,
  salt: `salt-${from + 1}${mark}`,
  now: now + from + 1,
  idleExpireTime: now + 7 * day + from + 1,
});

/** The tenant's audit rows from the first. */
export const trailOf = (store: Store, tenantId: string) => store.instance.auditTrail(tenantId, 0, 10_000);

const bornNow = (tenantId: string) => ({ ...standard(tenantId), revision: 1 });

/** The first sign-in of somebody. */
export function joinOf(
  { tenantId, ids }: FilledTenant,
  change: Partial<JoinUser["user"]> = {},
  subject = "newcomer",
): JoinUser {
  const user: JoinUser["user"] = {
    ...bornNow(tenantId),
    username: "newcomer",
    name: "New Comer",
    email: "new@example.test",
    emailVerified: true,
    emailKey: "new@example.test",
    phone: "",
    suspended: false,
    epoch: 1,
    ...change,
  };
  const assignment = { roleId: ids.role, userId: user.id, applicationId: null, expireTime: null };
  return {
    user,
    terms: [{ field: "username", term: "newcomer" }],
    identity: { ...bornNow(tenantId), userId: user.id, connectorId: ids.connector, subject },
    assignments: [{ ...bornNow(tenantId), ...assignment }],
    audit: { ...auditOf(tenantId, "user.joined"), subject: user.id },
  };
}
