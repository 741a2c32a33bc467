// Applications through both doors: what each type needs and forbids, what comes with one, and what cannot be changed.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, refused, steward } from "../support/administered.ts";
import { doors } from "../support/door.ts";

let plane: Administered;
beforeAll(async () => {
  plane = await createAdministered();
});
afterAll(() => plane.close());

const protectedBy = (subDomain: string) => ({
  type: "APPLICATION_TYPE_PROTECTED",
  protectedAppMetadata: { subDomain, origin: "https://inside.example.test" },
});
const publicOne = { publicClient: true, origins: ["https://app.example.test"] };

describe.each(doors)("over $name, CreateApplication", (door) => {
  const create = (facts: JsonObject) => ({
    application: { name: plane.fresh("App"), type: "APPLICATION_TYPE_TRADITIONAL", ...facts },
  });
  const refusal = (facts: JsonObject) => plane.refusal(door, "application.createApplication", create(facts));

  it("answers what GetApplication reads, but for the secret that comes with it", async () => {
    const facts = { description: "D", customData: { a: [1, null] }, redirectUris: ["https://a.example.test/back"] };
    const made = await plane.ok(door, "application.createApplication", create(facts));
    expect(made).toMatchObject({ ...facts, revision: 1, isAdmin: false });
    expect(made["defaultSecret"]).toMatch(/^tsk_/);
    const read = await plane.ok(door, "application.getApplication", { id: String(made["id"]) });
    expect(read).toEqual({ ...made, defaultSecret: "" });
  });

  it("makes a legacy secret for every confidential type, and it opens the door", async () => {
    for (const facts of [
      {},
      { type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" },
      protectedBy(`own-${door.name.toLowerCase()}`),
    ]) {
      const { id, defaultSecret } = await plane.ok(door, "application.createApplication", create(facts));
      const asked = { applicationId: String(id) };
      const { applicationSecrets } = await plane.ok(door, "applicationSecret.listApplicationSecrets", asked);
      expect(applicationSecrets).toMatchObject([{ name: "Default", legacy: true, value: "" }]);
      const basic: [string, string] = [String(id), String(defaultSecret)];
      const outcome = await door.call(plane.world, "exchange", { access_token: "x" }, { basic });
      expect(refused(outcome).kind).toBe("badToken");
    }
  });

  it.each([{ type: "APPLICATION_TYPE_SPA" }, { type: "APPLICATION_TYPE_NATIVE" }, publicOne])(
    "makes no secret where none can be kept: %o",
    async (facts) => {
      const { id, defaultSecret } = await plane.ok(door, "application.createApplication", create(facts));
      expect(defaultSecret).toBe("");
      const listed = await plane.ok(door, "applicationSecret.listApplicationSecrets", { applicationId: String(id) });
      expect(listed["applicationSecrets"]).toEqual([]);
    },
  );

  it.each([
    ["SAML", { type: "APPLICATION_TYPE_SAML" }, "type"],
    ["a machine of a third party", { type: "APPLICATION_TYPE_MACHINE_TO_MACHINE", thirdParty: true }, "third_party"],
    ["a protected one of a third party", { ...protectedBy("third"), thirdParty: true }, "third_party"],
    ["a protected one without metadata", { type: "APPLICATION_TYPE_PROTECTED" }, "protected_app_metadata"],
    [
      "metadata on another type",
      { protectedAppMetadata: { subDomain: "x", origin: "https://x.test" } },
      "protected_app_metadata",
    ],
    ["more than 16 KiB of custom data", { customData: { a: "x".repeat(16_377) } }, "custom_data"],
    ["an id of its own", { id: nobody }, "id"],
  ])("refuses %s as invalid", async (_what, facts, field) => {
    expect(await refusal(facts)).toMatchObject({ kind: "invalid", fields: [field] });
  });

  it("refuses no type, a wrong one, and no name as invalid", async () => {
    for (const facts of [{ type: "APPLICATION_TYPE_UNSPECIFIED" }, { name: "" }, { name: "x".repeat(257) }])
      expect((await refusal(facts)).kind).toBe("invalid");
  });

  it("takes exactly 16 KiB of custom data", async () => {
    const customData = { a: "x".repeat(16_384 - '{"a":""}'.length) };
    const made = await plane.ok(door, "application.createApplication", create({ customData }));
    expect(made["customData"]).toEqual(customData);
  });

  it.each(["NATIVE", "SPA", "TRADITIONAL"])("takes a third party's application of type %s", async (type) => {
    const facts = { type: `APPLICATION_TYPE_${type}`, thirdParty: true };
    expect(await plane.ok(door, "application.createApplication", create(facts))).toMatchObject(facts);
  });

  it("lets native applications use the device flow, and no other", async () => {
    const native = { type: "APPLICATION_TYPE_NATIVE", deviceFlow: true };
    expect(await plane.ok(door, "application.createApplication", create(native))).toMatchObject({ deviceFlow: true });
    expect((await refusal({ deviceFlow: true })).kind).toBe("precondition");
  });

  it("refuses a name that is taken, and a subdomain that any tenant has", async () => {
    const name = plane.fresh("Taken");
    await plane.ok(door, "application.createApplication", create({ name }));
    expect((await refusal({ name })).kind).toBe("exists");
    const subDomain = `taken-${door.name.toLowerCase()}`;
    await plane.ok(door, "application.createApplication", create(protectedBy(subDomain)));
    const elsewhere = create(protectedBy(subDomain));
    expect((await refusal(protectedBy(subDomain))).kind).toBe("exists");
    const outcome = await door.call(plane.world, "application.createApplication", elsewhere, steward(plane.world.blue));
    expect(refused(outcome).kind).toBe("exists");
  });
});

describe.each(doors)("over $name, UpdateApplication", (door) => {
  const update = (id: string, application: JsonObject, updateMask?: string) => ({
    application: { id, ...application },
    ...(updateMask !== undefined && { updateMask }),
  });

  it("sets what the mask names and nothing else", async () => {
    const { id } = await plane.application({ description: "old", customData: { a: 1 } });
    const change = update(id, { description: "new", disabled: true }, "description");
    const changed = await plane.ok(door, "application.updateApplication", change);
    expect(changed).toMatchObject({ description: "new", disabled: false, customData: { a: 1 }, revision: 2 });
  });

  it.each([
    ["type", { type: "APPLICATION_TYPE_TRADITIONAL" }],
    ["public_client", { publicClient: true }],
    ["third_party", { thirdParty: true }],
    ["device_flow", { deviceFlow: true }],
    ["is_admin", { isAdmin: true }],
    ["default_secret", { defaultSecret: "tsk_x" }],
    ["tenant_id", {}],
  ])("refuses to change %s", async (field, facts) => {
    const { id } = await plane.application();
    const mask = field.replaceAll(/_(?<letter>[a-z])/g, (_match, letter: string) => letter.toUpperCase());
    const refusal = await plane.refusal(door, "application.updateApplication", update(id, facts, mask));
    expect(refusal).toMatchObject({ kind: "invalid", fields: [field] });
  });

  it("refuses to drop the device flow of an application that has it", async () => {
    const { id } = await plane.application({ type: "APPLICATION_TYPE_NATIVE", deviceFlow: true });
    const refusal = await plane.refusal(door, "application.updateApplication", update(id, {}, "deviceFlow"));
    expect(refusal).toMatchObject({ kind: "invalid", fields: ["device_flow"] });
  });

  it("keeps the metadata with the protected applications", async () => {
    const { id } = await plane.application(protectedBy(`kept-${door.name.toLowerCase()}`));
    const without = await plane.refusal(door, "application.updateApplication", update(id, {}, "protectedAppMetadata"));
    expect(without).toMatchObject({ kind: "invalid", fields: ["protected_app_metadata"] });
    const { id: machine } = await plane.application();
    const { protectedAppMetadata } = protectedBy("other");
    const given = update(machine, { protectedAppMetadata });
    expect((await plane.refusal(door, "application.updateApplication", given)).kind).toBe("invalid");
  });

  it("frees a subdomain that is given up", async () => {
    const [first, second] = ["first", "second"].map((word) => `${word}-${door.name.toLowerCase()}`);
    const { id } = await plane.application(protectedBy(String(first)));
    const { protectedAppMetadata } = protectedBy(String(second));
    await plane.ok(door, "application.updateApplication", update(id, { protectedAppMetadata }));
    expect((await plane.application(protectedBy(String(first)))).id).not.toBe(id);
  });

  it("refuses a lost update as stale and an unknown id as not found", async () => {
    const { id } = await plane.application();
    await plane.ok(door, "application.updateApplication", update(id, { description: "a", revision: 1 }));
    const late = update(id, { description: "b", revision: 1 });
    expect((await plane.refusal(door, "application.updateApplication", late)).kind).toBe("stale");
    const unknown = update(nobody, { description: "b" });
    expect((await plane.refusal(door, "application.updateApplication", unknown)).kind).toBe("notFound");
  });
});

it("N6-07: the secret that comes with an application is in no event and in no log line", async () => {
  const { defaultSecret } = await plane.application();
  expect(defaultSecret.length).toBeGreaterThan(40);
  expect(plane.world.log()).not.toContain(defaultSecret.slice(4, 40));
});
