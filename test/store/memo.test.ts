// Remembered values: served for as long as nothing they were made of changed, also while they were made.
import { describe, expect, it } from "vitest";
import { createChanges } from "../../src/store/changes.ts";
import { createMemo } from "../../src/store/memo.ts";

const value: { readonly name: string } = Object.freeze({ name: "value" });

function memoOf(most = 10) {
  const changes = createChanges();
  return { changes, memo: createMemo<typeof value>(changes, { max: most }) };
}

describe("a remembered value", () => {
  it("is the same one until an id that it was made of changes, and is gone from then on", () => {
    const { changes, memo } = memoOf();
    expect(memo.get("key")).toBeUndefined();
    memo.keep("key", value, { ids: ["tenant", "ada"], since: changes.count() });
    expect(memo.get("key")).toBe(value);
    changes.note(["ben"]);
    expect(memo.get("key")).toBe(value);
    changes.note(["ada"]);
    expect(memo.get("key")).toBeUndefined();
    expect(memo.get("key")).toBeUndefined();
  });

  it("is not served when a change came while it was made", () => {
    const { changes, memo } = memoOf();
    const since = changes.count();
    changes.note(["ada"]);
    memo.keep("key", value, { ids: ["ada"], since });
    expect(memo.get("key")).toBeUndefined();
  });

  it("is served when a change of somebody else came while it was made", () => {
    const { changes, memo } = memoOf();
    const since = changes.count();
    changes.note(["ben"]);
    memo.keep("key", value, { ids: ["ada"], since });
    expect(memo.get("key")).toBe(value);
  });

  it("that was looked at stays until its own change, however many others come between", () => {
    const { changes, memo } = memoOf();
    memo.keep("looked at", value, { ids: ["ada"], since: changes.count() });
    memo.keep("left alone", value, { ids: ["ada"], since: changes.count() });
    for (let i = 0; i < 25_000; i++) {
      changes.note([`id-${i}`]);
      if (i % 5000 === 0) expect(memo.get("looked at")).toBe(value);
    }
    expect(memo.get("looked at")).toBe(value);
    // Nobody can say any more that ada did not change.
    expect(memo.get("left alone")).toBeUndefined();
    changes.note(["ada"]);
    expect(memo.get("looked at")).toBeUndefined();
  });

  it("goes with everything", () => {
    const { changes, memo } = memoOf();
    memo.keep("key", value, { ids: [], since: changes.count() });
    expect(memo.get("key")).toBe(value);
    changes.note("everything");
    expect(memo.get("key")).toBeUndefined();
  });

  it("is replaced by a later one", () => {
    const { changes, memo } = memoOf();
    memo.keep("key", value, { ids: ["ada"], since: changes.count() });
    changes.note(["ada"]);
    const later = { name: "later" };
    memo.keep("key", later, { ids: ["ada"], since: changes.count() });
    expect(memo.get("key")).toBe(later);
  });

  it("gives way to others when there are too many: the one that was used longest ago", () => {
    const { changes, memo } = memoOf(2);
    for (const key of ["a", "b"]) memo.keep(key, value, { ids: [], since: changes.count() });
    expect(memo.get("a")).toBe(value);
    memo.keep("c", value, { ids: [], since: changes.count() });
    expect(["a", "b", "c"].filter((key) => memo.get(key) !== undefined)).toEqual(["a", "c"]);
  });

  it("gives way when they are too large together", () => {
    const changes = createChanges();
    const memo = createMemo<typeof value>(changes, { max: 10, maxSize: 100 });
    for (const key of ["a", "b", "c"]) memo.keep(key, value, { ids: [], since: changes.count(), size: 40 });
    expect(["a", "b", "c"].filter((key) => memo.get(key) !== undefined)).toEqual(["b", "c"]);
  });
});
