// N8-03: secrets are planted everywhere a caller or an operator can put them; good and bad calls of every kind are made
// at debug level; then all that came out is searched for them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCanaries } from "../support/canaries.ts";
import { type Door, doors, headersOf, type MethodName } from "../support/door.ts";
import { declaredItem, through } from "../support/histories.ts";
import { callTrpc, devToken, startService } from "../support/service.ts";
import { newKey, signToken } from "../support/upstream-issuer.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

const { plant, count, foundIn } = createCanaries();
let world: World;
/** Every answer to a call that failed, as bytes. */
const refusals: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  plant("the key-encryption key", world.kek);
  const person = { name: "Canary Person", email: "canary.person@example.test", phone: "+39 555 0199 2663" };
  for (const tenant of [world.red, world.blue]) {
    for (const [name, secret] of tenant.secrets)
      if (name.includes(" / ")) plant(`${tenant.declared.tenant.name} ${name}`, secret);
    await tenant.apply((declared) => Object.assign(declaredItem(declared["users"], "ada"), person));
  }
  for (const [name, value] of Object.entries(person)) plant(`the user's ${name}`, value);
  plant("the upstream client secret", "upstream-client-secret");
  for (const door of doors) await callEverything(door);
  await malformed();
}, 60_000);
afterAll(() => world.close());

async function callEverything(door: Door) {
  const on = through(door, () => world);
  const { red, blue } = world;
  const note = (name: string, value: string) => plant(`${name} over ${door.name}`, value);
  const send = async (method: MethodName, request: JsonObject, as: Credential = red.as("backend")) => {
    const sent = await door.send(world, method, door.encode(method, request), headersOf(as));
    if (!sent.outcome.ok) refusals.push(unpacked(sent.bytes), JSON.stringify(sent.outcome));
    return sent.outcome;
  };
  const named = {
    tenant_id: red.id,
    project_id: red.ids.get("project main") ?? "",
    client_id: red.ids.get("application backend") ?? "",
    email_id: "canary.person@example.test",
  };

  // Good calls, and what they hand out.
  const upstream = note(
    "an upstream token",
    world.token(red, "ada", { remark: note("a claim", `claim-${door.name}-2f81`) }),
  );
  const issued = { first: await on.signIn(red), second: { access: "", refresh: "" } };
  await send("exchange", { access_token: upstream });
  note("an access token", issued.first.access);
  note("a refresh token", issued.first.refresh);
  issued.second = await on.next(issued.first.refresh);
  note("its successor", issued.second.refresh);
  const admin = await send("generateToken", { ...named, realm: "REALM_ADMIN" });
  const bearer = note("a bearer", admin.ok ? (admin.answer["access_token"] as string) : "");
  const opaque = note("an opaque upstream token", `opaque-${door.name}-77c1d0`);
  const seconds = Math.floor(world.now() / 1000);
  const claims = { iss: world.upstream.issuer, sub: "ada-at-idp", aud: "red", exp: seconds + 600 };
  world.upstream.opaque.set(opaque, {
    introspection: { active: true, token_type: "Bearer", ...claims, remark: `claim-${door.name}-2f81` },
  });
  expect(await send("exchange", { access_token: opaque })).toMatchObject({ ok: true });
  await send("introspect", { token: issued.second.access }, { bearer });
  await send("introspectBatch", { tokens: [issued.second.access, issued.second.refresh, bearer] });
  await send(
    "oidcToken",
    { realm: "REALM_USER", oidc_token: upstream, nonce: note("a nonce", "nonce-5b0f-3c77") },
    { bearer },
  );

  // Bad calls, with something to hide in each field and each credential.
  const forged = note("a forged upstream token", signToken(newKey("ES256"), claims));
  const guess = note("a wrong secret", `guess-${door.name}-c0ffee-12`);
  const somebody = note("an unknown e-mail", `nobody.${door.name}@canary.test`);
  const client = red.ids.get("application backend") ?? "";
  const junk = note("junk", `junk-${door.name}-f00d-9981`);
  await send("exchange", { access_token: forged });
  await send("exchange", { access_token: junk });
  await send("exchange", { access_token: upstream, scope: `"${junk}"` });
  await send("exchange", { access_token: upstream, resource: [`https://${junk}.test`] });
  await send("exchange", { access_token: upstream, organization_id: junk });
  await send("exchange", { access_token: upstream, connector_id: junk });
  await send("exchange", { access_token: upstream, subject_token: junk, actor_token: junk });
  await send("exchange", { access_token: junk.repeat(2000) });
  await send("exchange", { access_token: upstream }, { basic: [client, guess] });
  await send("exchange", { access_token: upstream }, { basic: [junk, guess] });
  await send("introspect", { token: bearer, token_type_hint: junk }, { bearer: forged });
  await send("introspect", { token: junk }, { bearer: junk });
  await send("refresh", { refresh_token: `${issued.second.refresh}x` });
  await send("refresh", { refresh_token: issued.second.refresh }, blue.as("backend"));
  await send("refresh", { refresh_token: junk.repeat(50) });
  await send("revoke", { token: issued.second.refresh }, red.as("other"));
  await send("generateToken", { ...named, email_id: somebody, realm: "REALM_USER" });
  await send("generateToken", { ...named, secret_id: guess, realm: "REALM_USER" }, "none");
  await send("generateToken", { ...named, secret_id: guess, tenant_id: `${junk}!`, realm: "REALM_USER" }, "none");
  await send("oidcToken", { realm: "REALM_USER", oidc_token: forged, nonce: "nonce-5b0f-3c77" }, { bearer });

  // Theft, revocation, an upstream that fails and talks.
  await on.next(issued.second.refresh);
  await send("refresh", { refresh_token: issued.first.refresh });
  await send("revoke", { token: bearer });
  await send("revoke", { token: note("another refresh token", (await on.signIn(red)).refresh) });
  world.upstream.answers.introspection = `{"error":"${note("upstream's words", `words-${door.name}-ab12`)}"`;
  await send("exchange", { access_token: `${opaque}-2` });
  delete world.upstream.answers.introspection;
}

/** What no client of ours would send, with something to hide in every part of an HTTP request. */
async function malformed() {
  const hidden = plant("a text in a broken request", "broken-request-c4f3-55");
  const url = `${world.http}/trpc/auth.exchange`;
  const type = { "content-type": "application/json" };
  const requests: [string, RequestInit][] = [
    [`${url}?input=${hidden}`, { method: "POST", headers: type, body: "{}" }],
    [`${world.http}/${hidden}`, {}],
    [`${world.http}/trpc/${hidden}`, { method: "POST", headers: type, body: "{}" }],
    [url, { method: "POST", headers: type, body: `{"access_token":"${hidden}` }],
    [url, { method: "POST", headers: type, body: `{"access_token":{"${hidden}":1}}` }],
    [url, { method: "POST", headers: type, body: JSON.stringify({ [hidden]: hidden }) }],
    [url, { method: "POST", headers: { "content-type": `text/${hidden}` }, body: hidden }],
    [url, { method: "POST", headers: { ...type, authorization: `Digest ${hidden}` }, body: "{}" }],
    [url, { method: "POST", headers: { ...type, authorization: `Basic ${hidden}=` }, body: "{}" }],
    [
      url,
      {
        method: "POST",
        headers: { ...type, cookie: hidden, "user-agent": hidden, "x-request-id": hidden },
        body: "{}",
      },
    ],
    [url, { method: "POST", headers: { ...type, origin: `https://${hidden}.test` }, body: "{}" }],
    [url, { method: hidden.replaceAll("-", ""), headers: type }],
  ];
  for (const [target, init] of requests) {
    const answer = await fetch(target, init).catch(() => undefined);
    const headers = JSON.stringify([...(answer?.headers ?? [])]);
    refusals.push(`${answer?.status} ${headers} ${await answer?.text()}`);
  }
  const [grpc] = doors;
  const sent = await grpc?.send(world, "exchange", Buffer.from(hidden), headersOf(world.red.as("backend")));
  refusals.push(unpacked(sent?.bytes ?? ""));
}

/** gRPC's details stand in the bytes as hex. */
const unpacked = (bytes: string) => `${bytes} ${Buffer.from(bytes.split(" ").at(-1) ?? "", "hex").toString("latin1")}`;

describe("N8-03 I-OPS-02: of the secrets that were planted", () => {
  it("there are more than thirty, and the search finds each of them in a text, in base64 and in bytes", () => {
    expect(count()).toBeGreaterThan(30);
    const other = createCanaries();
    const secret = other.plant("it", 'a "secret" of some length/+');
    for (const text of [
      `x${secret}`,
      `{"a":${JSON.stringify(secret)}}`,
      `?q=${encodeURIComponent(secret)}`,
      Buffer.from(secret).toString("base64"),
      Buffer.from(`id:${secret}`).toString("base64"),
      Buffer.from(`i${secret} and more`).toString("base64"),
      Buffer.from(secret).toString("hex"),
    ])
      expect([text, other.foundIn(text)]).toEqual([text, ["it"]]);
    expect(other.foundIn(Buffer.from(`\u0000${secret}\u0001`))).toEqual(["it"]);
    expect(other.foundIn("a secret of some length")).toEqual([]);
  });

  it("none stands in the log, which tells of every failure", () => {
    const log = world.log();
    for (const kind of ["invalid", "unauthenticated", "badToken", "denied", "notFound", "unavailable"])
      expect(log).toContain(`"kind":"${kind}"`);
    expect(foundIn(`${log}${world.red.secrets.get("backend")}`)).toEqual(["red backend / first"]);
    expect(foundIn(log)).toEqual([]);
  });

  it("none stands in the metrics", async () => {
    const text = await (await fetch(`${world.http}/metrics`)).text();
    expect(text).toMatch(/tessera_call_failures_total\{.*kind="badToken"\} [1-9]/);
    expect(foundIn(text)).toEqual([]);
  });

  it("none stands in the audit trail of any tenant", async () => {
    const { instance } = world.parts.store;
    const tenants = await instance.auditTenants();
    const trails = await Promise.all(tenants.map((tenant) => instance.auditTrail(tenant, 0, 10_000)));
    const text = JSON.stringify(trails);
    for (const event of ["refresh.reused", "grant.revoked", "token.revoked", "user.updated"])
      expect(text).toContain(event);
    expect(foundIn(text)).toEqual([]);
  });

  it("none stands in the answer to a call that failed", () => {
    expect(refusals.length).toBeGreaterThan(60);
    expect(foundIn(refusals.join("\n"))).toEqual([]);
  });

  it("C6 N2-13: none but the users' own data stands in the files of the store, nor a private key", () => {
    const files = readdirSync(world.dataDir).map((name) => join(world.dataDir, name));
    const bytes = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file));
    const stored = Buffer.concat(bytes);
    expect(stored.length).toBeGreaterThan(100_000);
    const personal = ["the user's name", "the user's email", "the user's phone"];
    expect(foundIn(stored)).toEqual(personal);
    expect(stored.includes('"d":"')).toBe(false);
  });
});

it("N8-03 N2-13: a real process at debug level prints none of its secrets, and keeps its files to itself", async () => {
  const service = await startService({ flags: ["--log-level", "debug", "--log-format", "json"] });
  try {
    const { dev, dataDir } = service;
    const own = createCanaries();
    own.plant("the client secret", dev.client_secret);
    own.plant("the key-encryption key", readFileSync(join(dataDir, "kek"), "utf8").trim());
    const access_token = own.plant("the upstream token", await devToken(dev));
    const first = await callTrpc(dev, "auth.exchange", { access_token });
    const second = await callTrpc(dev, "auth.refresh", { refresh_token: first["refresh_token"] });
    for (const [name, value] of Object.entries({ ...first, ...second }))
      if (name.endsWith("token")) own.plant(name, String(value));
    own.plant("the spent refresh token", String(first["refresh_token"]));
    await callTrpc(dev, "auth.refresh", { refresh_token: second["refresh_token"] });
    await expect(callTrpc(dev, "auth.refresh", { refresh_token: first["refresh_token"] })).rejects.toThrow("401");
    await expect(callTrpc(dev, "auth.exchange", { access_token: `${access_token}x` })).rejects.toThrow("401");
    const wrong = { ...dev, client_secret: own.plant("a wrong secret", "a-wrong-secret-0001") };
    await expect(callTrpc(wrong, "auth.exchange", { access_token })).rejects.toThrow("401");
    expect(await service.stop()).toBe(0);
    const printed = service.output();
    expect(printed.match(/call failed/g)).toHaveLength(3);
    expect(own.foundIn(printed)).toEqual([]);
    for (const name of ["dev.json", "kek", "tessera.db", "tessera.db.lock", "tessera.db.holder"])
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  } finally {
    await service.stop();
    service.clean();
  }
});
