// What tests of a token's life do again and again through one door: sign in, refresh, introspect, revoke.
import type { JsonObject } from "@bufbuild/protobuf";
import { type Door, expectOk, type MethodName, type Outcome } from "./door.ts";
import type { Credential, Fixture, World } from "./world.ts";

export type Tokens = { access: string; refresh: string };

const refusal = (kind: "badToken" | "unauthenticated" | "unavailable", reason: string, message: string): Outcome => ({
  ok: false,
  kind,
  reason,
  message,
  fields: [],
});

/** The one refusal of a refresh token, whatever was wrong with it. */
export const invalidGrant = refusal("badToken", "INVALID_GRANT", "the token was refused");
/** The one refusal of a client, whatever was wrong with it. */
export const invalidClient = refusal("unauthenticated", "INVALID_CLIENT", "the client is not authenticated");
export const outage = refusal("unavailable", "DEPENDENCY_UNAVAILABLE", "a dependency is unavailable");
/** All that is said of a token that is not active. */
export const inactive: Outcome = { ok: true, answer: { active: false } };

type SignIn = { user?: string; as?: Credential; request?: JsonObject };

/** Callers are red's backend where none is named. */
export function through(door: Door, world: () => World) {
  const backend = () => world().red.as("backend");
  const call = (method: MethodName, request: JsonObject, as = backend()) => door.call(world(), method, request, as);
  const refresh = (token: string, as?: Credential, request: JsonObject = {}) =>
    call("refresh", { refresh_token: token, ...request }, as);
  const introspect = (token: string, as?: Credential) => call("introspect", { token }, as);
  return {
    call,
    refresh,
    introspect,
    revoke: (token: string, as?: Credential) => call("revoke", { token }, as),
    /** Ada signs in at the backend, unless told otherwise. */
    async signIn(tenant: Fixture, { user = "ada", as = tenant.as("backend"), request = {} }: SignIn = {}) {
      const access_token = world().token(tenant, user);
      return tokensOf(await expectOk(call("exchange", { access_token, ...request }, as)));
    },
    /** A refresh that has to succeed. */
    next: async (token: string, as?: Credential, request?: JsonObject) =>
      tokensOf(await expectOk(refresh(token, as, request))),
    isActive: async (token: string, as?: Credential) => (await expectOk(introspect(token, as)))["active"] === true,
  };
}

export const tokensOf = (answer: JsonObject): Tokens => ({
  access: textOf(answer["token"]),
  refresh: textOf(answer["refresh_token"]),
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The stored family of a refresh token. */
export const familyOf = ({ parts }: World, tenant: Fixture, token: string) =>
  parts.store.tenant(tenant.id).family(token.slice(3, 24));

/** What an access token says, unverified. */
export const claimsOf = (token: string): Record<string, unknown> => partOf(token, 1);

/** The key that an access token names. */
export const kidOf = (token: string): string => partOf(token, 0)["kid"] as string;

const partOf = (token: string, at: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[at] ?? "", "base64url").toString()) as Record<string, unknown>;

/** An item of a declaration by its name, to change it. */
export function declaredItem(list: Record<string, unknown>[] | undefined, name: string): Record<string, unknown> {
  const item = list?.find((candidate) => candidate["name"] === name || candidate["username"] === name);
  if (item === undefined) throw new Error(`nothing declared is called ${name}`);
  return item;
}
