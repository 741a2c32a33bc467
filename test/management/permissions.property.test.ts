// Any history of management calls gives users exactly the permissions that a model of a hundred lines says: in a token
// that is minted now, and in what Introspect says of the tokens that are out.
import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { doors, expectOk, grpcDoor } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import { machine } from "../support/management-world.ts";
import { createWorld, type World } from "../support/world.ts";
import { createModel, type Model, type Question } from "./permissions-model.ts";
import { type Draw, type History, moves, type MoveName } from "./permissions-moves.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  world.hold();
});
afterAll(() => world.close());

type Step = { move: MoveName; draw: Draw };

/** What every history begins with, so that the moves that follow find something to change. */
const opening: readonly Step[] = (
  [
    ["createUser", [0, 0, 0, 0]],
    ["createUser", [0, 0, 0, 0]],
    ["createScope", [0, 0, 0, 0]],
    ["createScope", [1, 0, 0, 0]],
    ["createScope", [0, 0, 0, 0]],
    ["createRole", [2, 1, 0, 1]],
    ["createRole", [1, 0, 0, 1]],
    ["createGroup", [1, 0, 0, 0]],
    ["createOrganization", [0, 0, 0, 0]],
    ["createOrganizationRole", [2, 0, 0, 0]],
  ] as const
).map(([move, draw]) => ({ move, draw }));

const number = fc.nat({ max: 999 });
/** What gives, and what ends it, comes up more often. */
const often: MoveName[] = ["assignUntil", "assignUntil", "joinGroup", "joinOrganization", "wait", "wait", "wait"];
const step: fc.Arbitrary<Step> = fc.record({
  move: fc.constantFrom(...(Object.keys(moves) as MoveName[]), ...often),
  draw: fc.tuple(number, number, number, number),
});
const histories = fc.array(step, { minLength: 10, maxLength: 25 });

let tenants = 0;
async function begin(model: Model): Promise<History> {
  const tenant = await world.tenant(`history-${(tenants += 1)}`);
  await tenant.apply((declared) => {
    machine(declared, "steward", managementPermissions(""));
    machine(declared, "watcher", ["token:introspect"]);
  });
  const resource = [api, billing].map((indicator) => tenant.ids.get(`resource ${indicator}`) ?? "");
  for (const id of resource) model.put(id, { kind: "resource" });
  const none = { scope: [], role: [], group: [], organizationRole: [], organization: [], user: [] };
  const counts = { done: 0, refused: 0 };
  return { world, tenant, model, made: { ...none, resource }, usernames: new Map(), counts };
}

/** A token that is out: what it was minted with, and when it ends. */
type Issued = { token: string; question: Question; permissions: readonly string[]; expireTime: number };

/** Signs in, and answers the token; undefined where the service refuses. */
async function signIn({ tenant, usernames }: History, question: Question): Promise<Issued | undefined> {
  const { userId, resourceId, organizationId } = question;
  const request: JsonObject = {
    access_token: world.token(tenant, usernames.get(userId) ?? ""),
    resource: [resourceId === tenant.ids.get(`resource ${api}`) ? api : billing],
    ...(organizationId === undefined ? {} : { organization_id: organizationId }),
  };
  const outcome = await doors[tenants % doors.length]?.call(world, "exchange", request, tenant.as("backend"));
  if (!outcome?.ok) return undefined;
  const token = outcome.answer["token"];
  if (typeof token !== "string") throw new Error("no token was answered");
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
    permissions: string[];
    exp: number;
  };
  return { token, question, permissions: claims.permissions, expireTime: 1000 * claims.exp };
}

/** Tokens that are told apart in one call. */
const largestBatch = 100;

/** What Introspect says of each, and what the model does: their permissions now, or undefined where it is inactive. */
async function compareOld({ tenant, model }: History, issued: readonly Issued[]): Promise<void> {
  const asked = issued.slice(-largestBatch);
  if (asked.length === 0) return;
  const request = { tokens: asked.map(({ token }) => token) };
  const answer: JsonObject = await expectOk(grpcDoor.call(world, "introspectBatch", request, tenant.as("watcher")));
  const said = (answer["results"] as JsonObject[]).map(({ active, permissions }) =>
    active === true ? (permissions ?? []) : undefined,
  );
  const expected = asked.map(({ question, permissions, expireTime }) => {
    const now = world.now() < expireTime ? model.permissions(question, world.now()) : undefined;
    return now && permissions.filter((name) => now.includes(name));
  });
  expect(said).toEqual(expected);
}

/** Every user, at either audience, for itself and in every organization. */
const questions = ({ made }: History): Question[] =>
  made.user.flatMap((userId) =>
    made.resource.flatMap((resourceId) =>
      [undefined, ...made.organization].map((organizationId) => ({ userId, resourceId, organizationId })),
    ),
  );

const seen = { done: 0, refused: 0, tokens: 0, granted: 0, moves: new Set<MoveName>() };

/** Throws where the service and the model differ. */
async function play(steps: readonly Step[], model: Model): Promise<void> {
  const history = await begin(model);
  const issued: Issued[] = [];
  const compare = async (question: Question) => {
    const now = await signIn(history, question);
    expect(now?.permissions).toEqual(model.permissions(question, world.now()));
    if (now === undefined) return;
    issued.push(now);
    seen.tokens += 1;
    if (now.permissions.length > 0) seen.granted += 1;
  };
  for (const { move, draw } of [...opening, ...steps]) {
    const done = history.counts.done;
    await moves[move](history, draw);
    if (history.counts.done > done || move === "wait") seen.moves.add(move);
    await compareOld(history, issued);
    const all = questions(history);
    const question = all[draw[3] % all.length];
    if (question) await compare(question);
  }
  for (const question of questions(history)) await compare(question);
  seen.done += history.counts.done;
  seen.refused += history.counts.refused;
}

describe("after any history of management calls", () => {
  it("a minted token and Introspect of an older one have the permissions of the model", {
    timeout: 180_000,
  }, async () => {
    const seed = Number(process.env["PERMISSIONS_SEED"] ?? Date.now() % 2 ** 31);
    const runs = Number(process.env["PERMISSIONS_RUNS"] ?? 30);
    process.stdout.write(`permissions: seed ${seed}\n`);
    await fc.assert(
      fc.asyncProperty(histories, (steps) => play(steps, createModel())),
      { seed, numRuns: runs },
    );
    // The histories said something: most calls were agreed to, and tokens had permissions.
    expect(seen.done).toBeGreaterThan(2 * seen.refused);
    expect(seen.granted).toBeGreaterThan(seen.tokens / 10);
  });
});

/** A model with one mistake each. */
const mistaken: Record<string, () => Model> = {
  "forgets that a role was taken away": () => ({ ...createModel(), unlink: () => undefined }),
  "takes no notice of ends": () => {
    const model = createModel();
    return { ...model, link: (owner, user, terms) => model.link(owner, user, { ...terms, until: Infinity }) };
  },
  "asks only what the user holds itself": () => {
    const model = createModel();
    return {
      ...model,
      permissions: ({ userId, resourceId }, now) => model.permissions({ userId, resourceId }, now),
    };
  },
};

describe("negative control", () => {
  it.each(Object.keys(mistaken))("a model that %s is caught", { timeout: 180_000 }, async (mistake) => {
    const make = mistaken[mistake] ?? createModel;
    const property = fc.asyncProperty(histories, (steps) => play(steps, make()));
    const { failed } = await fc.check(property, { seed: 7, numRuns: 40, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
