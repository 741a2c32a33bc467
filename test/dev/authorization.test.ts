// Signing in at the development issuer: the code flow, its redirects and its page.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCodes, provesChallenge } from "../../src/dev/authorization.ts";
import { ada, type Browser, options, read, startDevIssuerWithBrowser, time, verifier } from "../support/dev-issuer.ts";

let site: Browser;
beforeAll(async () => {
  site = await startDevIssuerWithBrowser();
});
afterAll(() => site.dev.close());

describe("the code flow", () => {
  it("sends the code, the state as it came and the issuer back, and the code is worth tokens", async () => {
    const back = await site.signIn();
    expect(back.origin + back.pathname).toBe(site.redirectUri);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: "state &=1",
      iss: site.dev.issuer,
    });
    expect(await read(await site.redeem())).toMatchObject({ token_type: "Bearer", scope: "openid email" });
  });

  it("a code works once", async () => {
    const code = (await site.signIn()).searchParams.get("code") ?? "";
    const first = await site.redeem({ code });
    const second = await site.redeem({ code });
    expect([first.status, second.status]).toEqual([200, 400]);
    expect(await read(second)).toMatchObject({ error: "invalid_grant" });
  });

  it.each([
    ["the wrong verifier", { code_verifier: verifier.replace("a", "b") }, "invalid_grant"],
    ["a verifier of 42 characters", { code_verifier: "x".repeat(42) }, "invalid_grant"],
    ["no verifier", { code_verifier: "" }, "invalid_request"],
    ["another redirect URI", { redirect_uri: "https://app.example.test/callback" }, "invalid_grant"],
    ["another client", { client_id: "native" }, "invalid_grant"],
    ["an invented code", { code: "x".repeat(43) }, "invalid_grant"],
  ])("a code with %s is refused", async (_name, change, error) => {
    const response = await site.redeem(change);
    expect(response.status).toBe(400);
    expect(await read(response)).toMatchObject({ error });
  });

  it("a code lives for a minute", async () => {
    const codes = [await site.signIn(), await site.signIn()].map((back) => back.searchParams.get("code") ?? "");
    time.ahead = 55_000;
    const early = await site.redeem({ code: codes[0] ?? "" });
    time.ahead = 60_001;
    const late = await site.redeem({ code: codes[1] ?? "" });
    time.ahead = 0;
    expect([early.status, late.status]).toEqual([200, 400]);
  });

  it.each([
    ["a response type other than code", { response_type: "token" }, "unsupported_response_type"],
    ["no challenge", { code_challenge: "" }, "invalid_request"],
    ["a plain challenge", { code_challenge_method: "plain" }, "invalid_request"],
    ["no method", { code_challenge_method: "" }, "invalid_request"],
    ["no openid scope", { scope: "email" }, "invalid_scope"],
    ["prompt=none", { prompt: "none" }, "login_required"],
    ["an unknown user", { username: "eve" }, "access_denied"],
  ])("%s goes back to the client as an error", async (_name, change, error) => {
    const { searchParams } = await site.signIn(change);
    expect(Object.fromEntries(searchParams)).toMatchObject({ error, state: "state &=1", iss: site.dev.issuer });
    expect(searchParams.has("code")).toBe(false);
  });
});

describe("limits", () => {
  it("a thousand codes are kept; one more drops the oldest", () => {
    const codes = openCodes(options);
    const authorization = { clientId: "web", redirectUri: "x", challenge: "x", scope: "openid", user: ada };
    const issued = Array.from({ length: 1001 }, () => codes.issue(authorization));
    expect(codes.redeem(issued[0] ?? "")).toBeUndefined();
    expect(codes.redeem(issued[1] ?? "")).toMatchObject({ user: ada });
  });

  it.each([
    [42, false],
    [43, true],
    [128, true],
    [129, false],
  ])("a verifier of %i characters proves its challenge: %s", (length, proves) => {
    const long = "v".repeat(length);
    expect(provesChallenge(long, createHash("sha256").update(long).digest("base64url"))).toBe(proves);
  });
});

describe("redirect URIs", () => {
  it("of loopback may have another port", async () => {
    const back = await site.signIn({ redirect_uri: "http://127.0.0.1:61234/callback" });
    expect(back.port).toBe("61234");
  });

  it.each([
    ["another path", "http://127.0.0.1:5173/callback/more"],
    ["another loopback name", "http://localhost:5173/callback"],
    ["another host", "https://evil.example.test/callback"],
    ["a host that only begins like loopback", "http://127.0.0.1:5173@evil.example.test/callback"],
    ["a user", "http://someone@127.0.0.1:5173/callback"],
    ["another port beyond loopback", "https://app.example.test:8443/callback"],
    ["a query", "http://127.0.0.1:5173/callback?next=x"],
    ["a fragment", "http://127.0.0.1:5173/callback#x"],
    ["none at all", ""],
  ])("with %s are refused without a redirect", async (_name, uri) => {
    const response = await site.form("/authorize", { ...site.request, username: "ada", redirect_uri: uri });
    expect(response.status).toBe(400);
    expect(response.headers.has("location")).toBe(false);
  });

  it("of an unknown client are refused without a redirect", async () => {
    const response = await site.form("/authorize", { ...site.request, username: "ada", client_id: "other" });
    expect(response.status).toBe(400);
    expect(response.headers.has("location")).toBe(false);
  });
});

describe("the sign-in page", () => {
  const open = (change: Record<string, string> = {}) =>
    fetch(`${site.dev.issuer}/authorize?${new URLSearchParams({ ...site.request, ...change }).toString()}`, {
      redirect: "manual",
    });

  it("offers every demo user and no script, and may only post here and be sent back", async () => {
    const response = await open();
    const html = await response.text();
    expect(html).toContain('name="username" value="ada"');
    expect(html).toContain('name="username" value="bob"');
    expect(html).not.toContain("<script");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self' http:\/\/127.0.0.1:5173; /,
    );
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it("lets the form lead to a native application's own scheme", async () => {
    const response = await open({ client_id: "native", redirect_uri: "app.example:/callback" });
    expect(response.headers.get("content-security-policy")).toContain("form-action 'self' app.example:;");
  });

  it("shows what it is given as text", async () => {
    const html = await (await open({ state: `"><img src=x>` })).text();
    expect(html).not.toContain("<img");
    expect(html).toContain("Ada &#60;Lovelace&#62;");
  });

  it("signs nobody in by a link", async () => {
    const response = await open({ username: "ada" });
    expect(response.status).toBe(200);
    expect(response.headers.has("location")).toBe(false);
  });
});
