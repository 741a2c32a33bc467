// Connectors over the management plane: which can be made, what can be changed, and what is answered of them.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, steward } from "../support/administered.ts";
import { type Door, doors, grpcDoor } from "../support/door.ts";
import { badToken } from "../support/tokens.ts";

let admin: Administered;
beforeAll(async () => {
  admin = await createAdministered();
});
afterAll(() => admin.close());

const create = (connector: object, door: Door = grpcDoor) =>
  admin.ask(door, "connector.createConnector", { connector: { name: admin.fresh("Connector"), ...connector } });
const made = async (connector: object, door: Door = grpcDoor): Promise<JsonObject & { id: string }> => {
  const outcome = await create(connector, door);
  if (!outcome.ok) throw new Error(`refused: ${outcome.message} ${outcome.fields.join()}`);
  return { ...outcome.answer, id: outcome.answer["id"] as string };
};
const update = (connector: object, door: Door = grpcDoor, updateMask?: string) =>
  admin.ask(door, "connector.updateConnector", { connector: { ...connector }, ...(updateMask && { updateMask }) });
const read = (id: string) => admin.ok(grpcDoor, "connector.getConnector", { id });
const oidc = (change: object = {}) => ({
  factoryId: "oidc",
  target: admin.fresh("t").replace(" ", "-"),
  issuer: "https://idp.example",
  audiences: [admin.fresh("audience")],
  ...change,
});
const smtp = { factoryId: "smtp", endpoint: "smtps://mail.example:465", sender: "a@example.test" };
const stored = async (id: string) => admin.world.parts.store.tenant(admin.world.red.id).row("connector", id);

describe("a new connector", () => {
  it.each(doors)("starts from its factory's template, and reads like what is in force, over $name", async (door) => {
    const connector = await made(oidc({ algorithms: ["ES384"] }), door);
    expect(connector).toMatchObject({ verification: "VERIFICATION_JWKS", scopes: ["openid", "profile", "email"] });
    expect(connector).toMatchObject({ algorithms: ["ES384"], warnings: [] });
    expect(await read(connector.id)).toEqual(connector);
  });

  it("without a factory is as it was declared, and then needs to say how it checks whom", async () => {
    const plain = { verification: "VERIFICATION_JWKS", issuer: "https://plain.example", audiences: ["a"] };
    expect(await made(plain)).toMatchObject({ factoryId: "", target: "", scopes: [] });
    const { verification: _verification, ...unchecked } = plain;
    expect(await create(unchecked)).toMatchObject({ kind: "invalid", fields: ["verification"] });
    expect(await create({ ...plain, issuer: "" })).toMatchObject({ kind: "invalid", fields: ["issuer"] });
  });

  it("of an unknown factory, or one that would keep upstream tokens, is a failed precondition", async () => {
    expect(await create(oidc({ factoryId: "carrier-pigeon" }))).toMatchObject({ kind: "precondition" });
    expect(await create(oidc({ tokenStorage: true }))).toMatchObject({ kind: "precondition" });
  });

  it("without what its factory needs, or with another value of what it fixes, is invalid", async () => {
    const needed = await create({ factoryId: "oidc", audiences: ["a"] });
    expect(needed).toMatchObject({ kind: "invalid", fields: ["target", "issuer"] });
    const google = { factoryId: "google", audiences: ["a"] };
    expect(await create({ ...google, issuer: "https://evil.example" })).toMatchObject({
      kind: "invalid",
      fields: ["issuer"],
    });
    expect(await create({ ...google, target: "mine" })).toMatchObject({ kind: "invalid", fields: ["target"] });
  });

  it("of a standard factory with a target that is taken exists already, as does one that can be there once", async () => {
    const target = admin.fresh("target").replace(" ", "-");
    await made(oidc({ target }));
    expect(await create(oidc({ target }))).toMatchObject({ kind: "exists" });
    const google = () => ({ factoryId: "google", audiences: [admin.fresh("client")] });
    expect(await made(google())).toMatchObject({ target: "google" });
    expect(await create(google())).toMatchObject({ kind: "exists" });
    const { world } = admin;
    const elsewhere = { connector: { name: "Google", ...google() } };
    expect(await grpcDoor.call(world, "connector.createConnector", elsewhere, steward(world.blue))).toMatchObject({
      ok: true,
    });
  });

  it("for workloads or messages has no target and no profiles", async () => {
    expect(await create({ ...smtp, target: "mail" })).toMatchObject({ kind: "invalid", fields: ["target"] });
    expect(await create({ ...smtp, syncProfile: true })).toMatchObject({ kind: "precondition" });
    const kubernetes = { factoryId: "kubernetes", issuer: "https://k8s.example", audiences: ["a"], target: "k8s" };
    const conditions = [{ claim: "sub", stringValue: "system:serviceaccount:ns:name" }];
    expect(await create({ ...kubernetes, conditions })).toMatchObject({ kind: "invalid", fields: ["target"] });
    const synced = { ...kubernetes, conditions, target: "", syncProfile: true };
    expect(await create(synced)).toMatchObject({ kind: "precondition" });
  });

  it.each([
    [
      "no address",
      "endpoint",
      ["mail.example:465", "https://mail.example", "smtp://user:pw@mail.example", "smtp://m/x"],
    ],
    ["no mailbox", "sender", ["example", "A <a@example.test>", "a@example.test, b@example.test", "a@b\r\nBcc: c@d"]],
  ])("for e-mail with %s to send from or to is invalid", async (_what, field, values) => {
    for (const value of values)
      expect(await create({ ...smtp, [field]: value })).toMatchObject({ kind: "invalid", fields: [field] });
  });

  it("for messages says nothing about tokens, and one for tokens nothing about messages", async () => {
    expect(await create({ ...smtp, issuer: "https://idp.example", justInTime: true })).toMatchObject({
      kind: "invalid",
      fields: ["issuer", "just_in_time"],
    });
    const both = oidc({ endpoint: "smtps://mail.example", sender: "a@example.test" });
    expect(await create(both)).toMatchObject({ kind: "invalid", fields: ["endpoint", "sender"] });
  });

  it("that is doubtful is made with a warning, which is not stored", async () => {
    const open = await made(oidc({ issuer: "https://gitlab.com" }));
    expect(open["warnings"]).toEqual([expect.stringMatching(/^conditions: /)]);
    expect((await read(open.id))["warnings"]).toEqual([]);
  });
});

describe("the e-mail connector", () => {
  const all = async () => {
    const answer: JsonObject = await admin.ok(grpcDoor, "connector.listConnectors", { pageSize: 100 });
    return (answer["connectors"] as JsonObject[]).filter(({ factoryId }) => factoryId === "smtp").map(({ id }) => id);
  };

  it("takes the place of the one before, even under its name, and leaves the SMS connector alone", async () => {
    const sms = await made({ factoryId: "http-sms", endpoint: "https://sms.example/", clientSecret: "s" });
    const first = await made({ ...smtp, name: "Mail" });
    const second = await made({ ...smtp, name: "Mail" });
    expect(await all()).toEqual([second.id]);
    expect(await read(sms.id)).toMatchObject({ id: sms.id });
    const trail = await admin.world.parts.store.instance.auditTrail(admin.world.red.id, 0, 10_000);
    expect(trail.slice(-2)).toMatchObject([
      { event: "connector.deleted", subject: first.id },
      { event: "connector.created", subject: second.id },
    ]);
  });

  it.each(doors)("is one, however many are made at once over $name", async (door) => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => create(smtp, door)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(8);
    expect(await all()).toHaveLength(1);
  });

  it("believes no token, though an application names it", async () => {
    const { red } = admin.world;
    await red.apply((declared) => {
      declared["connectors"]?.push({ name: "Declared mail", ...smtp });
      const backend = declared["applications"]?.find(({ name }) => name === "backend");
      Object.assign(backend ?? {}, { connectorIds: ["idp", "idp-once", "idp-join", "opaque", "Declared mail"] });
    });
    const credential = red.as("backend");
    const ask = (access_token: string, connector_id: string) =>
      grpcDoor.call(admin.world, "exchange", { access_token, connector_id }, credential);
    const id = red.ids.get("connector Declared mail") ?? "";
    expect(await ask(admin.world.token(red, "ada", { iss: "" }), id)).toEqual(badToken);
    expect(await ask("opaque", id)).toEqual(badToken);
    // What a factory fills in is no change when it is declared again.
    const { revision } = await read(id);
    await red.apply();
    expect(await read(id)).toMatchObject({ revision });
  });
});

describe("a connector that is changed", () => {
  it.each(doors)("keeps its target and factory, over $name", async (door) => {
    const { id, target } = await made(oidc());
    expect(await update({ id, target: "another" }, door)).toMatchObject({ kind: "invalid", fields: ["target"] });
    expect(await update({ id, factoryId: "logto" }, door)).toMatchObject({ kind: "invalid", fields: ["factory_id"] });
    expect(await update({ id, target, disabled: true }, door)).toMatchObject({ ok: true, answer: { disabled: true } });
  });

  it("is held to its factory's rules, and goes back to the template where a field is cleared", async () => {
    const { id } = await made(oidc({ scopes: ["openid"] }));
    expect(await update({ id }, grpcDoor, "issuer")).toMatchObject({ kind: "invalid", fields: ["issuer"] });
    expect(await update({ id, tokenStorage: true })).toMatchObject({ kind: "precondition" });
    expect(await update({ id }, grpcDoor, "scopes")).toMatchObject({
      answer: { scopes: ["openid", "profile", "email"] },
    });
    const mail = await made(smtp);
    expect(await update({ id: mail.id, syncProfile: true })).toMatchObject({ kind: "precondition" });
    expect(await update({ id: mail.id, sender: "no one" })).toMatchObject({ kind: "invalid", fields: ["sender"] });
  });

  it("keeps a secret that is not sent, shows it to nobody, and loses it when it is cleared", async () => {
    const { id, ...answer } = await made(oidc({ clientId: "tessera", clientSecret: "upstream-secret" }));
    const sealed = (await stored(id))?.["clientSecret"];
    const answers = [answer, await read(id), await admin.ok(grpcDoor, "connector.listConnectors", { pageSize: 100 })];
    expect(JSON.stringify(answers)).not.toContain("upstream-secret");
    expect(JSON.stringify(answers)).not.toContain(String(sealed));
    expect(await update({ id, leeway: 10 })).toMatchObject({ ok: true, answer: { clientSecret: "" } });
    const { keyring } = admin.world.parts;
    const place = { table: "connector", row: id, purpose: "clientSecret" };
    expect(keyring.open(place, String((await stored(id))?.["clientSecret"]))).toBe("upstream-secret");
    expect(await update({ id }, grpcDoor, "clientSecret")).toMatchObject({ ok: true });
    expect((await stored(id))?.["clientSecret"]).toBe("");
  });

  it.each(["issuer", "introspectionEndpoint", "userinfoEndpoint", "clientId"])(
    "does not take its stored secret along when %s sends it elsewhere",
    async (field) => {
      const { id } = await made(oidc({ clientId: "tessera", clientSecret: "upstream-secret" }));
      const elsewhere = { id, [field]: "https://elsewhere.example" };
      expect(await update(elsewhere)).toMatchObject({ kind: "invalid", fields: ["client_secret"] });
      expect(await update(elsewhere, grpcDoor, field)).toMatchObject({ kind: "invalid", fields: ["client_secret"] });
      expect(await read(id)).not.toMatchObject({ [field]: "https://elsewhere.example" });
      expect(await update({ ...elsewhere, clientSecret: "another-secret" })).toMatchObject({ ok: true });
      expect(await update({ id, [field]: "https://third.example" }, grpcDoor, `${field},clientSecret`)).toMatchObject({
        ok: true,
      });
    },
  );

  it("another tenant's, or none, is not found", async () => {
    const { world } = admin;
    const { id } = await made(oidc());
    const blue = steward(world.blue);
    for (const [method, request] of [
      ["connector.getConnector", { id }],
      ["connector.updateConnector", { connector: { id, disabled: true } }],
      ["connector.deleteConnector", { id }],
    ] as const) {
      expect(await grpcDoor.call(world, method, request, blue)).toMatchObject({ kind: "notFound" });
      const unknown = JSON.parse(JSON.stringify(request).replace(id, nobody)) as JsonObject;
      expect(await admin.ask(grpcDoor, method, unknown)).toMatchObject({ kind: "notFound" });
    }
    expect(await read(id)).toMatchObject({ disabled: false });
  });
});

describe("connectors in a list", () => {
  it.each(doors)("are found by their target over $name", async (door) => {
    const { id, target } = await made(oidc());
    const { connectors } = await admin.ok(door, "connector.listConnectors", { target: target as string });
    expect(connectors).toMatchObject([{ id }]);
    const none = await admin.ok(door, "connector.listConnectors", { target: "nothing" });
    expect(none["connectors"]).toEqual([]);
  });
});

describe("a connector that is deleted", () => {
  it.each(doors)(
    "takes the tokens of its users along, and leaves no id behind in applications, over $name",
    async (door) => {
      const { world } = admin;
      const { red, upstream } = world;
      const name = admin.fresh("Gone");
      const users = red.declared["userIdentities"] ?? [];
      await red.apply((declared) => {
        const jwks = { verification: "VERIFICATION_JWKS", issuer: upstream.issuer, audiences: [name] };
        declared["connectors"]?.push({ name, ...jwks });
        users.push({ userId: "ada", connectorId: name, subject: "ada-at-idp" });
        declared["applications"]?.push({ name, type: "APPLICATION_TYPE_TRADITIONAL", connectorIds: [name] });
        declared["applicationSecrets"]?.push({ applicationId: name, name: "first" });
      });
      const exchange = () =>
        door.call(world, "exchange", { access_token: world.token(red, "ada", { aud: name }) }, red.as(name));
      const before = await exchange();
      const token = before.ok ? (before.answer["token"] as string) : "";
      const active = async () => {
        const answer = await door.call(world, "introspect", { token }, red.as("backend"));
        return answer.ok && answer.answer["active"] === true;
      };
      expect(await active()).toBe(true);
      await admin.ok(door, "connector.deleteConnector", { id: red.ids.get(`connector ${name}`) ?? "" });
      expect(await active()).toBe(false);
      expect(await exchange()).toEqual(badToken);
      const id = red.ids.get(`application ${name}`) ?? "";
      expect(await admin.ok(door, "application.getApplication", { id })).toMatchObject({ connectorIds: [] });
      for (const list of ["connectors", "applications", "applicationSecrets", "userIdentities"])
        red.declared[list] = (red.declared[list] ?? []).filter((each) => !Object.values(each).includes(name));
      red.declared["applications"] = (red.declared["applications"] ?? []).filter((each) => each["name"] !== name);
    },
  );
});
