// Trying out a connector: what really arrives where, whose secret goes along, and how often.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendEmail } from "../../src/resources/connectors/connector-messages.ts";
import { type Administered, createAdministered, nobody, steward } from "../support/administered.ts";
import { createAuthority } from "../support/certificates.ts";
import { doors, grpcDoor, trpcDoor } from "../support/door.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { refusalOf } from "../support/opened.ts";

const authority = createAuthority();
const certificate = authority.issue({ name: "mail", ips: ["127.0.0.1"], dns: ["localhost"] });
const trusted = getCACertificates("default");

let admin: Administered;
let mail: MailServer;
beforeAll(async () => {
  admin = await createAdministered();
});
afterAll(() => admin.close());
beforeEach(async () => {
  setDefaultCACertificates([...trusted, authority.cert]);
  mail = await startMailServer(certificate, "tls");
});
afterEach(async () => {
  // Tries are counted in memory.
  await admin.world.restart();
  await mail.close();
  setDefaultCACertificates(trusted);
});

const email = "ada@example.test";
const smtp = (change: object = {}) => ({
  name: "Mail",
  factoryId: "smtp",
  endpoint: `smtps://127.0.0.1:${mail.port}`,
  sender: "tessera@example.test",
  ...change,
});
const test = (connector: object, to: object = { email }, door = grpcDoor) =>
  admin.ask(door, "connector.testConnector", { connector, ...to } as never);
const create = async (connector: object) =>
  String((await admin.ok(grpcDoor, "connector.createConnector", { connector } as never))["id"]);

describe("an e-mail connector that is tried out", () => {
  it.each(doors)("really sends the code, from its sender to the one address, over $name", async (door) => {
    expect(await test(smtp(), { email }, door)).toMatchObject({ ok: true });
    expect(mail.received).toMatchObject([{ encrypted: true, credentials: "", to: [`RCPT TO:<${email}>`] }]);
    expect(mail.received[0]?.from).toContain("MAIL FROM:<tessera@example.test>");
    expect(mail.received[0]?.data).toMatch(/^From: tessera@example\.test\nTo: ada@example\.test\n/m);
    expect(mail.received[0]?.data).toContain("000000");
    const trail = await admin.world.parts.store.instance.auditTrail(admin.world.red.id, 0, 1000);
    expect(trail.at(-1)).toMatchObject({ event: "connector.tested", outcome: "success" });
    expect(JSON.stringify(trail)).not.toContain(email);
  });

  it("logs in with what the request says", async () => {
    await test(smtp({ clientId: "user", clientSecret: "pass" }));
    expect(mail.received).toMatchObject([{ credentials: "\0user\0pass" }]);
  });

  it("without a secret of its own uses the stored one, at the stored server for the stored user only", async () => {
    const id = await create(smtp({ clientId: "user", clientSecret: "kept" }));
    const again = { ...smtp({ clientId: "user" }), id };
    expect(await test(again)).toMatchObject({ ok: true });
    expect(mail.received).toMatchObject([{ credentials: "\0user\0kept" }]);
    const thief = await startMailServer(certificate, "tls");
    const refused = { kind: "invalid", fields: ["connector.client_secret"] };
    expect(await test({ ...again, endpoint: `smtps://127.0.0.1:${thief.port}` })).toMatchObject(refused);
    expect(await test({ ...again, clientId: "other" })).toMatchObject(refused);
    expect(thief.connections).toBe(0);
    await thief.close();
  });

  it("N6-11: another tenant's id reads like none", async () => {
    const { world } = admin;
    const request = { connector: smtp() };
    const foreign = await grpcDoor.call(world, "connector.createConnector", request, steward(world.blue));
    const id = foreign.ok ? (foreign.answer["id"] as string) : "";
    const outcomes = [await test({ ...smtp(), id }), await test({ ...smtp(), id: nobody })];
    expect(outcomes[0]).toMatchObject({ kind: "notFound" });
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it("goes through STARTTLS, and nowhere that does not offer it", async () => {
    const upgrading = await startMailServer(certificate, "starttls");
    const plain = await startMailServer(certificate, "none");
    const credentials = { clientId: "user", clientSecret: "pass" };
    expect(await test(smtp({ endpoint: `smtp://localhost:${upgrading.port}`, ...credentials }))).toMatchObject({
      ok: true,
    });
    expect(upgrading.received).toMatchObject([{ encrypted: true, credentials: "\0user\0pass" }]);
    const refused = await test(smtp({ endpoint: `smtp://127.0.0.1:${plain.port}`, ...credentials }));
    expect(refused).toMatchObject({ kind: "precondition", message: "the server does not take the message" });
    expect(plain).toMatchObject({ connections: 1, received: [] });
    await Promise.all([upgrading.close(), plain.close()]);
  });

  it("F09: a certificate of nobody we trust, or of another name, is an outage", async () => {
    setDefaultCACertificates(trusted);
    expect(await test(smtp())).toMatchObject({ kind: "unavailable" });
    setDefaultCACertificates([...trusted, authority.cert]);
    const other = await startMailServer(authority.issue({ name: "x", dns: ["other.example"] }), "tls");
    expect(await test(smtp({ endpoint: `smtps://localhost:${other.port}` }))).toMatchObject({ kind: "unavailable" });
    expect([...mail.received, ...other.received]).toEqual([]);
    await other.close();
  });

  it("I-SSRF-01: an address outside what may be reached is an outage, without a connection", async () => {
    expect(await test(smtp({ endpoint: "smtps://169.254.169.254:465" }))).toMatchObject({ kind: "unavailable" });
    expect(await test(smtp({ endpoint: "smtps://[::1]:465" }))).toMatchObject({ kind: "unavailable" });
  });

  it("says that a server says no, but not in its words", async () => {
    mail.refuses = { RCPT: "550 upstream words" };
    const refused = await test(smtp());
    expect(refused).toMatchObject({ kind: "precondition", message: "the server does not take the message" });
    mail.refuses = { RCPT: "451 upstream words" };
    expect(await test(smtp())).toMatchObject({ kind: "unavailable", message: "a dependency is unavailable" });
    expect(admin.world.log()).not.toContain("upstream words");
  });

  it("is refused for a phone, for no address, for both, and as another kind of connector", async () => {
    const phone = "+390105550101";
    expect(await test(smtp(), { phone })).toMatchObject({ kind: "precondition" });
    expect(await test(smtp(), {})).toMatchObject({ kind: "invalid" });
    expect(await test(smtp(), { email, phone })).toMatchObject({ kind: "invalid" });
    expect(await test(smtp({ factoryId: "google" }))).toMatchObject({ kind: "precondition" });
    expect(await test(smtp({ factoryId: "carrier-pigeon" }))).toMatchObject({ kind: "precondition" });
    expect(await test(smtp({ endpoint: "" }))).toMatchObject({ kind: "invalid", fields: ["endpoint", "endpoint"] });
    expect(mail.connections).toBe(0);
  });

  it("may be tried five times a minute in one tenant, over both doors together", async () => {
    for (const door of [grpcDoor, trpcDoor, grpcDoor, trpcDoor, grpcDoor])
      expect(await test(smtp(), { email }, door)).toMatchObject({ ok: true });
    expect(await test(smtp())).toMatchObject({ kind: "exhausted", reason: "RATE_LIMITED" });
    expect(mail.received).toHaveLength(5);
    const request = { connector: smtp(), email };
    const elsewhere = await grpcDoor.call(admin.world, "connector.testConnector", request, steward(admin.world.blue));
    expect(elsewhere).toMatchObject({ ok: true });
  });
});

describe("an SMS connector that is tried out", () => {
  let asked: { request: IncomingMessage; body: string }[];
  let status: number;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push({ request, body });
      response.writeHead(status).end("upstream words");
    });
  });
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    asked = [];
    status = 204;
  });
  const phone = "+390105550101";
  const sms = (change: object = {}) => ({
    name: "SMS",
    factoryId: "http-sms",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/send`,
    clientSecret: "gateway-secret",
    ...change,
  });

  it.each(doors)("posts number and text with the secret as bearer token over $name", async (door) => {
    expect(await test(sms(), { phone }, door)).toMatchObject({ ok: true });
    expect(
      asked.map(({ request: { method, url, headers }, body }) => [method, url, headers.authorization, body]),
    ).toEqual([
      ["POST", "/send", "Bearer gateway-secret", `{"to":"${phone}","text":"Your verification code is 000000."}`],
    ]);
  });

  it("names its sender where it has one", async () => {
    await test(sms({ sender: "Tessera" }), { phone });
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ from: "Tessera" });
  });

  it.each([
    [400, "precondition"],
    [401, "precondition"],
    [408, "unavailable"],
    [429, "unavailable"],
    [500, "unavailable"],
    [302, "unavailable"],
  ])("a gateway's %i is %s, without its words", async (answer, kind) => {
    status = answer;
    const outcome = await test(sms(), { phone });
    expect(outcome).toMatchObject({ kind });
    expect(JSON.stringify(outcome)).not.toContain("upstream words");
  });

  it("is refused for an e-mail address and without a secret", async () => {
    expect(await test(sms())).toMatchObject({ kind: "precondition" });
    expect(await test(sms({ clientSecret: "" }), { phone })).toMatchObject({
      kind: "invalid",
      fields: ["client_secret"],
    });
    expect(asked).toEqual([]);
  });
});

describe("a tenant's e-mail", () => {
  const message = { to: "ben@example.test", subject: "Grüße", text: "Hallo" };
  const send = () =>
    sendEmail(admin.world.parts, { tenantId: admin.world.red.id }, message, new AbortController().signal);

  it("goes through its connector, and nowhere while that is disabled, or without one", async () => {
    const id = await create(smtp({ clientId: "user", clientSecret: "kept" }));
    await send();
    expect(mail.received).toMatchObject([{ credentials: "\0user\0kept", to: ["RCPT TO:<ben@example.test>"] }]);
    await admin.ok(grpcDoor, "connector.updateConnector", { connector: { id, disabled: true } });
    expect(await refusalOf(send())).toMatchObject({ kind: "precondition" });
    await admin.ok(grpcDoor, "connector.deleteConnector", { id });
    expect(await refusalOf(send())).toMatchObject({ kind: "precondition" });
    expect(mail.received).toHaveLength(1);
  });
});
