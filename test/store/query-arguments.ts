// One call of every read and every write, with arguments that a query could not do without. Texts hold a canary.
import type { InstanceReads, TenantReads } from "../../src/store/reads.ts";
import type { bindAuditReads } from "../../src/store/audit-rows.ts";
import type { Arguments, OperationName } from "../../src/store/operations.ts";
import type { RowConditions } from "../../src/store/list-reads.ts";
import type { CreateRow, DeleteRow, UpdateRow } from "../../src/store/row-operations.ts";
import type { bindRowReads } from "../../src/store/row-reads.ts";
import { auditOf, familyOf, grantOf, id, now, rotationOf } from "../support/store.ts";

type AllReads = InstanceReads & ReturnType<typeof bindAuditReads> & TenantReads & ReturnType<typeof bindRowReads>;
const text = "canary' OR 1=1 --";

const conditions: RowConditions = {
  parent: { username: text },
  matching: { suspended: [true], name: [text] },
  without: { link: "groupMember", by: "userId", where: { groupId: text } },
};

// A read that is missing here does not compile.
export const readArguments: { [Name in keyof AllReads]: Parameters<AllReads[Name]> } = {
  findClient: [text],
  findClientByCertificate: [text],
  secretsOf: [text],
  knowsOrigin: [text],
  signingAlgorithms: [],
  tenant: [text],
  tenantIds: [text, 10],
  tenantByName: [text],
  instanceValue: [text],
  bootstrapSecret: [[text]],
  hasLiveBootstrapSecret: [text, now],
  signingKeys: [],
  dataKeys: [],
  unsealed: [10],
  auditRow: [text, 1],
  auditTrail: [text, 0, 10],
  auditTenants: [],
  user: [text, text],
  userByEmail: [text, text],
  userByIdentity: [text, text, text],
  upstreamSubject: [text, text, text],
  connector: [text, text],
  userRoles: [text, text],
  applicationRoles: [text, text],
  defaultRoleIds: [text],
  groups: [text, text],
  membership: [text, text, text],
  policy: [text],
  consentedScopes: [text, text],
  consentsToOrganization: [text, { applicationId: text, userId: text, organizationId: text }],
  trail: [text, { filter: { event: `${text}.`, actor: text, from: now, until: now }, before: 9, limit: 10 }],
  family: [text, text],
  grantState: [text, text, text],
  resource: [text, text],
  row: [text, "user", text],
  rowByKey: [text, "roleAssignment", { roleId: text, userId: null }],
  rows: [text, "tenant", text, 10],
  present: [text, "role", [text, text]],
  list: [text, "user", { search: { field: text, text, mode: "substring" }, ...conditions, after: [7], limit: 10 }],
  total: [text, "user", { search: { field: text, text, mode: "prefix" }, ...conditions }],
};

const ids = { user: text, application: text, resource: text, organization: text, connector: text };
const grant = grantOf({ tenantId: text, ids }, { id: text });
const family = familyOf(grant, { id: text });
const audit = { ...auditOf(text), detail: { note: text } };
const standard = { id: text, tenantId: text, revision: 1, createTime: now, updateTime: now };
const change = { type: "connector" as const, tenantId: text, epoch: { tenant: text }, audit };
const row = { ...standard, name: text, issuer: text, audiences: [text] };

const createRow: CreateRow = {
  ...change,
  row,
  terms: [{ field: "name", term: text }],
  displaces: { where: { name: text }, audit },
  atMost: { where: { name: text }, count: 3, otherwise: "exhausted" },
  children: [
    {
      table: "connectorAudience",
      owner: text,
      rows: [{ tenantId: text, issuer: text, audience: text, connectorId: text }],
    },
  ],
};
const updateRow: UpdateRow = {
  ...change,
  id: text,
  revision: 1,
  set: { name: text, audiences: [text] },
  children: [{ table: "applicationOrigin", owner: text, rows: [] }],
};
const deleteRow: DeleteRow = { ...change, id: text, epoch: { user: text } };

const secret = { digest: text, tenantId: text, expireTime: now, useTime: null };

export const operationArguments: { [Name in OperationName]: Arguments<Name> } = {
  openGrant: { grant, family, claim: { tenantId: text, connectorId: text, fingerprint: text, expireTime: now } },
  rotateFamily: rotationOf(family, 0, text),
  endGrant: { tenantId: text, grantId: text, now, reason: "revoked", audit },
  revokeToken: { token: { jti: text, tenantId: text, expireTime: now }, audit },
  sweep: { before: now, grantsBefore: now },
  touchSecret: { id: text, now },
  joinUser: {
    user: {
      ...standard,
      username: text,
      name: text,
      email: text,
      emailVerified: true,
      emailKey: text,
      phone: text,
      suspended: false,
      epoch: 1,
    },
    terms: [{ field: text, term: text }],
    identity: { ...standard, userId: text, connectorId: text, subject: text },
    assignments: [{ ...standard, roleId: text, userId: text, applicationId: null, expireTime: null }],
    audit,
  },
  createRow,
  updateRow,
  deleteRow,
  writeRows: {
    writes: [
      { operation: "createRow", args: createRow },
      { operation: "updateRow", args: updateRow },
      { operation: "deleteRow", args: deleteRow },
    ],
  },
  replaceBootstrapSecret: { secret },
  createTenant: { writes: [{ operation: "createRow", args: createRow }], secret },
  bootstrap: { digest: text, now, writes: [{ operation: "createRow", args: createRow }], audit },
  saveKeys: {
    revision: 0,
    signingKeys: [],
    dataKeys: [{ id: id(), purpose: text, status: text, sealedKey: text, createdAt: now }],
    audit,
  },
  recordEvent: { audit },
  setInstanceValue: { name: text, value: text },
  raiseHighWater: { now },
  sealAudit: { rows: [{ tenantId: text, seq: 1, previousHash: text, seal: text }] },
};
