// Lists as a caller sees them, through both doors: page sizes, tokens, totals, and every way to search.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody } from "../support/administered.ts";
import { type Door, doors, grpcDoor, trpcDoor } from "../support/door.ts";

let administered: Administered;
/** Ids by user name, of users that are there for the searches. */
const made = new Map<string, string>();
const people = [
  { username: "Grace.Hopper", name: "Grace Brewster Hopper", email: "amazing@navy.test", phone: "+1 555 0100" },
  { username: "alan", name: "Alan Ｍathison Turing", email: "grace@bletchley.test" },
  { username: "per%cent_under", name: '100% "quoted" * AND NOT x_y' },
  { username: "straße", name: "ﬁne Ünal" },
];

beforeAll(async () => {
  administered = await createAdministered();
  for (const user of people) {
    const { id } = await administered.ok(grpcDoor, "user.createUser", { user });
    made.set(user.username, String(id));
  }
  for (let at = 0; at < 21; at += 1) {
    const group = { name: administered.fresh("Group") };
    await administered.ok(grpcDoor, "group.createGroup", { group });
  }
  const { ids } = administered.world.red;
  // Of those that were declared at one moment, the ids tell who came first.
  const declared = ["ada", "ben", "zoe"].map((name) => ({ name, id: ids.get(`user ${name}`) ?? "" }));
  const inOrder = declared.toSorted((one, two) => (one.id < two.id ? -1 : 1));
  seven = [...inOrder.map(({ name }) => name), ...people.map(({ username }) => username)];
});
afterAll(() => administered.close());

const list = async (door: Door, request: JsonObject = {}) => {
  const answer: JsonObject = await administered.ok(door, "user.listUsers", request);
  const { users, nextPageToken, totalSize } = answer as unknown as {
    users: { username: string }[];
    nextPageToken: string;
    totalSize?: number;
  };
  const names = users.map(({ username }) => username);
  return { names, next: nextPageToken, total: totalSize };
};
const refusal = (request: JsonObject, door: Door = grpcDoor) => administered.refusal(door, "user.listUsers", request);
const badToken = { kind: "invalid", reason: "INVALID_REQUEST", fields: ["page_token"] };
/** All user names in order of birth. */
let seven: string[];
const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");
const markOf = (token: string) => String(JSON.parse(Buffer.from(token, "base64url").toString())[0]);

describe.each(doors)("$name: the size of a page", (door) => {
  it("is 20 where none is said, and may be 1 to 100", async () => {
    const sizeOf = async (request: JsonObject) => {
      const { groups } = (await administered.ok(door, "group.listGroups", request)) as JsonObject;
      return (groups as unknown[]).length;
    };
    expect(await Promise.all([sizeOf({}), sizeOf({ pageSize: 1 }), sizeOf({ pageSize: 100 })])).toEqual([20, 1, 22]);
  });

  it.each([0, 101, 4_294_967_295])("is refused where it is %i", async (pageSize) => {
    expect(await refusal({ pageSize }, door)).toMatchObject({ kind: "invalid", fields: ["page_size"] });
  });
});

describe("the size of a page over tRPC", () => {
  it.each([-1, 1.5, "many", "", true, [], {}, 2 ** 32])("is refused where it is %j", async (pageSize) => {
    expect(await refusal({ pageSize }, trpcDoor)).toMatchObject({ kind: "invalid", fields: ["page_size"] });
  });
});

describe.each(doors)("$name: pages", (door) => {
  it("hold everything once, in order of birth, whatever their size", async () => {
    for (const pageSize of [1, 2, 3, 7, 100]) {
      const names: string[] = [];
      for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
        const page = await list(door, { pageSize, pageToken });
        names.push(...page.names);
        pageToken = page.next || undefined;
      }
      expect(names).toEqual(seven);
    }
  });

  it("go on from a token as often as one likes, and count everything where that is asked", async () => {
    const { next, total } = await list(door, { pageSize: 3, count: true });
    expect(total).toBe(7);
    const second = await list(door, { pageSize: 4, pageToken: next });
    expect(second).toEqual({ names: seven.slice(3), next: "", total: undefined });
    expect(await list(door, { pageSize: 4, pageToken: next })).toEqual(second);
  });
});

describe("I-DB-03: a token is refused", () => {
  it.each([
    "%",
    "garbage",
    "' or 1=1",
    "null",
    "0".repeat(21),
    forged(),
    forged("x"),
    forged("x", nobody),
    "{}",
    "W10",
  ])("where it is %j", async (pageToken) => {
    for (const door of doors) expect(await refusal({ pageToken }, door)).toEqual(badToken);
  });

  it("where it is too long", async () => {
    expect(await refusal({ pageToken: "A".repeat(1025) })).toEqual(badToken);
  });

  it("where it was cut, changed, or is of another query or another type", async () => {
    const { next } = await list(grpcDoor, { pageSize: 1 });
    const search = { text: "a" };
    const searched = { search: { text: "a", mode: "SEARCH_MODE_SUBSTRING", field: "email" } };
    for (const pageToken of [next.slice(0, -4), next.slice(4), `A${next.slice(1)}`])
      expect(await refusal({ pageToken })).toEqual(badToken);
    expect(await refusal({ pageToken: next, search })).toEqual(badToken);
    expect(await refusal({ pageToken: next, ...searched, search: { ...searched.search, text: "ace" } })).toEqual(
      badToken,
    );
    const asGroups = await administered.refusal(grpcDoor, "group.listGroups", { pageToken: next });
    expect(asGroups).toEqual(badToken);
  });

  it("where its place is none of this query's, though the rest is right", async () => {
    const { next } = await list(grpcDoor, { pageSize: 1 });
    const mark = markOf(next);
    for (const place of [[1], [nobody, nobody], [null], [{}], [[]], [1.5], []])
      expect(await refusal({ pageToken: forged(mark, ...place) })).toEqual(badToken);
    const search = { text: "a" };
    const ofSearch = markOf((await list(grpcDoor, { pageSize: 1, search })).next);
    for (const place of [["a"], [1, 2], [7]])
      expect(await refusal({ search, pageToken: forged(ofSearch, ...place) })).toEqual(badToken);
  });

  it("N6-11: and one that names a place of another tenant's shows nothing of it", async () => {
    const { next } = await list(grpcDoor, { pageSize: 1 });
    const pageToken = forged(markOf(next), administered.world.blue.ids.get("user ada"));
    const { names } = await list(grpcDoor, { pageToken });
    expect(seven).toEqual(expect.arrayContaining(names));
  });
});

type Found = [what: string, search: JsonObject, found: string[]];
const [exact, substring] = ["SEARCH_MODE_EXACT", "SEARCH_MODE_SUBSTRING"];

describe.each(doors)("$name: a search", (door) => {
  it.each<Found>([
    ["by the beginning, without regard to case", { text: "GRACE" }, ["Grace.Hopper"]],
    ["by one letter", { text: "a" }, ["ada", "alan"]],
    ["not by the middle", { text: "hopper" }, []],
    ["as a whole", { text: "aLaN", mode: exact }, ["alan"]],
    ["as a whole, not by the beginning", { text: "ala", mode: exact }, []],
    ["anywhere", { text: "E.HOP", mode: substring }, ["Grace.Hopper"]],
    ["by the field that is named", { text: "grace", field: "email" }, ["alan"]],
    ["by a phone", { text: "+1 555", field: "phone" }, ["Grace.Hopper"]],
    ["with spaces around it", { text: "  alan\t" }, ["alan"]],
    ["by letters that Unicode holds equal", { text: "alan mathison", field: "name" }, ["alan"]],
    ["by a ligature that stands for two letters", { text: "ﬁne", field: "name" }, ["straße"]],
    ["by what the ligature stands for", { text: "fin", mode: substring, field: "name" }, ["straße"]],
    ["by an umlaut in pieces", { text: "U\u0308NAL", mode: substring, field: "name" }, ["straße"]],
    ["% is a percent sign", { text: "%cent", mode: substring }, ["per%cent_under"]],
    ["% is nothing else", { text: "al%" }, []],
    ["_ is nothing else", { text: "a_an", mode: exact }, []],
    ["* is nothing else", { text: "gra*", mode: substring }, []],
    ["quotes are quotes", { text: '"quoted"', mode: substring, field: "name" }, ["per%cent_under"]],
    ["a quote alone is one", { text: '% "', mode: substring, field: "name" }, ["per%cent_under"]],
    ["operators are words", { text: "and not x", mode: substring, field: "name" }, ["per%cent_under"]],
    ["operators join nothing", { text: "alan OR ada", mode: substring }, []],
    ["a column is none", { text: "term:ada", mode: substring }, []],
  ])("%s", async (_what, search, found) => {
    const { names, total } = await list(door, { search, count: true });
    expect(names.toSorted()).toEqual(found.toSorted());
    expect(total).toBe(found.length);
  });

  it.each<[what: string, search: JsonObject, field: string]>([
    ["two characters anywhere", { text: "al", mode: substring }, "search.text"],
    ["two characters that are four bytes each", { text: "🦊🦊", mode: substring }, "search.text"],
    ["three characters of which one is space", { text: " al", mode: substring }, "search.text"],
    ["nothing", { text: "" }, "search.text"],
    ["nothing but space", { text: " \t" }, "search.text"],
    ["a zero byte, in whatever mode", { text: "ada\0da" }, "search.text"],
    ["a zero byte anywhere", { text: "ada\0da", mode: substring }, "search.text"],
    ["too much", { text: "a".repeat(129) }, "search.text"],
    ["a field that is not searched", { text: "ada", field: "suspended" }, "search.field"],
    ["a field that is none", { text: "ada", field: "frobble" }, "search.field"],
    ["a column", { text: "ada", field: "email_key" }, "search.field"],
  ])("is refused for %s", async (_what, search, field) => {
    expect(await refusal({ search }, door)).toMatchObject({ kind: "invalid", fields: [field] });
  });

  it("finds a user by the new name after a change, and no longer by the old one", async () => {
    const id = made.get("alan") ?? "";
    const names = async (text: string) => (await list(door, { search: { text, field: "name" } })).names;
    const rename = (name: string) =>
      administered.ok(door, "user.updateUser", { user: { id, name }, updateMask: "name" });
    await rename("The Prof");
    expect([await names("the prof"), await names("alan")]).toEqual([["alan"], []]);
    await rename("");
    expect(await names("the prof")).toEqual([]);
    await rename("Alan Ｍathison Turing");
    expect(await names("alan m")).toEqual(["alan"]);
  });
});

describe("a list of what belongs to another thing", () => {
  it.each(doors)("$name: N6-11: answers an owner of another tenant, and none at all, as not found", async (door) => {
    const theirs = administered.world.blue.ids.get("group staff") ?? "";
    for (const groupId of [theirs, nobody])
      expect(await administered.refusal(door, "group.listGroupMembers", { groupId })).toEqual({
        kind: "notFound",
        reason: "NOT_FOUND",
        fields: [],
      });
    const groupId = administered.world.red.ids.get("group staff") ?? "";
    const { groupMembers } = (await administered.ok(door, "group.listGroupMembers", { groupId })) as JsonObject;
    expect(groupMembers).toMatchObject([{ userId: administered.world.red.ids.get("user ben") }]);
  });
});
