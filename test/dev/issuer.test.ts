// The development issuer as its clients see it: over HTTP, with jose as an independent reader of its tokens.
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDevIssuer } from "../../src/dev/issuer.ts";
import { bearer, type Browser, options, read, startDevIssuerWithBrowser, time } from "../support/dev-issuer.ts";

let site: Browser;
beforeAll(async () => {
  site = await startDevIssuerWithBrowser();
});
afterAll(() => site.dev.close());

const exampleToken = async () => {
  const response = await fetch(site.dev.tokenEndpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(site.dev.exampleBody),
  });
  return { response, answer: await read(response) };
};

describe("tokens", () => {
  it("the example body, posted as JSON, answers an access token of the first user", async () => {
    const { response, answer } = await exampleToken();
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(answer).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    const { payload, protectedHeader } = await site.verify(answer["access_token"], options.audience);
    expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "at+jwt" });
    expect(payload).toMatchObject({
      sub: "user-ada",
      client_id: "web",
      azp: "web",
      email: "ada@example.test",
      email_verified: true,
      name: "Ada <Lovelace>",
      preferred_username: "ada",
      phone_number: "+4915112345678",
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it("a form answers the same for any other user, with what is known of them", async () => {
    const response = await site.form("/token", { ...site.dev.exampleBody, username: "bob" });
    const { payload } = await site.verify((await read(response))["access_token"], options.audience);
    expect(payload).toMatchObject({ sub: "user-bob", email_verified: false });
    expect(payload).not.toHaveProperty("phone_number");
  });

  it("an ID token is for the client, carries the nonce and is not an access token", async () => {
    const idToken = String((await read(await site.redeem()))["id_token"]);
    const { payload } = await site.verify(idToken, "web");
    expect(payload).toMatchObject({ sub: "user-ada", nonce: "nonce-1" });
    expect(decodeProtectedHeader(idToken).typ).toBe("JWT");
    expect((await fetch(`${site.dev.issuer}/userinfo`, bearer(idToken))).status).toBe(401);
  });

  it.each([
    ["an unknown user", { username: "eve" }, 400, "invalid_grant"],
    ["an unknown client", { client_id: "other" }, 401, "invalid_client"],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type"],
    ["no user", { username: "" }, 400, "invalid_request"],
  ])("%s is refused", async (_name, change, status, error) => {
    const response = await site.form("/token", { ...site.dev.exampleBody, ...change });
    expect(response.status).toBe(status);
    expect(await read(response)).toMatchObject({ error });
  });
});

describe("the token endpoint's body", () => {
  const post = (type: string, body: string) =>
    fetch(site.dev.tokenEndpoint, { method: "POST", headers: { "content-type": type }, body });

  it.each([
    ["text", "text/plain", "grant_type=x"],
    ["broken JSON", "application/json", "{"],
    ["JSON of another shape", "application/json", '{"grant_type":1}'],
    ["a JSON list", "application/json", "[]"],
    ["a parameter twice", "application/x-www-form-urlencoded", "client_id=web&client_id=native"],
    ["more than 16 KiB", "application/x-www-form-urlencoded", `client_id=${"x".repeat(16_384)}`],
  ])("%s is refused", async (_name, type, body) => {
    const response = await post(type, body);
    expect(response.status).toBe(400);
    expect(await read(response)).toMatchObject({ error: "invalid_request" });
  });

  it("of exactly 16 KiB is read", async () => {
    const fields = new URLSearchParams({ ...site.dev.exampleBody, padding: "" }).toString();
    const response = await post("application/x-www-form-urlencoded", fields.padEnd(16_384, "x"));
    expect(response.status).toBe(200);
  });
});

describe("userinfo", () => {
  it("tells the holder of an access token who it is", async () => {
    const { answer } = await exampleToken();
    const response = await fetch(`${site.dev.issuer}/userinfo`, bearer(answer["access_token"]));
    expect(await read(response)).toEqual({
      sub: "user-ada",
      email: "ada@example.test",
      email_verified: true,
      name: "Ada <Lovelace>",
      preferred_username: "ada",
      phone_number: "+4915112345678",
    });
  });

  it("N7-10: nobody is asked to sign in without an error word, a false token with one", async () => {
    const none = await fetch(`${site.dev.issuer}/userinfo`);
    const wrong = await fetch(`${site.dev.issuer}/userinfo`, bearer("a.b.c"));
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"']);
  });

  it("refuses an expired token", async () => {
    const { answer } = await exampleToken();
    time.ahead = 3_601_000;
    const response = await fetch(`${site.dev.issuer}/userinfo`, bearer(answer["access_token"]));
    time.ahead = 0;
    expect(response.status).toBe(401);
  });
});

describe("discovery", () => {
  it("names the issuer it was asked at and what it really does", async () => {
    const document = await read(await fetch(`${site.dev.issuer}/.well-known/openid-configuration`));
    expect(document).toMatchObject({
      issuer: site.dev.issuer,
      token_endpoint: site.dev.tokenEndpoint,
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    });
  });

  it("keeps its own name whatever Host header it is sent", async () => {
    const { port } = new URL(site.dev.issuer);
    const document = await read(await fetch(`http://localhost:${port}/.well-known/openid-configuration`));
    expect(document).toMatchObject({ issuer: site.dev.issuer });
  });

  it("shows only the public half of the key", async () => {
    const text = await (await fetch(`${site.dev.issuer}/jwks`)).text();
    expect(text).toContain('"kty":"EC"');
    expect(text).not.toContain('"d":');
  });

  it.each(["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"])(
    "%s may be read by any page",
    async (path) => {
      const response = await fetch(site.dev.issuer + path, { method: "OPTIONS" });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
    },
  );

  it("the sign-in page may not be read by other pages", async () => {
    const response = await site.form("/authorize", { ...site.request, username: "ada" });
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
  });

  it("anything else is not there", async () => {
    expect((await fetch(`${site.dev.issuer}/token`)).status).toBe(404);
    expect((await fetch(`${site.dev.issuer}/`)).status).toBe(404);
  });
});

describe("starting and stopping", () => {
  it("listens on the port it is told and frees it when closed, however often", async () => {
    const first = await startDevIssuer(options);
    await first.close();
    await first.close();
    const second = await startDevIssuer({ ...options, port: Number(new URL(first.issuer).port) });
    expect(second.issuer).toBe(first.issuer);
    await second.close();
  });

  it("fails when the port is taken", async () => {
    const port = Number(new URL(site.dev.issuer).port);
    await expect(startDevIssuer({ ...options, port })).rejects.toThrow("EADDRINUSE");
  });

  it("does not start without users", async () => {
    await expect(startDevIssuer({ ...options, users: [] })).rejects.toThrow("needs a user and a client");
  });
});
