// Resources and their scopes as they are managed: the default audience, lists with scopes, and what is Tessera's own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { managementIndicator, organizationIndicator } from "../../src/policy/audience.ts";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
import { doors } from "../support/door.ts";
import { api, billing } from "../support/fixture.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await withAdministrators(world.red);
});
afterAll(() => world.close());

const precondition = { kind: "precondition", reason: "FAILED_PRECONDITION", fields: [] };
const notFound = { kind: "notFound", reason: "NOT_FOUND", fields: [] };
const exists = { kind: "exists", reason: "ALREADY_EXISTS", fields: [] };
const idOf = (indicator: string) => world.red.ids.get(`resource ${indicator}`) ?? "";
const ownId = async (indicator: string) =>
  String((await world.parts.store.tenant(world.red.id).rowByKey("resource", { indicator }))?.["id"]);
const eventsOf = async (subject: string) =>
  (await world.parts.store.instance.auditTrail(world.red.id, 0, 10_000))
    .filter((row) => row.subject === subject)
    .map((row) => row.event);

describe.each(doors)("over $name, a resource", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const make = async (more = {}) => {
    const indicator = `https://${fresh("made")}.example.test`;
    return boss.ok("resource.createResource", { resource: { name: "Made", indicator, ...more } });
  };

  it("is made, read, changed and removed with its scopes", async () => {
    const { id, indicator } = await make();
    const scope = await boss.ok("resource.createScope", { scope: { resourceId: id, name: "use" } });
    const changed = await boss.ok("resource.updateResource", { resource: { id, name: "Other", accessTokenTtl: 60 } });
    expect(changed).toMatchObject({ indicator, name: "Other", accessTokenTtl: 60, revision: 2 });
    await boss.ok("resource.deleteResource", { id });
    expect(await boss.refusal("resource.getResource", { id })).toEqual(notFound);
    expect(await boss.refusal("resource.getScope", { id: scope.id })).toEqual(notFound);
  });

  it("is refused where its indicator is taken, is no absolute URI, or would change", async () => {
    expect(await boss.refusal("resource.createResource", { resource: { name: "x", indicator: api } })).toEqual(exists);
    const relative = await boss.refusal("resource.createResource", { resource: { name: "x", indicator: "/api" } });
    expect(relative).toMatchObject({ kind: "invalid", fields: ["resource.indicator"] });
    const { id } = await make();
    const moved = { resource: { id, indicator: "https://elsewhere.example.test" } };
    expect(await boss.refusal("resource.updateResource", moved)).toMatchObject({
      kind: "invalid",
      fields: ["indicator"],
    });
  });

  it("cannot be made the default beside another one, by creating or updating it", async () => {
    const second = { name: "x", indicator: `https://${fresh("second")}.example.test`, isDefault: true };
    expect(await boss.refusal("resource.createResource", { resource: second })).toEqual(exists);
    const { id } = await make();
    expect(await boss.refusal("resource.updateResource", { resource: { id, isDefault: true } })).toEqual(exists);
  });

  it("becomes the default in one step that takes it from the old one, as often as asked", async () => {
    const { id } = await make();
    for (const _ of [1, 2]) {
      const set = await boss.ok("resource.setDefaultResource", { id, isDefault: true });
      expect(set).toMatchObject({ id, isDefault: true, revision: 2 });
    }
    expect(await boss.ok("resource.getResource", { id: idOf(api) })).toMatchObject({ isDefault: false });
    expect(await eventsOf(id)).toEqual(["resource.created", "resource.default_set"]);
    for (const _ of [1, 2]) await boss.ok("resource.setDefaultResource", { id, isDefault: false });
    expect(await world.parts.store.tenant(world.red.id).rowByKey("resource", { isDefault: true })).toBeUndefined();
    await boss.ok("resource.setDefaultResource", { id: idOf(api), isDefault: true });
  });

  it("stays the default when another one is told not to be", async () => {
    await boss.ok("resource.setDefaultResource", { id: idOf(billing), isDefault: false });
    expect(await boss.ok("resource.getResource", { id: idOf(api) })).toMatchObject({ isDefault: true });
    expect(await boss.refusal("resource.setDefaultResource", { id: nobody, isDefault: true })).toEqual(notFound);
  });

  it("is the only default, however many ask at once", async () => {
    const made = await Promise.all([1, 2, 3].map(() => make()));
    const asked = made.map(({ id }) => boss.ok("resource.setDefaultResource", { id, isDefault: true }));
    const settled = await Promise.allSettled(asked);
    expect(settled.some(({ status }) => status === "fulfilled")).toBe(true);
    const { resources } = await boss.ok("resource.listResources", { pageSize: 100 });
    const defaults = resources.filter(({ isDefault }) => isDefault);
    expect(defaults).toHaveLength(1);
    await boss.ok("resource.setDefaultResource", { id: idOf(api), isDefault: true });
  });

  it("is listed with its scopes only where that was asked for", async () => {
    const search = { field: "indicator", text: api, mode: "SEARCH_MODE_EXACT" };
    const bare = await boss.ok("resource.listResources", { search });
    expect(bare).toMatchObject({ resources: [{ indicator: api }], scopes: [] });
    const { scopes } = await boss.ok("resource.listResources", { search, includeScopes: true });
    const names = scopes.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["read", "write", "invite"]));
    expect(names).not.toContain("invoice");
    const paged = await boss.ok("resource.listResources", { pageSize: 1, count: true, includeScopes: true });
    expect(paged.resources).toHaveLength(1);
    expect(paged.totalSize).toBeGreaterThan(3);
  });

  it.each([managementIndicator, organizationIndicator])("%s is shown and never changed", async (indicator) => {
    const id = await ownId(indicator);
    expect(await boss.ok("resource.getResource", { id })).toMatchObject({ indicator });
    await boss.ok("resource.listScopes", { resourceId: id });
    for (const [method, request] of [
      ["resource.updateResource", { resource: { id, name: "Mine" } }],
      ["resource.deleteResource", { id }],
      ["resource.setDefaultResource", { id, isDefault: true }],
      ["resource.setDefaultResource", { id, isDefault: false }],
      ["resource.createScope", { scope: { resourceId: id, name: fresh("own") } }],
      ["resource.createResource", { resource: { name: "Second", indicator } }],
    ] as const)
      expect([method, await boss.refusal(method, request)]).toEqual([method, precondition]);
  });

  it("that is the management one keeps each of its scopes", async () => {
    const { scopes } = await boss.ok("resource.listScopes", { resourceId: await ownId(managementIndicator) });
    const id = scopes[0]?.id ?? "";
    expect(await boss.refusal("resource.updateScope", { scope: { id, description: "x" } })).toEqual(precondition);
    expect(await boss.refusal("resource.deleteScope", { id })).toEqual(precondition);
  });
});

describe.each(doors)("over $name, a scope", (door) => {
  let boss: Asking;
  beforeAll(() => {
    boss = asking(world, world.red.as("boss"), door);
  });
  const resourceId = () => idOf(billing);

  it("is made once in its resource, and may be called like one of another", async () => {
    const name = fresh("scope");
    const made = await boss.ok("resource.createScope", { scope: { resourceId: resourceId(), name } });
    expect(await boss.refusal("resource.createScope", { scope: { resourceId: resourceId(), name } })).toEqual(exists);
    expect((await boss.ok("resource.createScope", { scope: { resourceId: idOf(api), name } })).id).not.toBe(made.id);
  });

  it.each(["with space", "tab\t", "", 'quote"'])("is refused when it is called %j", async (name) => {
    const refused = await boss.refusal("resource.createScope", { scope: { resourceId: resourceId(), name } });
    expect(refused).toMatchObject({ kind: "invalid", fields: ["scope.name"] });
  });

  it("is refused in a resource that is not there", async () => {
    const scope = { resourceId: nobody, name: "x" };
    expect(await boss.refusal("resource.createScope", { scope })).toEqual(notFound);
    expect(await boss.refusal("resource.listScopes", { resourceId: nobody })).toEqual(notFound);
  });

  it("is described anew, keeps its name, and goes at once", async () => {
    const { id } = await boss.ok("resource.createScope", { scope: { resourceId: resourceId(), name: fresh("scope") } });
    expect(await boss.ok("resource.updateScope", { scope: { id, description: "new" } })).toMatchObject({ revision: 2 });
    const renamed = { scope: { id, name: "renamed" } };
    expect(await boss.refusal("resource.updateScope", renamed)).toMatchObject({ kind: "invalid", fields: ["name"] });
    await boss.ok("resource.deleteScope", { id });
    expect(await boss.refusal("resource.deleteScope", { id })).toEqual(notFound);
    expect(await boss.refusal("resource.updateScope", { scope: { id, description: "x" } })).toEqual(notFound);
  });
});

describe("a declaration", () => {
  it("still says how the management resource behaves, and pruning leaves Tessera's own", async () => {
    const { blue } = world;
    await blue.apply(
      (declared) => declared.resources?.push({ name: "Tessera", indicator: managementIndicator, accessTokenTtl: 600 }),
      { prune: true },
    );
    const tenant = world.parts.store.tenant(blue.id);
    const management = await tenant.rowByKey("resource", { indicator: managementIndicator });
    expect(management).toMatchObject({ accessTokenTtl: 600 });
    expect(await tenant.rowByKey("resource", { indicator: organizationIndicator })).toBeDefined();
    const { rows } = await tenant.list("scope", { parent: { resourceId: String(management?.["id"]) }, limit: 1000 });
    expect(rows.length).toBeGreaterThan(20);
  });
});
