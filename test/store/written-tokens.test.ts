// What a write leaves known of a grant and its token: what a read of the file would say, and nothing after it changed.
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, it, vi } from "vitest";
import { concernedBy, createChanges } from "../../src/store/changes.ts";
import type { Answer, Arguments, OperationName } from "../../src/store/operations.ts";
import type { TenantReads } from "../../src/store/reads.ts";
import { rememberWrittenTokens } from "../../src/store/written-tokens.ts";
import { auditOf, familyOf, grantOf, now, rotationOf } from "../support/store.ts";

const tenantId = "tenant";
const grant = grantOf({ tenantId, ids: { user: "user", application: "application", resource: "resource" } });
const family = familyOf(grant);
const state = { grant, family: { revokeTime: null }, tokenRevoked: false };
const ended = { ...state, family: { revokeTime: now } };

type GrantState = TenantReads["grantState"];
let changes: ReturnType<typeof createChanges>;
/** What the file would say. */
let file: ReturnType<typeof vi.fn<GrantState>>;
let tokens: ReturnType<typeof rememberWrittenTokens<{ grantState: GrantState }>>;
beforeEach(() => {
  changes = createChanges();
  file = vi.fn<GrantState>(async () => state);
  tokens = rememberWrittenTokens({ grantState: file }, changes);
});

/** As the store tells it. */
function acknowledge<Name extends OperationName>(name: Name, args: Arguments<Name>, answer: Answer<Name>): void {
  changes.note(concernedBy(name, args));
  tokens.wrote(name, args, answer);
}

function end(): void {
  file.mockResolvedValue(ended);
  const audit = auditOf(tenantId);
  changes.note(concernedBy("endGrant", { tenantId, grantId: grant.id, now, reason: "revoked", audit }));
}

const stateOf = (jti: string, of = tenantId) => tokens.reads.grantState(of, grant.id, jti);
const rotate = (jti: string, moved: boolean) =>
  acknowledge("rotateFamily", { ...rotationOf(family, 0), token: { grantId: grant.id, jti } }, moved);

it("a grant that was opened is known with its token and no other, and only in its tenant", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  expect(await stateOf("first")).toEqual(state);
  expect(file).not.toHaveBeenCalled();
  await stateOf("second");
  await stateOf("first", "another");
  expect(file.mock.calls).toEqual([
    [tenantId, grant.id, "second"],
    ["another", grant.id, "first"],
  ]);
});

it("a token that came with a rotation is known by what Refresh has read; one that lost its race is not", async () => {
  await stateOf("");
  rotate("second", true);
  rotate("third", false);
  expect(await stateOf("second")).toEqual(state);
  expect(file.mock.calls).toEqual([[tenantId, grant.id, ""]]);
  await stateOf("third");
  expect(file).toHaveBeenCalledTimes(2);
});

it("N4-08: nothing is known any more of what was ended, and a rotation does not bring it back", async () => {
  acknowledge("openGrant", { grant, family, jti: "first" }, undefined);
  await stateOf("");
  end();
  rotate("second", true);
  for (const jti of ["first", "second", ""]) expect(await stateOf(jti)).toEqual(ended);
});

it("N5-02: a read that was under way when the grant ended is not kept", async () => {
  file.mockImplementation(async () => {
    await turn();
    return state;
  });
  const slow = stateOf("first");
  end();
  expect(await slow).toEqual(state);
  expect(await stateOf("first")).toEqual(ended);
});
