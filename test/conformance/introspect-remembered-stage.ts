// Where tokens are asked about again and again: who signs in, whoever asks, and each way to ask.
import type { JsonObject } from "@bufbuild/protobuf";
import { type Asking, asking, withAdministrators } from "../support/administrators.ts";
import { type Door, doors, grpcDoor, type Outcome } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { declaredItem, through } from "../support/histories.ts";
import { familyOf, grantOf } from "../support/store.ts";
import { type Credential, createWorld, type Fixture, type World } from "../support/world.ts";

/** `boss` may change everything in the red tenant; its inspector may ask about every token. */
export type Stage = {
  world: World;
  red: Fixture;
  boss: Asking;
  /** By "type name", as in Fixture. Throws where nothing is called so. */
  idOf(label: string): string;
};

export async function createStage(): Promise<Stage> {
  const world = await createWorld();
  const { red } = world;
  await withAdministrators(red);
  await red.apply((declared) => {
    const add = (list: string, ...items: JsonObject[]) => void (declared[list] ??= []).push(...items);
    add("projects", { name: "aside" });
    // From a project of their own, these see the end of the other one.
    for (const name of ["boss", "inspector"]) declaredItem(declared["applications"], name)["projectId"] = "aside";
    const guest = { applicationId: "guest" };
    const theirs = { type: "APPLICATION_TYPE_TRADITIONAL", thirdParty: true, connectorIds: ["idp"] };
    add("applications", { name: "guest", ...theirs });
    add("applicationSecrets", { ...guest, name: "first" });
    const type = "USER_CONSENT_SCOPE_TYPE_";
    add("userConsentScopes", { ...guest, type: `${type}RESOURCE_SCOPES`, scopeId: `${api}#read` });
    add("userConsentScopes", { ...guest, type: `${type}ORGANIZATION_RESOURCE_SCOPES`, scopeId: `${api}#invite` });
    add("consentOrganizations", { ...guest, userId: "ada", organizationId: "north" });
  });
  const idOf = (label: string) => {
    const found = red.ids.get(label);
    if (found === undefined) throw new Error(`nothing is called ${label}`);
    return found;
  };
  return { world, red, boss: asking(world, red.as("boss")), idOf };
}

/** Who signs in, where, for the organization north or alone, and what is said of it while all is in order. */
export const subjects = {
  ada: { user: "ada", application: "backend", isMember: true, fine: "ada: invite read write" },
  ben: { user: "ben", application: "backend", isMember: false, fine: "ben: read" },
  guest: { user: "ada", application: "guest", isMember: true, fine: "somebody: invite read" },
} as const;
export type Subject = keyof typeof subjects;

export async function tokenOf({ world, red, idOf }: Stage, name: Subject): Promise<string> {
  const { user, application, isMember } = subjects[name];
  const request = isMember ? { organization_id: idOf("organization north") } : {};
  return (await through(grpcDoor, () => world).signIn(red, { user, as: red.as(application), request })).access;
}

/** What is said of a token: its user and scope, "inactive", or why the caller is told nothing. */
export type Way = { name: string; ask(stage: Stage, token: string, as?: Credential): Promise<string> };

export const ways: readonly Way[] = doors.flatMap((door) => [
  { name: `Introspect over ${door.name}`, ask: (stage, token, as) => single(door, stage, token, as) },
  { name: `IntrospectBatch over ${door.name}`, ask: (stage, token, as) => inBatch(door, stage, token, as) },
]);

const single = async (door: Door, { world, red }: Stage, token: string, as = red.as("inspector")) =>
  inWords(await door.call(world, "introspect", { token }, as));

async function inBatch(door: Door, { world, red }: Stage, token: string, as = red.as("inspector")): Promise<string> {
  const outcome = await door.call(world, "introspectBatch", { tokens: ["garbage", token] }, as);
  if (!outcome.ok) return inWords(outcome);
  const [, answer = {}] = outcome.answer["results"] as JsonObject[];
  return inWords({ ok: true, answer });
}

function inWords(outcome: Outcome): string {
  if (!outcome.ok) return outcome.kind;
  const { active, username = "somebody", scope = "" } = outcome.answer as { active: boolean } & Record<string, string>;
  return active ? `${username}: ${scope}`.trim() : "inactive";
}

type Said = () => Promise<Record<string, string>>;

/** Each way asks about a token of its own, so that each is the first to ask after a change. */
export async function minted(stage: Stage, subject: Subject): Promise<Said> {
  const tokens: string[] = [];
  for (const _ of ways) tokens.push(await tokenOf(stage, subject));
  return async () => {
    const answers: [string, string][] = [];
    for (const [i, { name, ask }] of ways.entries()) answers.push([name, await ask(stage, tokens[i] ?? "")]);
    return Object.fromEntries(answers);
  };
}

/** All have asked once. */
export async function remembered(stage: Stage, subject: Subject): Promise<Said> {
  const said = await minted(stage, subject);
  await said();
  return said;
}

/** The same words each way. */
export const everyWay = (words: string): Record<string, string> =>
  Object.fromEntries(ways.map(({ name }) => [name, words]));

/** A grant as it is, with an end and a parent of the test's choice (milliseconds). */
export async function openGrant(
  { world, red, idOf }: Stage,
  username: string,
  { expireTime, parentId = null }: { expireTime: number; parentId?: string | null },
): Promise<string> {
  const [user, application] = [idOf(`user ${username}`), idOf("application backend")];
  const owner = { tenantId: red.id, ids: { user, application, resource: idOf(`resource ${api}`) } };
  const grant = grantOf(owner, { createTime: world.now(), expireTime, parentId });
  await world.parts.store.write("openGrant", { grant, family: familyOf(grant) });
  return grant.id;
}

let mintedHere = 0;

/** A token of ada's grant that may read, and that outlives it. */
export async function mintFor({ world, red, idOf }: Stage, sid: string): Promise<string> {
  const iat = Math.floor(world.now() / 1000);
  const who = { sub: idOf("user ada"), client_id: idOf("application backend"), tenant_id: red.id, sid };
  const times = { iat, exp: iat + 3000, jti: `test-${(mintedHere += 1)}` };
  const may = { scope: "read", roles: [], permissions: ["read"], realm: "user" as const };
  const { token } = await world.parts.mint({ ...who, ...times, ...may, aud: api, pev: [1, 1] }, "ES256");
  return token;
}
