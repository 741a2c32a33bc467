// How an application proves itself through the doors: one answer for every failure, secrets that change, public
// applications, too many tries.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Door, doors, grpcDoor, type Headers, trpcDoor } from "../support/door.ts";
import {
  appOrigin,
  asPublic,
  declareMore,
  everywhere,
  generate,
  invalidClient,
  realmToken,
  seen,
  whileDeclared,
  wrongCaller,
} from "../support/tokens.ts";
import { temporaryFolder } from "../support/opened.ts";
import { startVault } from "../support/vault.ts";
import { type Credential, createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const type = "APPLICATION_TYPE_TRADITIONAL";
  await declareMore(world.red, "projects", { name: "side" });
  const applications = ["idle", "bare", "aside"].map((name) => ({ name, type, connectorIds: ["idp"] }));
  const [idle = {}, bare = {}, aside = {}] = applications;
  await declareMore(world.red, "applications", { ...idle }, bare, { ...aside, projectId: "side" });
  const secrets = ["idle", "aside"].map((applicationId) => ({ applicationId, name: "first" }));
  await declareMore(world.red, "applicationSecrets", ...secrets);
});
afterAll(() => world.close());
/** The counters of failures begin anew, so that no test spends another's tries. */
const fresh = () => world.restart();

const ask = (as: Credential) =>
  everywhere(world, "exchange", () => ({ access_token: world.token(world.red, "ada") }), as);
const secretOf = (name: string) => world.red.secrets.get(name) ?? "";
const idOf = (application: string) => world.red.ids.get(`application ${application}`) ?? "";
const basic = (application: string, secret: string): Credential => ({ basic: [idOf(application), secret] });
const good = { ok: true, answer: { user: { username: "ada" } } };

describe("an application that is not who it says", () => {
  const wrong: [string, () => Credential][] = [
    ["an unknown id", () => ({ basic: ["0".repeat(21), secretOf("backend")] })],
    ["no id of ours", () => ({ basic: ["../backend", secretOf("backend")] })],
    ["its name for its id", () => ({ basic: ["backend", secretOf("backend")] })],
    ["a wrong secret", () => basic("idle", `${secretOf("idle").slice(0, -1)}_`)],
    ["another application's secret", () => basic("aside", secretOf("other"))],
    ["another tenant's secret", () => basic("backend", world.blue.secrets.get("backend") ?? "")],
    ["N6-04: an empty secret", () => basic("backend", "")],
    ["N6-04: no secret to have", () => basic("bare", secretOf("backend"))],
    ["N6-04: no secret to have, and none shown", () => basic("bare", "")],
    ["N6-04: the text null", () => basic("bare", "null")],
    ["a secret at a public application", () => basic("phone", secretOf("backend"))],
  ];

  it.each(wrong)("N6-01: gets one answer: %s", async (_what, credential) => {
    expect(await ask(credential())).toEqual(invalidClient);
    expect(await ask(world.red.as("backend"))).toMatchObject(good);
  });

  it.each([
    ["application", ["applications", "idle", { disabled: true }], "idle"],
    ["project", ["projects", "side", { disabled: true }], "aside"],
    ["tenant", ["tenant", "", { disabled: true }], "idle"],
  ] as const)(
    "N3-16 N6-01: gets it while its %s is disabled, and is served again afterwards",
    async (_what, change, name) => {
      const [list, entry, fields] = change;
      await whileDeclared(world.red, [list, entry, fields], async () =>
        expect(await ask(world.red.as(name))).toEqual(invalidClient),
      );
      expect(await ask(world.red.as(name))).toMatchObject(good);
    },
  );

  it("N6-01: cannot tell one cause from another by a single byte", async () => {
    await fresh();
    const answers = new Set<string>();
    const request = { access_token: world.token(world.red, "ada") };
    for (const [, credential] of wrong) answers.add(String(await seen(world, "exchange", request, credential())));
    await whileDeclared(world.red, ["applications", "idle", { disabled: true }], async () =>
      answers.add(String(await seen(world, "exchange", request, world.red.as("idle")))),
    );
    expect(answers.size).toBe(1);
  });
});

describe.each(doors)("Basic over $name", (door) => {
  beforeAll(fresh);
  const send = async (headers: Headers) => {
    const body = door.encode("exchange", { access_token: world.token(world.red, "ada") });
    return (await door.send(world, "exchange", body, headers)).outcome;
  };
  const header = (text: string, scheme = "Basic") =>
    send({ authorization: `${scheme} ${Buffer.from(text).toString("base64")}` });
  const percent = (text: string) => text.replaceAll(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`);

  it("N6-03 I-CL-02: is form-encoded: any character may be escaped, and need not be", async () => {
    const [id, secret] = [idOf("backend"), secretOf("backend")];
    expect(await header(`${percent(id)}:${percent(secret)}`)).toMatchObject(good);
    expect(await header(`${id}:${secret}`)).toMatchObject(good);
    expect(await header(`${id}:${secret}`, "bAsIc")).toMatchObject(good);
  });

  it("N6-03: is split at its first colon, and what is not the secret is not it", async () => {
    const [id, secret] = [idOf("backend"), secretOf("backend")];
    for (const text of [`${id}:${secret}:`, `${id}::${secret}`, `${id}:${secret}+`, `${id}:${percent(`${secret} `)}`])
      expect(await header(text)).toEqual(invalidClient);
  });

  it("N6-02 N6-03: that cannot be read is refused as such", async () => {
    const [id, secret] = [idOf("backend"), secretOf("backend")];
    const malformed = { ok: false, kind: "invalid", message: "the Authorization header is malformed" };
    for (const text of [id, `:${secret}`, `${id}:%zz`, `${id}:%ff`])
      expect(await header(text)).toMatchObject(malformed);
    const both = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}, Bearer x`;
    for (const authorization of [both, "Basic", "Digest x", "x"])
      expect(await send({ authorization })).toMatchObject(malformed);
  });
});

describe("two secrets", () => {
  beforeAll(fresh);

  it("N6-07: are good side by side, in the header and in the request, until one expires", async () => {
    const { red } = world;
    const expireTime = new Date(world.now() + 60_000).toISOString();
    const first = secretOf("backend / first");
    await declareMore(red, "applicationSecrets", { applicationId: "backend", name: "second", expireTime });
    const second = secretOf("backend / second");
    const inRequest = (secret_id: string) =>
      everywhere(world, "generateToken", generate(red, "ada", { secret_id }), "none");
    for (const secret of [first, second]) {
      expect(await ask(basic("backend", secret))).toMatchObject(good);
      expect(await inRequest(secret)).toMatchObject({ ok: true });
    }
    world.advance(60_001);
    expect(await ask(basic("backend", first))).toMatchObject(good);
    expect(await ask(basic("backend", second))).toEqual(invalidClient);
    expect(await inRequest(second)).toEqual(invalidClient);
    expect(await inRequest(first)).toMatchObject({ ok: true });
    red.secrets.set("backend", first);
  });

  it("N6-07 N8-03: are nowhere in the log", () => {
    for (const secret of ["backend", "idle", "other"].map(secretOf)) {
      expect(secret).toMatch(/^tsk_/);
      expect(world.log()).not.toContain(secret);
    }
  });
});

describe("a public application", () => {
  beforeAll(fresh);

  const over = (door: Door, as: Credential) =>
    door.call(world, "exchange", { access_token: world.token(world.red, "ada") }, as);

  it("N3-14: in a browser is served at its own origins, to the byte, and nowhere else", async () => {
    expect(await over(trpcDoor, asPublic(world.red, "page", appOrigin))).toMatchObject(good);
    const foreign = [
      "https://evil.test",
      `${appOrigin}:443`,
      appOrigin.toUpperCase(),
      `${appOrigin}.evil.test`,
      "null",
    ];
    for (const origin of foreign)
      expect(await over(trpcDoor, asPublic(world.red, "page", origin))).toEqual(invalidClient);
    expect(await over(trpcDoor, asPublic(world.red, "page"))).toEqual(invalidClient);
  });

  it("N3-14: in a browser has no business at gRPC, which tells no origin", async () => {
    expect(await over(grpcDoor, asPublic(world.red, "page", appOrigin))).toEqual(invalidClient);
    expect(await over(grpcDoor, asPublic(world.red, "phone"))).toMatchObject(good);
  });

  it("N3-14: on a device is served without an origin or with its own", async () => {
    expect(await ask(asPublic(world.red, "phone"))).toMatchObject(good);
    expect(await over(trpcDoor, asPublic(world.red, "phone", appOrigin))).toMatchObject(good);
    expect(await over(trpcDoor, asPublic(world.red, "phone", "https://evil.test"))).toEqual(invalidClient);
  });

  it("N6-04 I-CL-01: gets no token on its own word", async () => {
    const request = generate(world.red, "ada", {}, "phone");
    expect(await everywhere(world, "generateToken", request, asPublic(world.red, "phone"))).toEqual(wrongCaller);
    expect(await everywhere(world, "generateToken", request, "none")).toEqual(invalidClient);
    expect(await everywhere(world, "generateToken", generate(world.red, "ada"), world.red.as("backend"))).toMatchObject(
      { ok: true },
    );
  });

  it("N3-16: is refused while it is disabled", async () => {
    await whileDeclared(world.red, ["applications", "phone", { disabled: true }], async () =>
      expect(await ask(asPublic(world.red, "phone"))).toEqual(invalidClient),
    );
    expect(await ask(asPublic(world.red, "phone"))).toMatchObject(good);
  });

  it("N7-12: a page cannot use a good credential of an application that does not list its origin", async () => {
    const foreign = { ok: false, kind: "denied", message: "the origin is not one of the application's" };
    const [, secret] = (world.red.as("backend") as { basic: [string, string] }).basic;
    const asPage = (origin: string): Credential => ({ basic: [idOf("backend"), secret], origin });
    expect(await over(trpcDoor, asPage(appOrigin))).toMatchObject(foreign);
    await whileDeclared(world.red, ["applications", "backend", { origins: [appOrigin] }], async () => {
      expect(await over(trpcDoor, asPage(appOrigin))).toMatchObject(good);
      expect(await over(trpcDoor, asPage("https://evil.test"))).toMatchObject(foreign);
    });
  });
});

describe("too many wrong secrets", () => {
  beforeEach(fresh);

  it("N6-08: at either door: ten are answered, then the application waits, and only it", async () => {
    for (let tries = 0; tries < 5; tries += 1) expect(await ask(basic("idle", "x"))).toEqual(invalidClient);
    const request = { access_token: world.token(world.red, "ada") };
    for (const as of [basic("idle", "x"), world.red.as("idle")])
      expect(await grpcDoor.call(world, "exchange", request, as)).toMatchObject({
        kind: "exhausted",
        reason: "RATE_LIMITED",
      });
    expect(await ask(world.red.as("backend"))).toMatchObject(good);
    // A bearer shows no secret, so nobody can lock it out.
    const bearer = await realmToken(world, world.red, "REALM_ADMIN");
    expect(await everywhere(world, "introspect", { token: bearer }, { bearer })).toMatchObject({ ok: true });
  });

  it("N6-08: nine leave the tenth try to the right one", async () => {
    const request = { access_token: world.token(world.red, "ada") };
    for (let tries = 0; tries < 9; tries += 1) await grpcDoor.call(world, "exchange", request, basic("idle", "x"));
    expect(await ask(world.red.as("idle"))).toMatchObject(good);
  });
});

it("secrets in a Vault: absent is 'not authenticated', a Vault that is down is 'unavailable'", async () => {
  const vault = await startVault();
  const file = join(temporaryFolder(), "token");
  writeFileSync(file, vault.token);
  const flags = { "secret-store": "vault", "vault-address": vault.address, "vault-token-file": file };
  const other = await createWorld({ flags });
  try {
    const { red } = other;
    const call = (secret_id: string) => everywhere(other, "generateToken", generate(red, "ada", { secret_id }), "none");
    expect(await call("kept-in-the-vault")).toEqual(invalidClient);
    const path = `secret/${red.id}/${red.ids.get("project main")}/${red.ids.get("application backend")}`;
    vault.secrets.set(path, [{ data: { secret_id: "the-one-before" } }, { data: { secret_id: "kept-in-the-vault" } }]);
    for (const secret of ["kept-in-the-vault", "the-one-before"])
      expect(await call(secret)).toMatchObject({ ok: true });
    expect(await call("another")).toEqual(invalidClient);
    vault.fault = "sealed";
    expect(await call("kept-in-the-vault")).toMatchObject({ ok: false, kind: "unavailable" });
    expect(await call("another")).toMatchObject({ ok: false, kind: "unavailable" });
    for (const canary of ["kept-in-the-vault", vault.token]) expect(other.log()).not.toContain(canary);
  } finally {
    await other.close();
    vault.close();
  }
});
