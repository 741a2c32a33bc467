// What has changed since when: nothing that changed ever counts as unchanged, however long ago it was.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Changes, type Concerned, concernedBy, createChanges } from "../../src/store/changes.ts";
import type { CreateRow } from "../../src/store/row-operations.ts";
import { auditOf, grantOf, familyOf, now } from "../support/store.ts";

describe("changes", () => {
  it("concern their ids from the moment they are noted, and no others", () => {
    const changes = createChanges();
    const before = changes.count();
    changes.note(["ada", "grant"]);
    expect(changes.count()).toBe(before + 1);
    for (const ids of [["ada"], ["grant"], ["ben", "ada"]]) expect(changes.unchanged(ids, before)).toBe(false);
    expect(changes.unchanged(["ben"], before)).toBe(true);
    expect(changes.unchanged(["ada", "grant"], changes.count())).toBe(true);
  });

  it("the last change of an id is the one that counts", () => {
    const changes = createChanges();
    changes.note(["ada"]);
    const between = changes.count();
    changes.note(["ben"]);
    expect(changes.unchanged(["ada"], between)).toBe(true);
    changes.note(["ada"]);
    expect(changes.unchanged(["ada"], between)).toBe(false);
  });

  it("everything concerns every id, also one that was never heard of, and nothing that is read later", () => {
    const changes = createChanges();
    changes.note(["ada"]);
    const before = changes.count();
    changes.note("everything");
    for (const ids of [["ada"], ["never heard of"], []]) expect(changes.unchanged(ids, before)).toBe(false);
    const after = changes.count();
    changes.note(["ben"]);
    expect(changes.unchanged(["ada"], after)).toBe(true);
    expect(changes.unchanged(["ada"], before)).toBe(false);
  });

  it("one that concerns nobody is none", () => {
    const changes = createChanges();
    changes.note([]);
    expect(changes.count()).toBe(0);
  });

  it.each([
    [9_999, true],
    [10_000, false],
  ])("after %d further ids, what is as old as the first change is known to stand: %s", (further, stands) => {
    const changes = createChanges();
    changes.note(["first"]);
    const since = changes.count();
    const before = since - 1;
    for (let i = 0; i < further; i++) changes.note([`id-${i}`]);
    // Forgotten or not, it has changed since before.
    expect(changes.unchanged(["first"], before)).toBe(false);
    expect(changes.unchanged(["bystander"], before)).toBe(stands);
    expect(changes.unchanged(["bystander"], since)).toBe(true);
  });

  it("one change of more ids than are kept leaves none of them unchanged", () => {
    const changes = createChanges();
    const ids = Array.from({ length: 10_001 }, (_, i) => `id-${i}`);
    changes.note(ids);
    expect(ids.filter((id) => changes.unchanged([id], 0))).toEqual([]);
    expect(ids.every((id) => changes.unchanged([id], changes.count()))).toBe(true);
  });

  it("any history: what a model that forgets nothing calls changed is never unchanged, and of few ids the other way too", () => {
    const ids = Array.from({ length: 8 }, (_, i) => `id-${i}`);
    const concerned = fc.oneof(
      { weight: 8, arbitrary: fc.subarray(ids) },
      { weight: 1, arbitrary: fc.constant<Concerned>("everything") },
    );
    fc.assert(
      fc.property(fc.array(concerned, { maxLength: 30 }), fc.subarray(ids), (history, asked) => {
        const changes = createChanges();
        const noted = history.map((one) => ({ at: noteIn(changes, one), one }));
        for (let since = 0; since <= changes.count(); since++) {
          const touched = noted.some(({ at, one }) => at > since && touches(one, asked));
          expect(changes.unchanged(asked, since)).toBe(!touched);
        }
      }),
    );
  });
});

/** The number of the change, or 0 where it was none. */
function noteIn(changes: Changes, concerned: Concerned): number {
  const before = changes.count();
  changes.note(concerned);
  return changes.count() === before ? 0 : changes.count();
}

const touches = (concerned: Concerned, asked: readonly string[]) =>
  concerned === "everything" || concerned.some((id) => asked.includes(id));

describe("whom a write concerns", () => {
  const audit = auditOf("tenant");
  const row: CreateRow = { type: "groupMember", tenantId: "tenant", row: {}, children: [], audit };

  it("a row concerns the user whose epoch it moves, else its tenant", () => {
    expect(concernedBy("createRow", { ...row, epoch: { user: "ada" } })).toEqual(["ada"]);
    expect(concernedBy("createRow", { ...row, epoch: { tenant: "tenant" } })).toEqual(["tenant"]);
    expect(concernedBy("createRow", row)).toEqual(["tenant"]);
    expect(
      concernedBy("deleteRow", { type: "user", tenantId: "tenant", id: "ada", epoch: { user: "ada" }, audit }),
    ).toEqual(["ada"]);
  });

  it("a row that takes the place of others concerns its tenant: theirs may be other users", () => {
    const displaces = { where: {}, audit };
    expect(concernedBy("createRow", { ...row, epoch: { user: "ada" }, displaces })).toEqual(["tenant"]);
  });

  it("several rows concern whom each of them does", () => {
    const [ada, ben] = ["ada", "ben"].map((user) => ({ ...row, epoch: { user } }));
    const writes = [ada ?? row, ben ?? row, row].map((args) => ({ operation: "createRow" as const, args }));
    expect(concernedBy("writeRows", { writes })).toEqual(["ada", "ben", "tenant"]);
  });

  it("an end concerns the grant, a revoked token its own id, what is new nobody", () => {
    const grant = grantOf({ tenantId: "tenant", ids: { user: "u", application: "a", resource: "r" } });
    const [tenantId, grantId] = ["tenant", grant.id];
    expect(concernedBy("endGrant", { tenantId, grantId, now, reason: "revoked", audit })).toEqual([grantId]);
    expect(concernedBy("revokeToken", { token: { jti: "jti", tenantId, expireTime: now }, audit })).toEqual(["jti"]);
    expect(concernedBy("openGrant", { grant, family: familyOf(grant) })).toEqual([]);
  });

  it("one that nothing is said of concerns everything", () => {
    const secret = { digest: "d", tenantId: "tenant", expireTime: now, useTime: null };
    expect(concernedBy("createTenant", { writes: [], secret })).toBe("everything");
    expect(concernedBy("bootstrap", { digest: "d", now, writes: [], audit })).toBe("everything");
  });
});
