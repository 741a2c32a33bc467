// What is asked of an instance of either size: the same requests, each with an answer of the same length.
import type { JsonObject } from "@bufbuild/protobuf";
import { secondWords, firstWords } from "./growth-words.ts";
import type { Known, Kind } from "./growth-fill.ts";
import type { Answer, Caller } from "./support/caller.ts";
import type { Case } from "./support/measure.ts";

/** `known` is changed: what is created comes in, what is deleted leaves. */
export type World = { caller: Caller; known: Record<Kind, Known[]>; projectId: string };

export const casesOf = (world: World): Case[] => [
  ...kindCases(world, "user"),
  ...kindCases(world, "application"),
  ...filterCases(world),
];

const nouns = { application: ["Application", "Applications", "name"], user: ["User", "Users", "username"] } as const;

function kindCases({ caller, known }: World, kind: Kind): Case[] {
  const [one, many, key] = nouns[kind];
  const list = `${kind}.list${many}`;
  const named = (name: string, request: () => Promise<Answer>): Case => ({ name: `${name} ${kind}s`, request });
  const search = (text: () => string, mode: string) => () =>
    caller.call(list, { search: { text: text(), mode: `SEARCH_MODE_${mode}` } });
  const middle = { token: "" };
  return [
    named("get", () => caller.call(`${kind}.get${one}`, { id: drawn(known[kind]).id })),
    named("list: first page of", () => caller.call(list, {})),
    {
      ...named("list: page in the middle of", () => caller.call(list, { pageToken: middle.token })),
      prepare: async () => {
        middle.token = movedTo(await caller.call(list, {}), known[kind][known[kind].length >> 1]?.id ?? "");
      },
    },
    named("list: with a total of", () => caller.call(list, { count: true })),
    named(
      "search: exact,",
      search(() => drawn(known[kind]).name, "EXACT"),
    ),
    named(
      "search: common prefix,",
      search(() => `${drawn(firstWords)}-`, "UNSPECIFIED"),
    ),
    named(
      "search: rare prefix,",
      search(() => drawn(known[kind]).name.slice(0, -1), "UNSPECIFIED"),
    ),
    named(
      "search: common substring,",
      search(() => drawn(secondWords), "SUBSTRING"),
    ),
    named(
      "search: rare substring,",
      search(() => drawn(known[kind]).name.slice(3), "SUBSTRING"),
    ),
    named(
      "search: substring of none,",
      search(() => `${drawn(secondWords)}${drawn(firstWords)}`, "SUBSTRING"),
    ),
    named("create", async () => {
      const name = `${drawn(firstWords)}-${drawn(secondWords)}-${Math.random().toString(36).slice(2)}`;
      const made = await caller.call(`${kind}.create${one}`, { [kind]: newRow(kind, name) });
      known[kind].push({ id: String(made["id"]), name: String(made[key]) });
      return made;
    }),
    named("delete", () => caller.call(`${kind}.delete${one}`, { id: taken(known[kind]).id })),
  ];
}

const filterCases = ({ caller, projectId }: World): Case[] =>
  Object.entries<JsonObject>({
    "list: applications of a project": { projectId },
    "list: applications of a type that few have": { types: ["APPLICATION_TYPE_NATIVE"] },
    "list: applications, none passes the filter": { thirdParty: true },
    "search: applications of a type that few have": {
      types: ["APPLICATION_TYPE_NATIVE"],
      search: { text: "amber-" },
    },
    "list: total of applications of a type": { types: ["APPLICATION_TYPE_NATIVE"], count: true },
  }).map(([name, request]) => ({ name, request: () => caller.call("application.listApplications", request) }));

const newRow = (kind: Kind, name: string): JsonObject =>
  kind === "application"
    ? { name, type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" }
    : { username: name, name: name.replaceAll("-", " "), email: `${name}@example.test`, emailVerified: true };

/** A token holds which query it belongs to and then where the page before it ended. */
function movedTo(page: Answer, id: string): string {
  const [query] = JSON.parse(Buffer.from(String(page["nextPageToken"]), "base64url").toString()) as unknown[];
  return Buffer.from(JSON.stringify([query, id])).toString("base64url");
}

function drawn<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error("nothing is left");
  return item;
}

function taken<T>(items: T[]): T {
  const item = drawn(items);
  items.splice(items.indexOf(item), 1);
  return item;
}
