// Store contract: rows are found by prefix, as a whole and by any part of their terms, in their own tenant, while they
// are there. What a query language would take for an operator is plain text.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Search } from "../../src/store/list-reads.ts";
import type { Term } from "../../src/store/row-operations.ts";
import type { Store } from "../../src/store/store.ts";
import { auditOf, createRow, fillTenant, id, now } from "../support/store.ts";
import type { OpenStore } from "./contract.ts";
import { bareTenant, walk } from "./contract-lists.ts";

/** Users that are searched by these terms; their ids in the order of the terms. */
async function createUsers(store: Store, tenantId: string, terms: readonly Term[]): Promise<string[]> {
  const made = terms.map((term) => ({ rowId: id(), term }));
  const audit = auditOf(tenantId);
  for (let from = 0; from < made.length; from += 500) {
    const writes = made.slice(from, from + 500).map(({ rowId, term }) => {
      const row = { id: rowId, tenantId, createTime: now, updateTime: now, username: rowId };
      return {
        operation: "createRow" as const,
        args: { type: "user" as const, tenantId, row, children: [], terms: [term], audit },
      };
    });
    await store.write("writeRows", { writes });
  }
  return made.map(({ rowId }) => rowId);
}

const byName = (terms: readonly string[]): Term[] => terms.map((term) => ({ field: "name", term }));
const modes = ["prefix", "exact", "substring"] as const;
const holds: Record<Search["mode"], (term: string, text: string) => boolean> = {
  prefix: (term, text) => term.startsWith(text),
  exact: (term, text) => term === text,
  substring: (term, text) => term.includes(text),
};

const find = async (store: Store, tenantId: string, mode: Search["mode"], text: string, limit = 100) =>
  (await walk(store, tenantId, "user", { search: { field: "name", text, mode }, limit })).ids;

const hostile = [
  ..."%%% ___ *** \"\"\" ''' ^^^ ((( ))) --- +++ ::: {x} \\\\\\ ??? [a] a%c a_c a*c a\"c a'c".split(" "),
  ..."and not near(a,b) term:abc \"abc\" abc* ^abc a+b -abc abc% %abc abc\\% 'or''1 ;--drop".split(" "),
  "abc AND def",
  "abc OR abd",
  "NOT abc",
  "a  c",
];

export function searchContract(open: OpenStore): void {
  describe("every mode", () => {
    it.each(modes)("%s: finds what holds the text and nothing else, whatever the text is", async (mode) => {
      const store = await open();
      const letter = fc.constantFrom(...Array.from("aab%_\"'*\\ .ü\u{1f98a}"));
      const word = fc.string({ unit: letter, minLength: 3, maxLength: 8 });
      const property = fc.asyncProperty(
        fc.uniqueArray(word, { maxLength: 8 }),
        word,
        fc.nat(),
        async (terms, other, at) => {
          const tenantId = await bareTenant(store);
          const ids = await createUsers(store, tenantId, byName(terms));
          const [term = other] = terms.slice(at % (terms.length + 1));
          for (const text of [
            other,
            term,
            Array.from(term).slice(0, 3).join(""),
            Array.from(term).slice(-3).join(""),
          ]) {
            const wanted = ids.filter((_, i) => holds[mode](terms[i] ?? "", text));
            expect((await find(store, tenantId, mode, text, 2)).toSorted()).toEqual(wanted.toSorted());
          }
        },
      );
      await fc.assert(property, { numRuns: 30 });
    });

    it.each(hostile)("I-DB-02: %j is plain text", async (text) => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const terms = ["abc", "abd def", "abc and def", "a-c", "axc", text.toLowerCase()];
      const ids = await createUsers(store, tenantId, byName(terms));
      for (const mode of modes) {
        const wanted = ids.filter((_, i) => holds[mode](terms[i] ?? "", text));
        expect((await find(store, tenantId, mode, text)).toSorted()).toEqual(wanted.toSorted());
      }
    });

    it.each(["prefix", "exact"] as const)(
      "%s: pages run in order of the terms, and of birth where they are alike",
      async (mode) => {
        const store = await open();
        const tenantId = await bareTenant(store);
        const terms = ["abc", "abb", "abc", "aba", "abc", "b"];
        const ids = await createUsers(store, tenantId, byName(terms));
        const text = mode === "exact" ? "abc" : "ab";
        const wanted = ids
          .map((user, at) => ({ user, term: terms[at] ?? "" }))
          .filter(({ term }) => holds[mode](term, text))
          .toSorted((one, two) => (`${one.term} ${one.user}` < `${two.term} ${two.user}` ? -1 : 1));
        for (const limit of [1, 2, 100])
          expect(await find(store, tenantId, mode, text, limit)).toEqual(wanted.map(({ user }) => user));
      },
    );

    it.each(modes)("%s: looks at the field that was named, and at the type that is listed", async (mode) => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const [, email] = await createUsers(store, tenantId, [
        { field: "name", term: "ada" },
        { field: "email", term: "ada" },
      ]);
      const search = { field: "email", text: "ada", mode };
      expect((await walk(store, tenantId, "user", { search, limit: 5 })).ids).toEqual([email]);
      expect((await walk(store, tenantId, "role", { search, limit: 5 })).ids).toEqual([]);
    });

    it.each(modes)("%s: combines with an owner and with filters, and is counted", async (mode) => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const [one = "", two = ""] = await createUsers(store, tenantId, byName(["ada", "ada"]));
      const change = { tenantId, children: [], audit: auditOf(tenantId), type: "user" as const, revision: 1 };
      await store.write("updateRow", { ...change, id: two, set: { suspended: true } });
      const search = { field: "name", text: "ada", mode };
      const total = (more: object) => store.tenant(tenantId).total("user", { search, ...more });
      expect((await walk(store, tenantId, "user", { search, matching: { suspended: [true] }, limit: 1 })).ids).toEqual([
        two,
      ]);
      expect((await walk(store, tenantId, "user", { search, parent: { username: one }, limit: 1 })).ids).toEqual([one]);
      expect([await total({}), await total({ matching: { suspended: [true] } })]).toEqual([2, 1]);
    });
  });

  describe("another tenant's terms", () => {
    it("N6-11: though there are thousands, hide none of one's own and are never shown", async () => {
      const store = await open();
      const [mine, theirs] = [await bareTenant(store), await bareTenant(store)];
      const [first = ""] = await createUsers(store, mine, byName(["harbour one"]));
      await createUsers(store, theirs, byName(Array.from({ length: 5000 }, (_, at) => `harbour ${at}`)));
      const [last = ""] = await createUsers(store, mine, byName(["harbour two"]));
      for (const mode of ["prefix", "substring"] as const) {
        const search = { field: "name", text: mode === "prefix" ? "harbour" : "arbour", mode };
        const { ids, pages } = await walk(store, mine, "user", { search, limit: 20 });
        expect(ids).toEqual([first, last]);
        // Nor do they cost a page: only a tenant whose id ends alike stands at the same place of the index.
        expect(pages).toHaveLength(1);
      }
      const total = await store
        .tenant(mine)
        .total("user", { search: { field: "name", text: "arbour", mode: "substring" } });
      expect(total).toBe(2);
    });
  });

  describe("terms", () => {
    const found = async (store: Store, tenantId: string, type: "user" | "scope" | "resource", text: string) =>
      (
        await walk(store, tenantId, type, {
          search: { field: type === "user" ? "username" : "name", text, mode: "substring" },
          limit: 9,
        })
      ).ids;
    const remove = (
      store: Store,
      tenantId: string,
      type: "user" | "resource" | "tenant" | "application",
      row: string,
    ) => store.write("deleteRow", { type, tenantId, id: row, audit: auditOf(tenantId) });

    it("go with their row, and with the row that takes it along", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      expect([await found(store, tenantId, "user", "ada"), await found(store, tenantId, "scope", "ships")]).toEqual([
        [ids.user],
        [ids.scope],
      ]);
      await remove(store, tenantId, "user", ids.user);
      await remove(store, tenantId, "resource", ids.resource);
      expect([await found(store, tenantId, "user", "ada"), await found(store, tenantId, "scope", "ships")]).toEqual([
        [],
        [],
      ]);
      // Somebody new by the old name is found, and the one who went is not.
      const again = await createRow(store, "user", tenantId, { username: "ada" });
      expect(await found(store, tenantId, "user", "ada")).toEqual([again]);
      expect(store.integrityCheck()).toEqual([]);
    });

    it("go with the tenant, and leave those of others", async () => {
      const store = await open();
      const [gone, stays] = [await fillTenant(store), await fillTenant(store)];
      await remove(store, gone.tenantId, "application", gone.ids.application);
      await remove(store, gone.tenantId, "tenant", gone.tenantId);
      expect(await found(store, gone.tenantId, "user", "ada")).toEqual([]);
      expect(await found(store, stays.tenantId, "user", "ada")).toEqual([stays.ids.user]);
      expect(store.integrityCheck()).toEqual([]);
    });

    it("that an update leaves as they are keep their row's place in the pages of a search", async () => {
      const store = await open();
      const tenantId = await bareTenant(store);
      const ids = await createUsers(store, tenantId, byName(["lantern a", "lantern b", "lantern c"]));
      const change = { type: "user" as const, tenantId, set: {}, children: [], audit: auditOf(tenantId) };
      let revision = 0;
      const touch = () =>
        store.write("updateRow", {
          ...change,
          id: ids[0] ?? "",
          revision: (revision += 1),
          terms: byName(["lantern a"]),
        });
      const search = { field: "name", text: "antern", mode: "substring" as const };
      expect((await walk(store, tenantId, "user", { search, limit: 1 }, touch)).ids).toEqual(ids);
      expect(revision).toBe(2);
    });

    it("follow an update, and stay where it names none or is refused", async () => {
      const store = await open();
      const { tenantId, ids } = await fillTenant(store);
      const update = (revision: number, terms?: Term[]) =>
        store.write("updateRow", {
          type: "user" as const,
          tenantId,
          id: ids.user,
          revision,
          set: {},
          children: [],
          audit: auditOf(tenantId),
          ...(terms && { terms }),
        });
      await update(1, [{ field: "username", term: "augusta" }]);
      expect([await found(store, tenantId, "user", "ada"), await found(store, tenantId, "user", "gust")]).toEqual([
        [],
        [ids.user],
      ]);
      await update(2);
      await expect(update(2, [{ field: "username", term: "late" }])).rejects.toMatchObject({ kind: "stale" });
      expect([await found(store, tenantId, "user", "late"), await found(store, tenantId, "user", "gust")]).toEqual([
        [],
        [ids.user],
      ]);
      await update(3, []);
      expect(await found(store, tenantId, "user", "gust")).toEqual([]);
      expect(store.integrityCheck()).toEqual([]);
    });
  });
}
