// Every kind of write that there is, against a scene: rows with the epochs that the planner of the real ones gives them.
import { create } from "@bufbuild/protobuf";
import { Failure } from "../../src/failure.ts";
import { operating } from "../../src/resources/index.ts";
import { fromColumns } from "../../src/resources/columns.ts";
import type { ResourceParts, ResourceType } from "../../src/resources/resource-type.ts";
import { planCreate, planDelete, planUpdate } from "../../src/resources/row-plans.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import type { Arguments, OperationName } from "../../src/store/operations.ts";
import type { AnyRow, CreateRow, DeleteRow, TypeName, UpdateRow } from "../../src/store/row-operations.ts";
import { auditOf, day, familyOf, grantOf, id, now, rotationOf } from "../support/store.ts";
import type { Scene } from "./remembered-scene.ts";

/** Arguments for the scene as it is now. Throws Failure notFound when the row that it is about is gone. */
export type Draft<Name extends OperationName> = (scene: Scene, parts: ResourceParts) => Promise<Arguments<Name>>;

/** The columns of one more row, which reads show. */
const additions: Record<TypeName, (scene: Scene) => AnyRow> = {
  tenant: ({ coming }) => ({ name: coming.tenant }),
  project: () => ({ name: "third" }),
  connector: () => ({ name: "third", issuer: id() }),
  application: ({ ids }) => ({ name: "third", projectId: ids.project }),
  applicationSecret: ({ ids }) => ({ applicationId: ids.application, name: "second", digest: "e" }),
  resource: () => ({ name: "third", indicator: "https://third.example.test" }),
  scope: ({ ids }) => ({ resourceId: ids.resource, name: "ships:steer" }),
  role: () => ({ name: "third", isDefault: true }),
  group: () => ({ name: "third" }),
  organization: () => ({ name: "third" }),
  organizationRole: () => ({ name: "third" }),
  user: ({ email }) => ({ username: "eve", email: `new-${email}`, emailKey: `new-${email}`, emailVerified: true }),
  userIdentity: ({ ids, second, comingSubject: subject }) => ({
    userId: ids.user,
    connectorId: second.connector,
    subject,
  }),
  groupMember: ({ ids, second }) => ({ groupId: second.group, userId: ids.user }),
  organizationMember: ({ ids, second }) => ({ organizationId: second.organization, userId: ids.user }),
  roleAssignment: ({ ids, second }) => ({ roleId: second.role, userId: ids.user, applicationId: null }),
  userConsentScope: ({ ids, second }) => ({ applicationId: ids.application, type: 2, scopeId: second.scope }),
  consentOrganization: ({ ids, second }) => ({
    applicationId: second.application,
    userId: ids.user,
    organizationId: ids.organization,
    memberId: ids.organizationMember,
  }),
  organizationApplication: ({ ids, second }) => ({
    organizationId: second.organization,
    applicationId: ids.application,
  }),
  organizationInvitation: ({ second }) => ({
    organizationId: second.organization,
    invitee: "guest",
    status: 1,
    expireTime: now + day,
  }),
  signInExperience: ({ second }) => ({ applicationId: second.application, displayName: "Second" }),
  customDomain: ({ second, coming }) => ({ applicationId: second.application, domain: `${coming.customDomain}.test` }),
  adminConsoleConfig: () => ({ organizationCreated: true }),
  oidcSessionConfig: () => ({ ttl: 60 }),
  idTokenConfig: () => ({ enabledExtendedClaims: [] }),
};

/** Each tenant has one of each of these, so one more is refused. */
export const single: readonly TypeName[] = ["adminConsoleConfig", "oidcSessionConfig", "idTokenConfig"];

/** Columns that reads show, with values that they do not have yet. */
const alterations: Record<TypeName, (scene: Scene) => AnyRow> = {
  tenant: () => ({ disabled: true }),
  project: () => ({ disabled: true }),
  connector: () => ({ disabled: true }),
  application: () => ({ disabled: true, connectorIds: ["another"] }),
  applicationSecret: () => ({ expireTime: now + 1 }),
  resource: () => ({ disabled: true, serverClientIds: ["another"] }),
  scope: () => ({ name: "ships:sink" }),
  role: () => ({ scopeIds: [] }),
  group: () => ({ roleIds: [] }),
  organization: () => ({ disabled: true }),
  organizationRole: () => ({ scopeIds: [] }),
  user: ({ email }) => ({ suspended: true, username: "ada2", emailKey: `new-${email}` }),
  userIdentity: ({ comingSubject }) => ({ subject: comingSubject }),
  groupMember: () => ({ expireTime: now + 1 }),
  organizationMember: () => ({ organizationRoleIds: [] }),
  roleAssignment: () => ({ expireTime: now + 1, applicationId: null }),
  userConsentScope: ({ second }) => ({ scopeId: second.scope }),
  consentOrganization: () => ({}),
  organizationApplication: () => ({ organizationRoleIds: ["another"] }),
  organizationInvitation: () => ({ status: 2 }),
  signInExperience: () => ({ displayName: "Another" }),
  customDomain: () => ({ status: 2 }),
  adminConsoleConfig: () => ({ organizationCreated: false }),
  oidcSessionConfig: () => ({ ttl: 120 }),
  idTokenConfig: () => ({ enabledExtendedClaims: [2] }),
};

const typeNames = Object.keys(alterations) as TypeName[];
const byType = <T>(make: (type: TypeName) => T): Record<string, T> =>
  Object.fromEntries(typeNames.map((type) => [type, make(type)]));

/** An operation without a case does not compile. */
export const writes: { [Name in OperationName]: Readonly<Record<string, Draft<Name>>> } = {
  openGrant: {
    "another grant": async (scene) => {
      const grant = grantOf(scene);
      return { grant, family: familyOf(grant) };
    },
  },
  rotateFamily: {
    "": async ({ family, grant, otherJti }) => ({
      ...rotationOf(family, 0),
      token: { grantId: grant.id, jti: otherJti },
    }),
  },
  endGrant: {
    "": async ({ tenantId, grant }) => ({
      tenantId,
      grantId: grant.id,
      now,
      reason: "revoked",
      audit: auditOf(tenantId),
    }),
  },
  revokeToken: {
    "": async ({ tenantId, jti }) => ({ token: { jti, tenantId, expireTime: now + day }, audit: auditOf(tenantId) }),
  },
  sweep: { "what nobody asks for": async () => ({ before: now - day, grantsBefore: now - day }) },
  touchSecret: { "": async ({ ids }) => ({ id: ids.applicationSecret, now }) },
  joinUser: {
    "somebody new": async (scene) => joining(scene, scene.comingSubject),
    "somebody known": async (scene) => joining(scene, scene.subject),
  },
  createRow: {
    ...byType<Draft<"createRow">>((type) => (scene, parts) => creation(parts, scene, type, additions[type](scene))),
    "roleAssignment of an application": (scene, parts) => {
      const of = { roleId: scene.second.role, userId: null, applicationId: scene.ids.application };
      return creation(parts, scene, "roleAssignment", of);
    },
    "roleAssignment in place of another user's": async (scene, parts) => {
      const { ids, second, tenantId } = scene;
      const of = { roleId: second.role, userId: second.user, applicationId: null };
      const made = await creation(parts, scene, "roleAssignment", of);
      return { ...made, displaces: { where: { userId: ids.user }, audit: auditOf(tenantId) } };
    },
  },
  updateRow: {
    ...byType<Draft<"updateRow">>((type) => (scene, parts) => alteration(parts, scene, type, alterations[type](scene))),
    "roleAssignment of an application": async (scene, parts) => {
      const of = { expireTime: now + 1, userId: null };
      return alteration(parts, scene, "roleAssignment", of, await rowOfApplication(parts, scene));
    },
  },
  deleteRow: {
    ...byType<Draft<"deleteRow">>((type) => (scene, parts) => {
      // A project goes when nothing is in it.
      return removal(parts, scene, type, type === "project" ? scene.second.project : scene.ids[type]);
    }),
    "roleAssignment of an application": async (scene, parts) =>
      removal(parts, scene, "roleAssignment", await rowOfApplication(parts, scene)),
  },
  writeRows: {
    "of two users and the tenant": async (scene, parts) => {
      const second = await alteration(parts, scene, "user", { username: "ben2" }, scene.second.user);
      const made = await creation(parts, scene, "groupMember", additions.groupMember(scene));
      const renamed = await alteration(parts, scene, "connector", { name: "renamed" });
      return {
        writes: [
          { operation: "updateRow", args: second },
          { operation: "createRow", args: made },
          { operation: "updateRow", args: renamed },
          { operation: "deleteRow", args: await removal(parts, scene, "roleAssignment", scene.ids.roleAssignment) },
        ],
      };
    },
    none: async () => ({ writes: [] }),
  },
  replaceBootstrapSecret: { "": async ({ tenantId }) => ({ secret: secretOf(tenantId) }) },
  createTenant: {
    "": async (scene, parts) => {
      const args = await creation(parts, scene, "tenant", additions.tenant(scene));
      return { writes: [{ operation: "createRow", args }], secret: secretOf(scene.coming.tenant) };
    },
  },
  bootstrap: {
    "": async (scene, parts) => {
      const args = await creation(parts, scene, "groupMember", additions.groupMember(scene));
      const { digest, tenantId } = scene;
      return { digest, now, writes: [{ operation: "createRow", args }], audit: auditOf(tenantId) };
    },
  },
  saveKeys: {
    "": async ({ tenantId }, { store }) => {
      const revision = Number((await store.instance.instanceValue("key_revision")) ?? 0);
      const dataKey = { id: id(), purpose: "p", status: "current", sealedKey: "s", createdAt: now };
      return { revision, signingKeys: [], dataKeys: [dataKey], audit: auditOf(tenantId) };
    },
  },
  recordEvent: { "": async ({ tenantId }) => ({ audit: auditOf(tenantId) }) },
  setInstanceValue: { "": async () => ({ name: "test_value", value: id() }) },
  raiseHighWater: { "": async () => ({ now }) },
  sealAudit: {
    "": async ({ tenantId }) => ({ rows: [{ tenantId, seq: 1, previousHash: "p", seal: "s" }] }),
  },
};

const secretOf = (tenantId: string) => ({ digest: id(), tenantId, expireTime: now + day, useTime: null });

/** Without the rules of the type, which are about whether it may be written, not whom it concerns. */
function typeNamed(name: TypeName): ResourceType {
  const found = [...resourceTypes.values()].find((type) => type.name === name);
  if (found === undefined) throw new Error(`there is no type ${name}`);
  const { check: _check, ...type } = found;
  return type;
}

const actingIn = (tenantId: string) => operating({ tenantId, now, requestId: id() });

async function creation(parts: ResourceParts, scene: Scene, name: TypeName, columns: AnyRow): Promise<CreateRow> {
  const type = typeNamed(name);
  const rowId = scene.coming[name];
  const tenantId = name === "tenant" ? rowId : scene.tenantId;
  const init = fromColumns(type.desc, { ...columns, id: rowId });
  const { write } = await planCreate(parts, type, actingIn(tenantId), init);
  if (write.operation !== "createRow") throw new Error("a creation was planned");
  return { ...write.args, row: { ...write.args.row, ...columns } };
}

async function alteration(
  parts: ResourceParts,
  scene: Scene,
  name: TypeName,
  set: AnyRow,
  rowId = scene.ids[name],
): Promise<UpdateRow> {
  const type = typeNamed(name);
  const row = await rowOf(parts, scene, name, rowId);
  const update = { row, change: create(type.desc), mask: [] };
  const { write } = await planUpdate(parts, type, actingIn(scene.tenantId), update);
  if (write.operation !== "updateRow") throw new Error("an update was planned");
  return { ...write.args, set: { ...write.args.set, ...set } };
}

async function removal(parts: ResourceParts, scene: Scene, name: TypeName, rowId: string): Promise<DeleteRow> {
  const write = planDelete({ name }, actingIn(scene.tenantId), await rowOf(parts, scene, name, rowId));
  if (write.operation !== "deleteRow") throw new Error("a removal was planned");
  return write.args;
}

async function rowOf({ store }: ResourceParts, { tenantId }: Scene, name: TypeName, rowId: string): Promise<AnyRow> {
  const row = await store.tenant(tenantId).row(name, rowId);
  if (row === undefined) throw new Failure("notFound", "it is gone");
  return row;
}

async function rowOfApplication({ store }: ResourceParts, { tenantId, ids }: Scene): Promise<string> {
  const key = { roleId: ids.role, userId: null, applicationId: ids.application };
  return String((await store.tenant(tenantId).rowByKey("roleAssignment", key))?.["id"]);
}

function joining({ tenantId, ids, coming }: Scene, subject: string): Arguments<"joinUser"> {
  const standard = { tenantId, revision: 1, createTime: now, updateTime: now };
  const named = { username: "joined", name: "", email: "", emailVerified: false, emailKey: "", phone: "" };
  const userId = coming.user;
  return {
    user: { ...standard, ...named, id: userId, suspended: false, epoch: 1 },
    terms: [],
    identity: { ...standard, id: coming.userIdentity, userId, connectorId: ids.connector, subject },
    assignments: [
      { ...standard, id: coming.roleAssignment, roleId: ids.role, userId, applicationId: null, expireTime: null },
    ],
    audit: auditOf(tenantId),
  };
}
