// The sign-in request that is made for a connector: what it says, where it goes, and for whom there is none.
import { createHash } from "node:crypto";
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, steward } from "../support/administered.ts";
import { doors, grpcDoor } from "../support/door.ts";
import { answerStatus } from "../support/upstream-issuer.ts";

const redirectUri = "https://app.example.test/callback?from=idp";
let admin: Administered;
let applicationId: string;
let connectorId: string;
beforeAll(async () => {
  admin = await createAdministered();
  const facts = { type: "APPLICATION_TYPE_TRADITIONAL", redirectUris: [redirectUri] };
  applicationId = (await admin.application(facts)).id;
  connectorId = await create({ factoryId: "oidc", target: "idp", clientId: "tessera", ...atUpstream("one") });
});
afterAll(() => admin.close());

const atUpstream = (audience: string) => ({ issuer: admin.world.upstream.issuer, audiences: [audience] });
const create = async (connector: JsonObject): Promise<string> => {
  const request = { connector: { name: admin.fresh("Connector"), ...connector } };
  return String((await admin.ok(grpcDoor, "connector.createConnector", request))["id"]);
};
const ask = (change: JsonObject = {}, door = grpcDoor) =>
  admin.ask(door, "connector.createAuthorizationUri", { connectorId, applicationId, redirectUri, ...change });
const answer = async (change: JsonObject = {}, door = grpcDoor): Promise<Record<string, string>> => {
  const outcome = await ask(change, door);
  if (!outcome.ok) throw new Error(`refused: ${outcome.message}`);
  return outcome.answer as Record<string, string>;
};
const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");

describe("an authorization URI", () => {
  it.each(doors)(
    "N7-17: asks for a code with PKCE, state and nonce, at the discovered endpoint, over $name",
    async (door) => {
      const { authorizationUri = "", state = "", nonce = "", codeVerifier = "" } = await answer({}, door);
      const uri = new URL(authorizationUri);
      expect(`${uri.origin}${uri.pathname}`).toBe(`${admin.world.upstream.issuer}/auth`);
      expect(Object.fromEntries(uri.searchParams)).toEqual({
        response_type: "code",
        client_id: "tessera",
        redirect_uri: redirectUri,
        scope: "openid profile email",
        state,
        nonce,
        code_challenge: sha256(codeVerifier),
        code_challenge_method: "S256",
      });
      expect(codeVerifier).toMatch(/^[\w-]{43}$/);
      for (const random of [state, nonce]) expect(Buffer.from(random, "base64url")).toHaveLength(16);
      const again = await answer({}, door);
      expect(new Set([state, nonce, codeVerifier, again["state"], again["nonce"], again["codeVerifier"]]).size).toBe(6);
    },
  );

  it("carries the state that was given, whatever is in it", async () => {
    const state = "a b&c=d#é";
    const { authorizationUri = "", ...rest } = await answer({ state });
    expect(rest).toMatchObject({ state });
    expect(new URL(authorizationUri).searchParams.getAll("state")).toEqual([state]);
  });

  it("carries the scope that was asked for, and a nonce only where an ID token will come", async () => {
    const { authorizationUri = "", nonce } = await answer({ scope: "read:user" });
    const { searchParams } = new URL(authorizationUri);
    expect([searchParams.get("scope"), searchParams.has("nonce"), nonce]).toEqual(["read:user", false, ""]);
    expect(await ask({ scope: "a  b" })).toMatchObject({ kind: "invalid", fields: ["scope"] });
    expect(await ask({ scope: 'a"b' })).toMatchObject({ kind: "invalid", fields: ["scope"] });
  });

  it("goes to the connector's own endpoint, whose query stays, without asking the issuer", async () => {
    const { counts } = admin.world.upstream;
    const asked = counts.discovery;
    const id = await create({ factoryId: "github", clientId: "Iv1.0", clientSecret: "s" });
    const github = await answer({ connectorId: id });
    expect(github["authorizationUri"]).toMatch(/^https:\/\/github\.com\/login\/oauth\/authorize\?response_type=code&/);
    const own = { authorizationEndpoint: "https://idp.example/auth?tenant=acme", clientId: "c", target: "own" };
    const other = await answer({ connectorId: await create({ factoryId: "oidc", ...own, ...atUpstream("two") }) });
    expect(new URL(other["authorizationUri"] ?? "").searchParams.get("tenant")).toBe("acme");
    expect(counts.discovery).toBe(asked);
  });

  it("leaves an event with two ids and nothing of what it says", async () => {
    const made = await answer();
    const trail = await admin.world.parts.store.instance.auditTrail(admin.world.red.id, 0, 10_000);
    const event = trail.at(-1);
    expect(event).toMatchObject({ event: "connector.authorization_requested", subject: connectorId });
    for (const secret of [made["state"], made["nonce"], made["codeVerifier"]])
      expect(JSON.stringify(event)).not.toContain(secret);
  });
});

describe("there is none", () => {
  it.each([
    "https://app.example.test/callback",
    "https://app.example.test/callback?from=idp&x=1",
    "https://APP.example.test/callback?from=idp",
    "https://app.example.test:443/callback?from=idp",
    "https://evil.example/callback?from=idp",
  ])("N7-17: for %s, which is not letter for letter the application's", async (uri) => {
    expect(await ask({ redirectUri: uri })).toMatchObject({ kind: "invalid", fields: ["redirect_uri"] });
  });

  it("N6-11: for an unknown connector or application, or another tenant's", async () => {
    const { world } = admin;
    const request = { connectorId, applicationId, redirectUri };
    const foreign = await grpcDoor.call(world, "connector.createAuthorizationUri", request, steward(world.blue));
    const unknown = [await ask({ connectorId: nobody }), await ask({ applicationId: nobody })];
    expect(foreign).toMatchObject({ kind: "notFound" });
    expect(unknown).toEqual([foreign, foreign]);
  });

  it("for a connector that nobody signs in at, that is disabled, or that names no client", async () => {
    const smtp = { factoryId: "smtp", endpoint: "smtps://mail.example", sender: "a@example.test" };
    const conditions = [{ claim: "project_id", stringValue: "1" }];
    const workload = { factoryId: "gitlab-ci", audiences: ["a"], conditions, clientId: "c" };
    const nameless = { factoryId: "oidc", target: "nameless", ...atUpstream("three") };
    const disabled = { ...nameless, target: "off", ...atUpstream("four"), clientId: "c", disabled: true };
    for (const connector of [smtp, workload, nameless, disabled])
      expect(await ask({ connectorId: await create(connector) })).toMatchObject({ kind: "precondition" });
  });

  it("while the issuer cannot be asked, or where it has no such endpoint", async () => {
    const { upstream } = admin.world;
    await admin.world.restart();
    upstream.faults.discovery = answerStatus(500);
    expect(await ask()).toMatchObject({ kind: "unavailable" });
    delete upstream.faults.discovery;
    await admin.world.restart();
    upstream.answers.discovery = { issuer: upstream.issuer, jwks_uri: `${upstream.issuer}/jwks` };
    expect(await ask()).toMatchObject({ kind: "precondition" });
    await admin.world.restart();
    const script = { issuer: upstream.issuer, jwks_uri: "", authorization_endpoint: "javascript:alert(1)" };
    upstream.answers.discovery = script;
    expect(await ask()).toMatchObject({ kind: "precondition" });
  });
});
