// Tokens of GitHub: whom they are shown to, what GitHub's answer makes of them, and what its silence does.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectorDefects } from "../../src/policy/connector-defects.ts";
import { createIssuers, type TrustedConnector } from "../../src/tokens/issuers.ts";
import { connectorFor, loopback } from "../support/upstream-issuer.ts";
import { refusalOf } from "../support/opened.ts";

const now = 1_700_000_000_000;
type Asked = { url?: string | undefined; method?: string | undefined; headers: IncomingHttpHeaders; body: string };
let asked: Asked[];
let status: number;
let body: unknown;
const server = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    asked.push({ url: request.url, method: request.method, headers: request.headers, body: text });
    response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
  });
});
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

const user = { id: 583_231, login: "octocat", name: "Octo Cat", email: "octocat@example.test" };
const good = { id: 1, app: { client_id: "Iv1.abc", name: "App" }, user, expires_at: null };
beforeEach(() => {
  asked = [];
  status = 200;
  body = good;
});

const connector = (change: Partial<TrustedConnector> = {}): TrustedConnector =>
  connectorFor("https://github.com", {
    verification: "github",
    audiences: [],
    introspectionEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: "Iv1.abc",
    ...change,
  });
const issuers = createIssuers({ outbound: loopback(), clock: { now: () => now } });
const verify = (token = "gho_16C7e42F292c6912E7710c838347Ae178B4a", change: Partial<TrustedConnector> = {}) =>
  issuers.verify({
    connectors: [connector(change)],
    defaultConnectorId: "connector-1",
    token,
    now,
    signal: new AbortController().signal,
  });

describe("a token of GitHub", () => {
  it("is shown with the application's own credentials, in the body", async () => {
    await verify("gho_1", { introspectionEndpoint: `${connector().introspectionEndpoint}/` });
    expect(asked).toMatchObject([
      {
        method: "POST",
        url: "/applications/Iv1.abc/token",
        body: '{"access_token":"gho_1"}',
        headers: {
          authorization: `Basic ${Buffer.from("Iv1.abc:s3cret").toString("base64")}`,
          accept: "application/vnd.github+json",
          "user-agent": "tessera",
        },
      },
    ]);
  });

  it("N1-32: becomes the number of its person, with a name and without the e-mail of its page", async () => {
    expect(await verify()).toMatchObject({
      subject: "583231",
      clientId: "Iv1.abc",
      issuer: "https://github.com",
      profile: { username: "octocat", name: "Octo Cat", emailVerified: false },
      expiresAt: now + 86_400_000,
    });
    expect((await verify()).profile).not.toHaveProperty("email");
  });

  it("ends when GitHub says, or else when the connector's longest life is over", async () => {
    body = { ...good, expires_at: new Date(now + 8 * 3_600_000).toISOString() };
    expect(await verify()).toMatchObject({ expiresAt: now + 8 * 3_600_000 });
    expect(await refusalOf(verify("gho_1", { maxTokenLifetime: 3600 }))).toMatchObject({ kind: "badToken" });
    body = good;
    expect(await verify("gho_1", { maxTokenLifetime: 3600 })).toMatchObject({ expiresAt: now + 3_600_000 });
  });

  it("has to meet the connector's conditions", async () => {
    const [mine, other] = ["octocat", "hubot"].map((login) => [{ claim: "login", equals: login }]);
    expect(await verify("gho_1", { conditions: mine ?? [] })).toMatchObject({ subject: "583231" });
    expect(await refusalOf(verify("gho_1", { conditions: other ?? [] }))).toMatchObject({ kind: "badToken" });
  });
});

describe("it is refused", () => {
  it.each([404, 422])("when GitHub says %i", async (answer) => {
    [status, body] = [answer, { message: "Not Found" }];
    expect(await refusalOf(verify())).toMatchObject({ kind: "badToken", message: "the token was refused" });
  });

  it.each<[string, object]>([
    ["nobody's", { ...good, user: null }],
    ["of a person without a number", { ...good, user: { ...user, id: "583231" } }],
    ["of a person whose number is not exact", { ...good, user: { ...user, id: 2 ** 53 } }],
    ["over", { ...good, expires_at: new Date(now - 60_000).toISOString() }],
    ["over at no readable time", { ...good, expires_at: "soon" }],
  ])("when it is %s", async (_what, answer) => {
    body = answer;
    expect(await refusalOf(verify())).toMatchObject({ kind: "badToken" });
  });
});

describe("F09: it is nobody's fault", () => {
  it.each([401, 403, 429, 500, 302])("when GitHub says %i", async (answer) => {
    status = answer;
    expect(await refusalOf(verify())).toMatchObject({ kind: "unavailable" });
  });

  it("when the answer is about another application, or the connector has no secret", async () => {
    body = { ...good, app: { client_id: "Iv1.other" } };
    expect(await refusalOf(verify())).toMatchObject({ kind: "unavailable" });
    expect(await refusalOf(verify("gho_1", { clientSecret: () => "" }))).toMatchObject({ kind: "unavailable" });
    expect(asked).toHaveLength(1);
  });
});

describe("a connector to GitHub", () => {
  it.each<[string, Partial<TrustedConnector>, RegExp[]]>([
    ["needs no audience", {}, []],
    ["names none", { audiences: ["a"] }, [/^audiences/]],
    ["accepts no token just once", { singleUse: true }, [/^single_use/]],
  ])("%s", (_what, change, reasons) => {
    const expected = reasons.map((reason) => expect.stringMatching(reason) as string);
    expect(connectorDefects(connector(change)).refusals).toEqual(expected);
  });
});
