// Tokens of the npm package oauth2-mock-server, which was written without us in mind.
import { OAuth2Server } from "oauth2-mock-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIssuers } from "../../src/tokens/issuers.ts";
import { connectorFor, loopback } from "../support/upstream-issuer.ts";

const server = new OAuth2Server();
let issuer = "";
beforeAll(async () => {
  await server.issuer.keys.generate("RS256", { kid: "first" });
  await server.start(0, "127.0.0.1");
  issuer = server.issuer.url ?? "";
});
afterAll(() => server.stop());

const token = (claims: object, kid = "first") =>
  server.issuer.buildToken({
    kid,
    scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: "alice", aud: "tessera" }, claims),
  });

const clock = { now: () => Date.now() };
const issuers = createIssuers({ outbound: loopback(), clock });
const verify = (text: string) =>
  issuers.verify({
    connectors: [connectorFor(issuer, { jwksUri: "" })],
    token: text,
    now: clock.now(),
    signal: new AbortController().signal,
  });

describe("oauth2-mock-server", () => {
  it("a token it signed is believed, by the keys its discovery document leads to", async () => {
    expect(await verify(await token({}))).toMatchObject({ issuer, subject: "alice" });
  });

  it.each([
    ["for another audience", { aud: "other" }],
    ["of another issuer", { iss: "https://other.example" }],
    ["without a subject", { sub: undefined }],
    ["that ended", { exp: 1 }],
  ])("a token %s is refused", async (_name, claims) => {
    await expect(verify(await token(claims))).rejects.toMatchObject({ kind: "badToken" });
  });

  it("F11: a key it made since is not asked for again within the pause", async () => {
    await verify(await token({}));
    await server.issuer.keys.generate("ES256", { kid: "second" });
    await expect(verify(await token({}, "second"))).rejects.toMatchObject({ kind: "badToken" });
  });
});
