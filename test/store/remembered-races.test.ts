// Reads and writes at the same time: a read that begins after a write was answered shows it, however long reads take and
// whatever else is under way.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPolicy } from "../../src/policy/permissions.ts";
import { bindInstanceReads, bindTenantReads, type InstanceReads, type TenantReads } from "../../src/store/reads.ts";
import { rememberTenantReads } from "../../src/store/remembered-reads.ts";
import type { TypeName } from "../../src/store/row-operations.ts";
import { connect, openFile } from "../../src/store/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { bindStanding } from "../../src/store/standing.ts";
import type { Store, TenantStore } from "../../src/store/store.ts";
import { rememberWrittenTokens } from "../../src/store/written-tokens.ts";
import { createUserPermissions } from "../../src/user-permissions.ts";
import { auditOf, day, type FilledTenant, fillTenant, id, lastingFolder, now, openFamily } from "../support/store.ts";

const folder = lastingFolder();
const path = join(folder, "tessera.db");
let close = (): unknown => undefined;
let store: Store;
let plain: TenantReads & InstanceReads;
let tenant: FilledTenant;
let grantId: string;
beforeAll(async () => {
  store = await openSqliteStore({ path, durability: "NORMAL", onFatal: () => undefined });
  const opened = openFile(path, "read");
  close = () => opened.close();
  plain = { ...bindInstanceReads(connect(opened)), ...bindTenantReads(connect(opened)) };
  tenant = await fillTenant(store);
  grantId = (await openFamily(store, tenant)).grant.id;
});
afterAll(async () => {
  close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Watching = Parameters<typeof rememberTenantReads>[1];

/** A row that counts up, and where a read shows how far it is. */
type Counter = {
  type: TypeName;
  column: string;
  /** Whose epoch moves; absent the tenant's. */
  ofUser?: true;
  shown(reads: Remembering): Promise<number>;
};

type Remembering = TenantReads & {
  /** Of a grant of the user at the resource. */
  standing(): Promise<Awaited<ReturnType<TenantStore["standing"]>>>;
  /** When the user's permissions end that come by roles of its own, and those that come by groups. */
  rolesUntil(): Promise<number>;
  groupsUntil(): Promise<number>;
};

const counters: Counter[] = [
  {
    type: "user",
    column: "phone",
    ofUser: true,
    shown: async ({ user }) => Number((await user(tenant.tenantId, tenant.ids.user))?.phone),
  },
  {
    type: "user",
    column: "phone",
    ofUser: true,
    shown: async ({ userByIdentity }) => {
      const found = await userByIdentity(tenant.tenantId, tenant.ids.connector, tenant.subject);
      return Number(found?.phone);
    },
  },
  {
    type: "roleAssignment",
    column: "expireTime",
    ofUser: true,
    shown: ({ rolesUntil }) => rolesUntil(),
  },
  {
    type: "groupMember",
    column: "expireTime",
    ofUser: true,
    shown: ({ groupsUntil }) => groupsUntil(),
  },
  {
    type: "user",
    column: "phone",
    ofUser: true,
    shown: async ({ standing }) => Number((await standing())?.user.phone),
  },
  {
    type: "resource",
    column: "accessTokenTtl",
    shown: async ({ standing }) => Number((await standing())?.resource.accessTokenTtl),
  },
  {
    type: "resource",
    column: "accessTokenTtl",
    shown: async ({ resource }) => Number((await resource(tenant.tenantId, tenant.ids.resource))?.accessTokenTtl),
  },
  {
    type: "connector",
    column: "leeway",
    shown: async ({ connector }) => Number((await connector(tenant.tenantId, tenant.ids.connector))?.leeway),
  },
];
const rows = [...new Map(counters.map((counter) => [counter.type, counter])).values()];

/** The same reads, but each waits some turns before it looks and before it answers, as over a network. */
const slow = <R extends TenantReads>(reads: R): R => {
  const entries = Object.entries(reads as Readonly<Record<string, (...args: never[]) => Promise<unknown>>>);
  const slowed = entries.map(([name, read]) => [
    name,
    async (...args: never[]) => {
      await turns();
      const answer = await read(...args);
      await turns();
      return answer;
    },
  ]);
  return Object.fromEntries(slowed) as R;
};

async function turns(): Promise<void> {
  for (let left = Math.floor(Math.random() * 8); left > 0; left--) await turn();
}

const writesEach = 25;

/** All rows count up at once while all reads are asked; answers how often a read said less than was acknowledged. */
async function behind(reads: Remembering): Promise<{ asked: number; late: number }> {
  const acknowledged = new Map<TypeName, number>();
  const writing = new Set(rows);
  let [asked, late] = [0, 0];
  const look = async ({ type, shown }: Counter) => {
    const least = acknowledged.get(type) ?? 0;
    asked += 1;
    if ((await shown(reads)) < least) late += 1;
  };
  const write = async (counter: Counter) => {
    for (let left = writesEach; left > 0; left--) {
      acknowledged.set(counter.type, await countUp(counter));
      await Promise.all(counters.filter(({ type }) => type === counter.type).map(look));
    }
    writing.delete(counter);
  };
  const watch = async (counter: Counter) => {
    while (writing.size > 0) await Promise.all([look(counter), turn()]);
  };
  await Promise.all([...rows.map(write), ...counters.map(watch)]);
  return { asked, late };
}

async function countUp({ type, column, ofUser }: Counter): Promise<number> {
  const { tenantId, ids } = tenant;
  const revision = Number((await store.tenant(tenantId).row(type, ids[type]))?.["revision"]);
  const epoch = ofUser ? { user: ids.user } : { tenant: tenantId };
  const set = { [column]: column === "phone" ? String(revision) : revision };
  const args = { type, tenantId, id: ids[type], revision, set, children: [], epoch, audit: auditOf(tenantId) };
  await store.write("updateRow", args);
  return revision;
}

function remembering(changes: Watching): Remembering {
  const { tenantId, ids } = tenant;
  const reads = rememberTenantReads(rememberWrittenTokens(slow(plain), changes).reads, changes);
  const policy = buildPolicy({ resources: [], scopes: [], roles: [], groups: [], organizationRoles: [] });
  const nothing = { userRoles: async () => [], groups: async () => [] };
  const permissionsBy = (held: Partial<TenantStore>) =>
    createUserPermissions({
      store: { tenant: () => ({ ...nothing, ...held }) as TenantStore, changes },
      policies: { of: async () => policy },
    });
  const byRoles = permissionsBy({ userRoles: (userId) => reads.userRoles(tenantId, userId) });
  const byGroups = permissionsBy({ groups: (userId) => reads.groups(tenantId, userId) });
  const asked = {
    tenant: { id: tenantId, policyEpoch: 1 },
    userId: ids.user,
    resourceId: ids.resource,
    organizationRoleIds: [],
    // Before anything that counts up has ended.
    now: 0,
  };
  const { standing } = bindStanding(reads, changes);
  return {
    ...reads,
    standing: () => standing(tenantId, grantId, ""),
    rolesUntil: async () => (await byRoles.of(asked)).until,
    groupsUntil: async () => (await byGroups.of(asked)).until,
  };
}

it("a read that begins after a write was answered shows it, with many of both under way", async () => {
  const { asked, late } = await behind(remembering(store.changes));
  expect(asked).toBeGreaterThan(counters.length * writesEach);
  expect(late).toBe(0);
});

it("negative control: reads that overlook the first change after they began fall behind", async () => {
  const late = {
    ...store.changes,
    unchanged: (ids: readonly string[], since: number) => store.changes.unchanged(ids, since + 1),
  };
  expect((await behind(remembering(late))).late).toBeGreaterThan(0);
});

it("the ends of many grants and tokens at once: each is told to whoever asks after its answer", async () => {
  const { tenantId } = tenant;
  const reads = remembering(store.changes);
  const opened = await Promise.all(Array.from({ length: 20 }, () => openFamily(store, tenant)));
  const ended = opened.map(async ({ grant }, i) => {
    const [jti, otherJti] = [id(), id()];
    const state = (one: string) => reads.grantState(tenantId, grant.id, one);
    const open = { grant: { revokeTime: null }, family: { revokeTime: null }, tokenRevoked: false };
    for (const one of [jti, otherJti, jti]) expect(await state(one)).toMatchObject(open);
    const asking = Promise.all([state(jti), state(otherJti)]);
    const audit = auditOf(tenantId);
    await store.write("revokeToken", { token: { jti, tenantId, expireTime: now + day }, audit });
    expect(await state(jti)).toMatchObject({ ...open, tokenRevoked: true });
    expect(await state(otherJti)).toMatchObject(open);
    await asking;
    await store.write("endGrant", { tenantId, grantId: grant.id, now: now + i, reason: "revoked", audit });
    for (const one of [jti, otherJti, id()])
      expect(await state(one)).toMatchObject({ grant: { revokeTime: now + i }, family: { revokeTime: now + i } });
  });
  await Promise.all(ended);
});
