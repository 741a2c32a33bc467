// What a write leaves known of grants and families: exactly what a read of the file would say, and nothing after it changed.
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { concernedBy, createChanges } from "../../src/store/changes.ts";
import type { Answer, Arguments, OperationName } from "../../src/store/operations.ts";
import type { TenantReads } from "../../src/store/reads.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { rotatedFamily } from "../../src/store/token-operations.ts";
import { rememberTokens } from "../../src/store/written-tokens.ts";
import {
  auditOf,
  databaseFile,
  familyOf,
  fillTenant,
  grantOf,
  now,
  openTestStore,
  rotationOf,
} from "../support/store.ts";

const tenantId = "tenant";
const grant = grantOf({ tenantId, ids: { user: "user", application: "application", resource: "resource" } });
const family = familyOf(grant);
const state = { grant, family: { revokeTime: null }, tokenRevoked: false };

type Reads = Pick<TenantReads, "grantState" | "family">;
let changes: ReturnType<typeof createChanges>;
/** What the file would say. */
let asked: {
  grantState: ReturnType<typeof vi.fn<Reads["grantState"]>>;
  family: ReturnType<typeof vi.fn<Reads["family"]>>;
};
let tokens: ReturnType<typeof rememberTokens<Reads>>;
beforeEach(() => {
  changes = createChanges();
  asked = {
    grantState: vi.fn<Reads["grantState"]>(async () => state),
    family: vi.fn<Reads["family"]>(async () => family),
  };
  tokens = rememberTokens<Reads>(asked, changes);
});

/** As the store tells it. */
function acknowledge<Name extends OperationName>(name: Name, args: Arguments<Name>, answer: Answer<Name>): void {
  changes.note(concernedBy(name, args));
  tokens.wrote(name, args, answer);
}
const ended = () =>
  changes.note(
    concernedBy("endGrant", { tenantId, grantId: grant.id, now, reason: "revoked", audit: auditOf(tenantId) }),
  );

it("a grant that was opened is known with its family and its token, without a read", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  expect(await tokens.reads.grantState(tenantId, grant.id, "first")).toEqual(state);
  expect(await tokens.reads.family(tenantId, family.id)).toEqual(family);
  expect(asked.grantState.mock.calls.length + asked.family.mock.calls.length).toBe(0);
  await tokens.reads.grantState(tenantId, grant.id, "second");
  await tokens.reads.family("another", family.id);
  expect([asked.grantState.mock.calls.length, asked.family.mock.calls.length]).toEqual([1, 1]);
});

it("a rotation that moved the head is known, with its token; one that did not changes nothing", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  await tokens.reads.grantState(tenantId, grant.id, "");
  acknowledge("rotateFamily", { ...rotationOf(family, 0), jti: "second" }, true);
  const rotated = rotatedFamily(rotationOf(family, 0));
  expect(await tokens.reads.family(tenantId, family.id)).toEqual(rotated);
  acknowledge("rotateFamily", { ...rotationOf(family, 0, "-late"), jti: "third" }, false);
  expect(await tokens.reads.family(tenantId, family.id)).toEqual(rotated);
  expect(await tokens.reads.grantState(tenantId, grant.id, "second")).toEqual(state);
  expect(asked.grantState.mock.calls).toEqual([[tenantId, grant.id, ""]]);
  await tokens.reads.grantState(tenantId, grant.id, "third");
  expect(asked.grantState.mock.calls).toHaveLength(2);
});

it("N4-08: nothing is known any more of what was ended, and a rotation does not bring its grant back", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  await tokens.reads.grantState(tenantId, grant.id, "");
  ended();
  asked.family.mockResolvedValue({ ...family, revokeTime: now });
  asked.grantState.mockResolvedValue({ ...state, family: { revokeTime: now } });
  for (const jti of ["first", ""])
    expect(await tokens.reads.grantState(tenantId, grant.id, jti)).toMatchObject({ family: { revokeTime: now } });
  expect(await tokens.reads.family(tenantId, family.id)).toMatchObject({ revokeTime: now });
});

it("N4-05: a read that was under way while the head moved does not bring the old head back", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  changes.note("everything");
  asked.family.mockImplementation(async () => {
    await turn();
    return family;
  });
  const slow = tokens.reads.family(tenantId, family.id);
  acknowledge("rotateFamily", rotationOf(family, 0), true);
  await slow;
  expect(await tokens.reads.family(tenantId, family.id)).toMatchObject({ generation: 1 });
});

it("a chain of rotations leaves known what the file holds", async () => {
  const path = databaseFile();
  const store = await openTestStore({ path });
  const tenant = await fillTenant(store);
  const [one, first] = [grantOf(tenant), "jti-0"];
  let at = familyOf(one);
  await store.write("openGrant", { grant: one, family: at, jti: first });
  for (let i = 0; i < 3; i++) {
    const args = { ...rotationOf(at, i), jti: `jti-${i + 1}` };
    expect(await store.write("rotateFamily", args)).toBe(true);
    at = rotatedFamily(args);
  }
  const said = (from: Store) => from.tenant(tenant.tenantId).family(at.id);
  const known = await said(store);
  expect(known).toEqual(at);
  await store.close();
  const reopened = await openSqliteStore({ path, onFatal: () => undefined });
  try {
    expect(await said(reopened)).toEqual(known);
  } finally {
    await reopened.close();
  }
});
