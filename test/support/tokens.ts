// What the conformance tests of issued tokens share: requests, refusals, what a minted token says, and a change to the
// declared state that is taken back.
import type { JsonObject } from "@bufbuild/protobuf";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";
import { expect } from "vitest";
import type { Kind } from "../../src/failure.ts";
import { doors, expectOk, grpcDoor, headersOf, type MethodName, type Outcome } from "./door.ts";
import type { Credential, Fixture, World } from "./world.ts";

export const management = "urn:tessera:management";
export const appOrigin = "https://app.example.test";

const refusal = (kind: Kind, reason: string, message: string, fields: string[] = []): Outcome => ({
  ok: false,
  kind,
  reason,
  message,
  fields,
});

/** Every refusal has one sentence, whatever the cause. */
export const badToken = refusal("badToken", "BAD_TOKEN", "the token was refused");
export const invalidGrant = refusal("badToken", "INVALID_GRANT", "the token was refused");
export const invalidClient = refusal("unauthenticated", "INVALID_CLIENT", "the client is not authenticated");
export const invalidBearer = refusal("unauthenticated", "INVALID_TOKEN", "the access token was refused");
export const wrongCaller = refusal("denied", "UNAUTHORIZED_CLIENT", "this kind of caller may not use the method");
export const nobody = refusal("notFound", "NOT_FOUND", "client or user not found");
export const notMember = refusal("denied", "ACCESS_DENIED", "the user does not act for this organization");
export const unavailable = refusal("unavailable", "DEPENDENCY_UNAVAILABLE", "a dependency is unavailable");
export const invalidTarget = refusal(
  "invalid",
  "INVALID_TARGET",
  "the resource is unknown or not for this application",
);

/** A page or an app, which only names itself. */
export const asPublic = (tenant: Fixture, application: string, origin?: string): Credential => ({
  basic: [tenant.ids.get(`application ${application}`) ?? "", ""],
  ...(origin && { origin }),
});

/** Asks through both doors, one after the other. They have to agree in all but the tokens; the last answer is told. */
export async function everywhere(
  world: World,
  method: MethodName,
  request: JsonObject | (() => JsonObject),
  credential: Credential,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  const body = () => (typeof request === "function" ? request() : request);
  for (const door of doors) outcomes.push(await door.call(world, method, body(), credential));
  const [first, last] = outcomes;
  if (first === undefined || last === undefined) throw new Error("there are two doors");
  expect(withoutTokens(last)).toEqual(withoutTokens(first));
  return last;
}

const withoutTokens = (outcome: Outcome): unknown => {
  if (!outcome.ok) return outcome;
  const { token: _token, access_token: _access, refresh_token: _refresh, ...rest } = outcome.answer;
  return rest;
};

/** All that both doors let the caller see, byte for byte. */
export async function seen(world: World, method: MethodName, request: JsonObject, credential: Credential) {
  const answers: string[] = [];
  for (const door of doors) {
    const { bytes } = await door.send(world, method, door.encode(method, request), headersOf(credential));
    answers.push(`${door.name} ${bytes}`);
  }
  return answers;
}

/** An access token as any resource server reads it: by the published keys, its issuer, type and audience. */
export async function readAccess(world: World, token: unknown, audience: string) {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", world.http));
  const { payload, protectedHeader, key } = await jwtVerify(String(token), keys, {
    issuer: world.parts.issuer,
    audience,
    typ: "at+jwt",
    currentDate: new Date(world.now()),
  });
  return { claims: payload, header: protectedHeader, key };
}

/** The claims of a token, unverified: for what was just handed out. */
export const claimsOf = (token: unknown): JWTPayload & Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString()) as JWTPayload;

/** What GenerateToken is asked for a user, by default in the user realm. */
export const generate = (
  { id, ids }: Fixture,
  username: string,
  more: JsonObject = {},
  application = "backend",
): JsonObject => ({
  realm: "REALM_USER",
  tenant_id: id,
  project_id: ids.get("project main") ?? "",
  client_id: ids.get(`application ${application}`) ?? "",
  email_id: `${username}@example.test`,
  ...more,
});

/** An access token of the realm, on the word of the tenant's backend. */
export async function realmToken(world: World, tenant: Fixture, realm: "REALM_USER" | "REALM_ADMIN", username = "ada") {
  const request = generate(tenant, username, { realm });
  const answer = await expectOk(grpcDoor.call(world, "generateToken", request, tenant.as("backend")));
  return String(answer["access_token"]);
}

/** Whether its tenant's inspector, who may look at every token, is told that this one is active. */
export async function isActive(world: World, tenant: Fixture, token: string): Promise<boolean> {
  const outcome = await everywhere(world, "introspect", { token }, tenant.as("inspector"));
  return outcome.ok && outcome.answer["active"] === true;
}

type Entry = Record<string, unknown>;

/** The declared thing of this name, user name or indicator; of the list "tenant" the tenant itself. */
export function declaredEntry({ declared }: Fixture, list: string, name = ""): Entry {
  const lists: Record<string, unknown> = declared;
  const entries = (list === "tenant" ? [lists["tenant"]] : lists[list]) as Entry[];
  const found = entries.find((entry) => name === "" || [entry["name"], entry["username"]].includes(name));
  if (found === undefined) throw new Error(`no ${name} in ${list}`);
  return found;
}

/** Declares more things of one kind. */
export const declareMore = (tenant: Fixture, list: string, ...entries: Entry[]): Promise<void> =>
  tenant.apply((declared) => void (declared[list] as Entry[]).push(...entries));

/** Runs with fields of a declared thing changed, then takes the change back. */
export async function whileDeclared<T>(
  tenant: Fixture,
  [list, name, fields]: [list: string, name: string, fields: Entry],
  run: () => Promise<T>,
): Promise<T> {
  const entry = declaredEntry(tenant, list, name);
  const before = { ...entry };
  await tenant.apply(() => void Object.assign(entry, fields));
  try {
    return await run();
  } finally {
    for (const field of Object.keys(fields)) if (!(field in before)) delete entry[field];
    await tenant.apply(() => void Object.assign(entry, before));
  }
}
