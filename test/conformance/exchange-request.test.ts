// What Exchange demands of a request, and which connectors' tokens an application may bring.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, headersOf } from "../support/door.ts";
import { badToken, declareMore, everywhere, whileDeclared } from "../support/tokens.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const ask = (token: string, more: JsonObject = {}, application = "backend") =>
  everywhere(world, "exchange", { access_token: token, ...more }, world.red.as(application));
const requestsToIssuer = () => Object.values(world.upstream.counts).reduce((sum, count) => sum + count, 0);

describe("the request", () => {
  const invalid = (fields: string[]) => ({ ok: false, kind: "invalid", reason: "INVALID_REQUEST", fields });
  it.each<[string, JsonObject, string[]]>([
    ["nothing", {}, [""]],
    ["an empty token", { access_token: "" }, [""]],
    ["a token of 16,385 bytes", { access_token: "x".repeat(16_385) }, ["access_token"]],
    ["a connector's id of 65 bytes", { access_token: "x", connector_id: "x".repeat(65) }, ["connector_id"]],
    ["an organization's id of 65 bytes", { access_token: "x", organization_id: "x".repeat(65) }, ["organization_id"]],
    ["a scope of 8,193 bytes", { access_token: "x", scope: "x".repeat(8193) }, ["scope"]],
    ["an empty resource", { access_token: "x", resource: [""] }, ["resource[0]"]],
    ["nine resources", { access_token: "x", resource: "123456789".split("") }, ["resource"]],
  ])("N3-02: with %s is refused before the token is looked at", async (_what, request, fields) => {
    expect(await everywhere(world, "exchange", request, world.red.as("backend"))).toMatchObject(invalid(fields));
  });

  it.each(doors)("that is none is refused over $name", async (door) => {
    const { outcome } = await door.send(world, "exchange", Buffer.from("{"), headersOf(world.red.as("backend")));
    expect(outcome).toMatchObject({ ok: false, kind: "invalid" });
  });

  it.each([
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "audience",
  ])("N3-04 N3-08: names %s, which is not served yet, and is refused; left empty it is not", async (name) => {
    const list = name === "audience";
    const access_token = world.token(world.red, "ada");
    const refused = { ok: false, kind: "unimplemented", reason: "UNIMPLEMENTED", fields: [name] };
    // The two names of the subject token never stand together.
    const own = name === "subject_token" ? "" : access_token;
    expect(await ask(own, { [name]: list ? ["x"] : "x" })).toMatchObject(refused);
    expect(await ask(access_token, { [name]: list ? [] : "" })).toMatchObject({ ok: true });
  });

  it("has one subject token, under one of its two names", async () => {
    const subject_token = world.token(world.red, "ada");
    expect(await ask(subject_token, { subject_token })).toMatchObject({ ok: false, kind: "invalid" });
    expect(await ask("")).toMatchObject({ ok: false, kind: "invalid" });
  });

  it("N3-08: may ask for the type of token that it gets", async () => {
    const requested_token_type = "urn:ietf:params:oauth:token-type:access_token";
    expect(await ask(world.token(world.red, "ada"), { requested_token_type })).toMatchObject({ ok: true });
  });
});

describe("the connectors of the application", () => {
  it("N3-15 I-XCH-05: a token of one that is not the application's is refused, and nobody is asked", async () => {
    const before = requestsToIssuer();
    expect(await ask(world.token(world.red, "ada"), {}, "other")).toEqual(badToken);
    expect(requestsToIssuer()).toBe(before);
    expect(await ask(world.token(world.red, "ada"))).toMatchObject({ ok: true });
  });

  it("N3-16: a disabled one believes nothing until it is enabled again", async () => {
    const token = () => ask(world.token(world.red, "ada"));
    await whileDeclared(world.red, ["connectors", "idp", { disabled: true }], async () =>
      expect(await token()).toEqual(badToken),
    );
    expect(await token()).toMatchObject({ ok: true });
  });

  it("N1-22: one that names clients believes only tokens made for them", async () => {
    const made = (azp: string | undefined) => ask(world.token(world.red, "ada", { azp }));
    await whileDeclared(world.red, ["connectors", "idp", { authorizedClients: ["portal"] }], async () => {
      expect(await made("portal")).toMatchObject({ ok: true });
      expect(await made("third-party")).toEqual(badToken);
      expect(await made(undefined)).toEqual(badToken);
    });
  });

  it("N1-33: one with a condition believes only tokens that meet it", async () => {
    const conditions = [{ claim: "group", stringValue: "staff" }];
    await whileDeclared(world.red, ["connectors", "idp", { conditions }], async () => {
      expect(await ask(world.token(world.red, "ada", { group: ["x", "staff"] }))).toMatchObject({ ok: true });
      expect(await ask(world.token(world.red, "ada", { group: "staff2" }))).toEqual(badToken);
      expect(await ask(world.token(world.red, "ada"))).toEqual(badToken);
    });
  });

  it("N1-24: one for ID tokens believes no access token, and one for access tokens no ID token", async () => {
    const access = () =>
      world.token(world.red, "ada", { client_id: "red", jti: crypto.randomUUID() }, { typ: "at+jwt" });
    const id = () => world.token(world.red, "ada");
    await whileDeclared(world.red, ["connectors", "idp", { tokenKind: "TOKEN_KIND_ID_TOKEN" }], async () => {
      expect(await ask(id())).toMatchObject({ ok: true });
      expect(await ask(access())).toEqual(badToken);
    });
    await whileDeclared(world.red, ["connectors", "idp", { tokenKind: "TOKEN_KIND_ACCESS_TOKEN" }], async () => {
      expect(await ask(access())).toMatchObject({ ok: true });
      expect(await ask(id())).toEqual(badToken);
    });
  });

  it("N1-20: a key of another issuer signs nothing for this one", async () => {
    const issuer = "https://second.example.test";
    const second = { name: "second", verification: "VERIFICATION_JWKS", issuer, audiences: ["red"] };
    await declareMore(world.red, "connectors", { ...second, jwksUri: `${world.upstream.issuer}/jwks` });
    await declareMore(world.red, "userIdentities", { userId: "ben", connectorId: "second", subject: "ada-at-idp" });
    const connectorIds = ["idp", "second"];
    const made = () => world.token(world.red, "ada", { iss: issuer });
    expect(await ask(made())).toEqual(badToken);
    await whileDeclared(world.red, ["applications", "backend", { connectorIds, defaultConnectorId: "" }], async () => {
      // The same key is published for both; what it signed is of the issuer that is named, with that one's users.
      expect(await ask(made())).toMatchObject({ ok: true, answer: { user: { username: "ben" } } });
      expect(await ask(world.token(world.red, "ada"))).toMatchObject({
        ok: true,
        answer: { user: { username: "ada" } },
      });
    });
  });
});
