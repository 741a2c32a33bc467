// Tenants from above: made with all that a tenant needs, changed, and removed with everything in them.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementPermissions } from "../../src/resources/permissions.ts";
import { systemTenantId } from "../../src/system-tenant.ts";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
import { doors, expectOk, grpcDoor } from "../support/door.ts";
import { instanceAdministrator, machineOf, useSecret } from "../support/instance-administrator.ts";
import { createWorld, type Credential, type World } from "../support/world.ts";

let world: World;
let root: Credential;
let above: Asking;
beforeAll(async () => {
  world = await createWorld();
  root = await instanceAdministrator(world);
  above = asking(world, root);
  await withAdministrators(world.red);
});
afterAll(() => world.close());

type Made = { tenant: { id: string; name: string }; bootstrapSecret: string; expireTime: string };
const make = async (name = fresh("tenant"), facts: JsonObject = {}) =>
  (await above.ok("tenant.createTenant", { tenant: { name, ...facts } })) as unknown as Made;
const trailOf = (tenantId: string) => world.parts.store.instance.auditTrail(tenantId, 0, 10_000);

describe("a new tenant", () => {
  it("has Tessera's own audiences, every permission of a tenant, and a default project", async () => {
    const { tenant } = await make();
    const store = world.parts.store.tenant(tenant.id);
    const { resources, scopes } = await store.policy();
    expect(resources.map(({ indicator }) => indicator).sort()).toEqual([
      "urn:tessera:management",
      "urn:tessera:organization",
    ]);
    expect(scopes.map(({ name }) => name).sort()).toEqual([...managementPermissions(tenant.id)].sort());
    expect(await store.rows("project", "", 10)).toMatchObject([{ name: "Default", isDefault: true }]);
  });

  it.each(doors)("is opened once by the secret that comes with it, over $name", async (door) => {
    const name = fresh("tenant");
    const answer = await expectOk(door.call(world, "tenant.createTenant", { tenant: { name } }, root));
    const { tenant, bootstrapSecret, expireTime } = answer as unknown as Made;
    expect(Date.parse(expireTime) - world.now()).toBeGreaterThan(86_000_000);
    const opened = await expectOk(useSecret(world, bootstrapSecret, door));
    expect(opened["tenantId"]).toBe(tenant.id);
    const own = await expectOk(door.call(world, "tenant.getOwnTenant", {}, machineOf(opened)));
    expect(own).toMatchObject({ id: tenant.id, name });
    expect(await useSecret(world, bootstrapSecret, door)).toMatchObject({ kind: "unauthenticated" });
  });

  it("is not opened while it is disabled", async () => {
    const { tenant, bootstrapSecret } = await make(fresh("tenant"), { disabled: true });
    expect(await useSecret(world, bootstrapSecret)).toMatchObject({ kind: "unauthenticated" });
    await above.ok("tenant.updateTenant", { tenant: { id: tenant.id, disabled: false }, updateMask: "disabled" });
    await expectOk(useSecret(world, bootstrapSecret));
  });

  it("is recorded where it was made from; what is in it, in its own trail, by the same actor", async () => {
    const { tenant } = await make();
    const created = (await trailOf(systemTenantId)).find(({ subject }) => subject === tenant.id);
    expect(created).toMatchObject({ event: "tenant.created", actor: expect.stringMatching(/^client:/) as string });
    const own = await trailOf(tenant.id);
    expect(own.map(({ event }) => event)).toContain("project.created");
    expect(new Set(own.map(({ actor }) => actor))).toEqual(new Set([created?.actor]));
  });
});

describe("a tenant's name", () => {
  it("is unique in the instance, the system tenant's included", async () => {
    const { tenant } = await make();
    for (const name of [tenant.name, "system"])
      expect(await above.refusal("tenant.createTenant", { tenant: { name } })).toMatchObject({ kind: "exists" });
    const renamed = { tenant: { id: tenant.id, name: "system" } };
    expect(await above.refusal("tenant.updateTenant", renamed)).toMatchObject({ kind: "exists" });
  });

  it("that is taken leaves nothing of a second tenant behind", async () => {
    const { tenant } = await make();
    const before = await above.ok("tenant.listTenants", { pageSize: 100 });
    await above.refusal("tenant.createTenant", { tenant: { name: tenant.name } });
    expect(await above.ok("tenant.listTenants", { pageSize: 100 })).toEqual(before);
  });

  it("is needed, and no id is taken with it", async () => {
    expect(await above.refusal("tenant.createTenant", { tenant: {} })).toMatchObject({ kind: "invalid" });
    expect(await above.refusal("tenant.createTenant", {})).toMatchObject({ kind: "invalid" });
    const tenant = { name: fresh("tenant"), id: nobody };
    expect(await above.refusal("tenant.createTenant", { tenant })).toEqual({
      kind: "invalid",
      reason: "INVALID_REQUEST",
      fields: ["id"],
    });
  });
});

describe("reading and changing", () => {
  it("finds every tenant from above, by id and by search", async () => {
    const { tenant } = await make(fresh("Findable"));
    expect(await above.ok("tenant.getTenant", { id: tenant.id })).toMatchObject(tenant);
    const { tenants } = await above.ok("tenant.listTenants", { search: { text: "finDABLE" } });
    expect(tenants).toMatchObject([tenant]);
    const all = await above.ok("tenant.listTenants", { pageSize: 100 });
    const names = (all["tenants"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["system", "red", "blue", tenant.name]));
  });

  it("refuses a lost update as stale, and a tenant that is not there as not found", async () => {
    const { tenant } = await make();
    const change = { tenant: { id: tenant.id, name: fresh("renamed"), revision: 1 } };
    expect(await above.ok("tenant.updateTenant", change)).toMatchObject({ revision: 2 });
    expect(await above.refusal("tenant.updateTenant", change)).toMatchObject({ kind: "stale" });
    expect(await above.refusal("tenant.getTenant", { id: nobody })).toMatchObject({ kind: "notFound" });
    expect(await above.refusal("tenant.deleteTenant", { id: nobody })).toMatchObject({ kind: "notFound" });
    const unknown = { tenant: { id: nobody, name: fresh("x") } };
    expect(await above.refusal("tenant.updateTenant", unknown)).toMatchObject({ kind: "notFound" });
  });

  it("answers each administrator its own tenant, and no other method", async () => {
    const red = asking(world, world.red.as("boss"));
    expect(await red.ok("tenant.getOwnTenant", {})).toMatchObject({ id: world.red.id, name: "red" });
    for (const [method, request] of [
      ["tenant.getTenant", { id: world.red.id }],
      ["tenant.listTenants", {}],
      ["tenant.createTenant", { tenant: { name: fresh("tenant") } }],
      ["tenant.deleteTenant", { id: world.red.id }],
    ] as const)
      expect(await red.refusal(method, request)).toMatchObject({ kind: "denied", reason: "INSUFFICIENT_SCOPE" });
  });
});

describe("the system tenant", () => {
  it("is not renamed, disabled or removed", async () => {
    const id = systemTenantId;
    for (const tenant of [
      { id, name: "other" },
      { id, disabled: true },
    ])
      expect(await above.refusal("tenant.updateTenant", { tenant })).toMatchObject({ kind: "precondition" });
    expect(await above.refusal("tenant.deleteTenant", { id })).toMatchObject({ kind: "precondition" });
    expect(await above.ok("tenant.getTenant", { id })).toMatchObject({ name: "system", disabled: false, revision: 1 });
  });
});

describe("removing a tenant", () => {
  it("takes everything in it along but its trail, and its tokens and secrets end at once", async () => {
    const { blue } = world;
    const server = asking(world, blue.as("backend"));
    const user = await server.ok("exchange", { access_token: world.token(blue, "ada") });
    const requests = {
      introspect: { token: user["token"] },
      refresh: { refresh_token: user["refresh_token"] },
    };
    expect(await server.ok("introspect", requests.introspect)).toMatchObject({ active: true });
    const admin = { access_token: world.token(blue, "ada"), resource: ["urn:tessera:management"] };
    const bearer = { bearer: (await server.ok("exchange", admin))["token"] };
    const trail = await trailOf(blue.id);

    await above.ok("tenant.deleteTenant", { id: blue.id });
    for (const method of ["introspect", "refresh"] as const)
      expect(await server.refusal(method, requests[method])).toMatchObject({ kind: "unauthenticated" });
    const own = grpcDoor.call(world, "user.listUsers", {}, bearer);
    expect(await own).toMatchObject({ kind: "unauthenticated", reason: "INVALID_TOKEN" });
    for (const type of ["application", "user", "scope", "project", "applicationSecret", "roleAssignment"] as const)
      expect(await world.parts.store.tenant(blue.id).rows(type, "", 10)).toEqual([]);
    expect(await above.refusal("tenant.getTenant", { id: blue.id })).toMatchObject({ kind: "notFound" });
    const { tenants } = await above.ok("tenant.listTenants", { search: { text: "blue" } });
    expect(tenants).toEqual([]);
    expect((await trailOf(blue.id)).slice(0, trail.length).map(({ seq }) => seq)).toEqual(trail.map(({ seq }) => seq));
    expect((await trailOf(systemTenantId)).at(-1)).toMatchObject({ event: "tenant.deleted", subject: blue.id });
  });

  it("lets its name be used again", async () => {
    const { tenant } = await make();
    await above.ok("tenant.deleteTenant", { id: tenant.id });
    expect((await make(tenant.name)).tenant.id).not.toBe(tenant.id);
  });
});
