// A tenant that every read has something to say of, and all that is asked of it: through the store, and plainly.
import { createChanges } from "../../src/store/changes.ts";
import { bindInstanceReads, bindTenantReads, type InstanceReads, type TenantReads } from "../../src/store/reads.ts";
import { rememberInstanceReads, rememberTenantReads } from "../../src/store/remembered-reads.ts";
import { connect, openFile } from "../../src/store/sqlite-file.ts";
import { bindStanding } from "../../src/store/standing.ts";
import type { Store } from "../../src/store/store.ts";
import { rememberWrittenTokens } from "../../src/store/written-tokens.ts";
import {
  createRow,
  fillTenant,
  type FilledTenant,
  grantOf,
  familyOf,
  id,
  now,
  day,
  type TypeIds,
} from "../support/store.ts";
import type { Row } from "../../src/store/tables.ts";

/** `second` are rows beside the first of their kind, `coming` ids of rows that a write may make. */
export type Scene = FilledTenant & {
  second: Pick<TypeIds, SecondType>;
  coming: TypeIds;
  comingSubject: string;
  grant: Row<"grant">;
  family: Row<"refreshFamily">;
  /** Tokens of the grant. */
  jti: string;
  otherJti: string;
  /** Of a secret that opens the tenant. */
  digest: string;
};

type SecondType =
  | ("project" | "connector" | "application" | "resource" | "scope")
  | ("role" | "group" | "organization" | "user");

export async function fillScene(store: Store): Promise<Scene> {
  const filled = await fillTenant(store);
  const { tenantId, ids } = filled;
  const make = (type: SecondType, columns: object) => createRow(store, type, tenantId, { name: "second", ...columns });
  const project = await make("project", {});
  const connector = await make("connector", { issuer: id() });
  const application = await make("application", { projectId: ids.project, thirdParty: true });
  const resource = await make("resource", { indicator: "https://second.example.test" });
  const scope = await make("scope", { resourceId: resource });
  const role = await make("role", {});
  const group = await make("group", {});
  const organization = await make("organization", {});
  const user = await make("user", { username: "ben" });
  const grant = grantOf(filled);
  const family = familyOf(grant);
  const [jti, otherJti, digest, comingSubject] = [id(), id(), id(), id()];
  await store.write("openGrant", { grant, family, jti });
  await store.write("replaceBootstrapSecret", { secret: { digest, tenantId, expireTime: now + day, useTime: null } });
  const coming = Object.fromEntries(Object.keys(ids).map((type) => [type, id()])) as TypeIds;
  const second = { project, connector, application, resource, scope, role, group, organization, user };
  return { ...filled, second, coming, comingSubject, grant, family, jti, otherJti, digest };
}

type AllReads = InstanceReads & TenantReads & ReturnType<typeof bindStanding>;
export type ReadName = keyof AllReads;

/** Asks one read by its name. */
export type Ask = (name: ReadName, args: readonly unknown[]) => Promise<unknown>;
type AnyReads = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

export const throughStore =
  ({ instance, tenant }: Store): Ask =>
  (name, args) => {
    const [tenantId, ...rest] = args;
    const [above, within] = [instance, tenant(String(tenantId))] as unknown as [AnyReads, AnyReads];
    return name in above ? asked(above, name, args) : asked(within, name, rest);
  };

type Watching = Pick<Store["changes"], "count" | "unchanged">;
const alwaysChanged: Watching = { count: () => 0, unchanged: () => false };

/** Over a connection of its own to the same file; remembers nothing, or for as long as it hears of nothing. */
export function overFile(path: string, changes?: Watching) {
  const file = openFile(path, "read");
  const connection = connect(file);
  const [above, within] = [bindInstanceReads(connection), bindTenantReads(connection)];
  const { instance, tenant } =
    changes === undefined ? { instance: above, tenant: within } : remembered(above, within, changes);
  const standing = bindStanding({ ...instance, ...tenant }, changes ?? alwaysChanged);
  const reads = { ...instance, ...tenant, ...standing } satisfies AllReads;
  const ask: Ask = (name, args) => asked(reads as unknown as AnyReads, name, args);
  return { ask, reads, close: () => file.close() };
}

/** As the store puts them together. */
function remembered(above: InstanceReads, within: TenantReads, changes: Watching) {
  const { reads } = rememberWrittenTokens(within, changes);
  return { instance: rememberInstanceReads(above, changes), tenant: rememberTenantReads(reads, changes) };
}

/** Names of the reads that are not the plain ones where something remembers. */
export function rememberedNames(reads: AllReads): string[] {
  const { instance, tenant } = remembered(reads, reads, createChanges());
  const plain = new Set<unknown>(Object.values(reads));
  const entries = [...Object.entries(instance), ...Object.entries(tenant)];
  const names = entries.filter(([, read]) => !plain.has(read)).map(([name]) => name);
  return [...new Set([...names, "standing"])].toSorted();
}

function asked(reads: AnyReads, name: string, args: readonly unknown[]): Promise<unknown> {
  const read = reads[name];
  if (read === undefined) throw new Error(`there is no read ${name}`);
  return read(...args);
}

type Probes = { [Name in ReadName]: (scene: Scene) => Parameters<AllReads[Name]>[] };

const every = ({ ids, coming, second }: Scene, type: SecondType) => [ids[type], second[type], coming[type]];
const within = (scene: Scene, type: SecondType) =>
  every(scene, type).map((one): [string, string] => [scene.tenantId, one]);
const crossed = (scene: Scene, left: SecondType, right: SecondType) =>
  every(scene, left).flatMap((one) =>
    every(scene, right).map((other): [string, string, string] => [scene.tenantId, one, other]),
  );

// A read that is missing here does not compile.
const probes: Probes = {
  findClient: (scene) => every(scene, "application").map((one): [string] => [one]),
  findClientByCertificate: ({ uri }) => [[uri]],
  secretsOf: (scene) => every(scene, "application").map((one): [string] => [one]),
  knowsOrigin: ({ origin }) => [[origin]],
  signingAlgorithms: () => [[]],
  tenant: ({ tenantId, coming }) => [[tenantId], [coming.tenant]],
  tenantIds: ({ tenantId }) => [[tenantId, 10]],
  tenantByName: ({ tenantId }) => [[tenantId]],
  instanceValue: () => [["test_value"], ["key_revision"]],
  bootstrapSecret: ({ digest }) => [[[digest]]],
  hasLiveBootstrapSecret: ({ tenantId }) => [[tenantId, now]],
  signingKeys: () => [[]],
  dataKeys: () => [[]],
  user: (scene) => within(scene, "user"),
  userByEmail: ({ tenantId, email }) => [email, `new-${email}`].map((one): [string, string] => [tenantId, one]),
  userByIdentity: (scene) =>
    every(scene, "connector").flatMap((connector) =>
      [scene.subject, scene.comingSubject].map((one): [string, string, string] => [scene.tenantId, connector, one]),
    ),
  upstreamSubject: (scene) => crossed(scene, "user", "connector"),
  connector: (scene) => within(scene, "connector"),
  resource: (scene) => within(scene, "resource"),
  userRoles: (scene) => within(scene, "user"),
  applicationRoles: (scene) => within(scene, "application"),
  defaultRoleIds: ({ tenantId }) => [[tenantId]],
  groups: (scene) => within(scene, "user"),
  membership: (scene) => crossed(scene, "user", "organization"),
  policy: ({ tenantId }) => [[tenantId]],
  consentedScopes: (scene) => within(scene, "application"),
  consentsToOrganization: ({ tenantId, ids }) => [
    [tenantId, { applicationId: ids.application, userId: ids.user, organizationId: ids.organization }],
  ],
  trail: ({ tenantId }) => [[tenantId, { filter: {}, before: undefined, limit: 5 }]],
  family: ({ tenantId, family }) => [[tenantId, family.id]],
  grantState: ({ tenantId, grant, jti, otherJti }) =>
    [jti, otherJti, ""].map((one): [string, string, string] => [tenantId, grant.id, one]),
  standing: ({ tenantId, grant, jti, otherJti }) =>
    [jti, otherJti, ""].map((one): [string, string, string] => [tenantId, grant.id, one]),
};

export type Probe = { name: ReadName; args: readonly unknown[] };

export const probesOf = (scene: Scene): Probe[] =>
  Object.entries(probes).flatMap(([name, argumentsOf]) =>
    argumentsOf(scene).map((args) => ({ name: name as ReadName, args })),
  );

/** What is answered, by the words of the question. */
export async function answers(ask: Ask, asking: readonly Probe[]): Promise<Record<string, unknown>> {
  const said: Record<string, unknown> = {};
  for (const { name, args } of asking) said[`${name} ${JSON.stringify(args)}`] = await ask(name, args);
  return said;
}
