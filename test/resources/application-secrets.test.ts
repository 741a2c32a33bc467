// Secrets of applications through both doors: shown once, renamed only, at most ten, put in each other's place.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, refused } from "../support/administered.ts";
import { type Door, doors } from "../support/door.ts";

let plane: Administered;
beforeAll(async () => {
  plane = await createAdministered();
  plane.world.hold();
});
afterAll(() => plane.close());

const at = (ms: number) => new Date(plane.world.now() + ms).toISOString();
const listed = async (door: Door, applicationId: string) => {
  const answer = await plane.ok(door, "applicationSecret.listApplicationSecrets", { applicationId, pageSize: 100 });
  const secrets: (JsonObject & { id: string; name: string })[] = answer["applicationSecrets"] ?? [];
  return secrets;
};
/** Whether the application gets in with it. */
const opens = async (door: Door, id: string, secret: unknown): Promise<boolean> => {
  const outcome = await door.call(plane.world, "exchange", { access_token: "x" }, { basic: [id, String(secret)] });
  const { kind } = refused(outcome);
  expect(["badToken", "unauthenticated"]).toContain(kind);
  return kind === "badToken";
};

describe.each(doors)("over $name, CreateApplicationSecret", (door) => {
  const create = (applicationId: string, facts: JsonObject = {}) => ({
    applicationSecret: { applicationId, name: plane.fresh("Secret"), ...facts },
  });
  const refusal = (request: JsonObject) => plane.refusal(door, "applicationSecret.createApplicationSecret", request);

  it("N6-07: answers the value this once, and it opens beside the first one", async () => {
    const { id, defaultSecret } = await plane.application();
    const made = await plane.ok(door, "applicationSecret.createApplicationSecret", create(id));
    expect(made).toMatchObject({ applicationId: id, legacy: false, revision: 1 });
    expect(await opens(door, id, made["value"])).toBe(true);
    expect(await opens(door, id, defaultSecret)).toBe(true);
    const read = await plane.ok(door, "applicationSecret.getApplicationSecret", { id: String(made["id"]) });
    expect(read["value"]).toBe("");
    expect((await listed(door, id)).map((each) => each["value"])).toEqual(["", ""]);
  });

  it("ends with its expiry", async () => {
    const { id } = await plane.application();
    const request = create(id, { expireTime: at(60_000) });
    const { value } = await plane.ok(door, "applicationSecret.createApplicationSecret", request);
    plane.world.advance(59_000);
    expect(await opens(door, id, value)).toBe(true);
    plane.world.advance(1000);
    expect(await opens(door, id, value)).toBe(false);
  });

  it("refuses an end that is not in the future, and a name that is empty or too long", async () => {
    const { id } = await plane.application();
    for (const ms of [-1000, 0])
      expect(await refusal(create(id, { expireTime: at(ms) }))).toMatchObject({
        kind: "invalid",
        fields: ["expire_time"],
      });
    for (const name of ["", "x".repeat(257)]) expect((await refusal(create(id, { name }))).kind).toBe("invalid");
  });

  it("refuses a name that the application's secrets have, and takes it for another application", async () => {
    const { id } = await plane.application();
    expect((await refusal(create(id, { name: "Default" }))).kind).toBe("exists");
    const { id: other } = await plane.application();
    await plane.ok(door, "applicationSecret.createApplicationSecret", create(id, { name: "Same" }));
    await plane.ok(door, "applicationSecret.createApplicationSecret", create(other, { name: "Same" }));
  });

  it.each([
    ["a public application", { type: "APPLICATION_TYPE_TRADITIONAL", publicClient: true, origins: ["https://a.test"] }],
    ["a native one", { type: "APPLICATION_TYPE_NATIVE" }],
    ["a single-page one", { type: "APPLICATION_TYPE_SPA" }],
  ])("refuses to make one for %s", async (_what, facts) => {
    const { id } = await plane.application(facts);
    expect((await refusal(create(id))).kind).toBe("precondition");
  });

  it("knows no application of another tenant", async () => {
    for (const id of [nobody, plane.world.blue.ids.get("application other") ?? ""]) {
      expect((await refusal(create(id))).kind).toBe("notFound");
      const unlisted = await plane.refusal(door, "applicationSecret.listApplicationSecrets", { applicationId: id });
      expect(unlisted.kind).toBe("notFound");
    }
  });

  it("makes ten and no eleventh, also when all are asked for at once", async () => {
    const { id } = await plane.application();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => plane.ask(door, "applicationSecret.createApplicationSecret", create(id))),
    );
    const late = outcomes.filter((outcome) => !outcome.ok).map(refused);
    expect(late).toEqual(Array.from({ length: 3 }, () => ({ kind: "exhausted", reason: "LIMIT_REACHED", fields: [] })));
    expect(await listed(door, id)).toHaveLength(10);
  });
});

describe.each(doors)("over $name, a secret", (door) => {
  const only = async (id: string) => {
    const [first, ...others] = await listed(door, id);
    if (first === undefined || others.length > 0) throw new Error("it has not exactly one secret");
    return first;
  };

  it("is renamed, and nothing else of it changes", async () => {
    const { id, defaultSecret } = await plane.application();
    const { id: secretId } = await only(id);
    const renamed = { applicationSecret: { id: secretId, name: "Renamed", revision: 1 } };
    const answer = await plane.ok(door, "applicationSecret.updateApplicationSecret", renamed);
    expect(answer).toMatchObject({ name: "Renamed", legacy: true, value: "", revision: 2 });
    expect(await opens(door, id, defaultSecret)).toBe(true);
    expect((await plane.refusal(door, "applicationSecret.updateApplicationSecret", renamed)).kind).toBe("stale");
    for (const [field, facts] of Object.entries({ expireTime: { expireTime: at(1000) }, value: { value: "x" } })) {
      const change = { applicationSecret: { id: secretId, ...facts }, updateMask: field };
      expect((await plane.refusal(door, "applicationSecret.updateApplicationSecret", change)).kind).toBe("invalid");
    }
  });

  it("keeps its name when another one has the new one, or it is empty", async () => {
    const { id } = await plane.application();
    const applicationSecret = { applicationId: id, name: "Second" };
    const second = await plane.ok(door, "applicationSecret.createApplicationSecret", { applicationSecret });
    const rename = (name: string) =>
      plane.refusal(door, "applicationSecret.updateApplicationSecret", {
        applicationSecret: { id: String(second["id"]), name },
        updateMask: "name",
      });
    expect((await rename("Default")).kind).toBe("exists");
    expect((await rename("")).kind).toBe("invalid");
  });

  it("opens nothing once it is deleted, even where it was the last", async () => {
    const { id, defaultSecret } = await plane.application();
    const secret = { id: (await only(id)).id };
    await plane.ok(door, "applicationSecret.deleteApplicationSecret", secret);
    expect(await opens(door, id, defaultSecret)).toBe(false);
    expect((await plane.refusal(door, "applicationSecret.deleteApplicationSecret", secret)).kind).toBe("notFound");
  });

  it("is deleted as the legacy one, which there is once", async () => {
    const { id, defaultSecret } = await plane.application();
    await plane.ok(door, "applicationSecret.deleteLegacySecret", { applicationId: id });
    expect(await opens(door, id, defaultSecret)).toBe(false);
    const again = await plane.refusal(door, "applicationSecret.deleteLegacySecret", { applicationId: id });
    expect(again.kind).toBe("precondition");
    const unknown = await plane.refusal(door, "applicationSecret.deleteLegacySecret", { applicationId: nobody });
    expect(unknown.kind).toBe("notFound");
  });

  it("of a machine that holds more than the caller is neither replaced, renamed nor deleted, nor is the machine", async () => {
    const { parts, red } = plane.world;
    const tenant = parts.store.tenant(red.id);
    const resource = await tenant.rowByKey("resource", { indicator: "urn:tessera:management" });
    const scope = async (name: string) =>
      String((await tenant.rowByKey("scope", { resourceId: resource?.["id"], name }))?.["id"]);
    const clerk = await plane.application();
    const clerkRole = await plane.role({ scopeIds: [await scope("secret:write"), await scope("application:write")] });
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId: clerk.id, roleIds: [clerkRole] });
    const { id } = await plane.application();
    const roleIds = [red.ids.get("role steward") ?? ""];
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId: id, roleIds });
    const secret = { id: (await only(id)).id };
    const refusals = {
      "applicationSecret.rotateApplicationSecret": secret,
      "applicationSecret.updateApplicationSecret": { applicationSecret: { ...secret, name: "N" } },
      "applicationSecret.deleteApplicationSecret": secret,
      "applicationSecret.deleteLegacySecret": { applicationId: id },
      "application.updateApplicationCustomData": { id, customData: {} },
      "application.deleteApplication": { id },
    } as const;
    for (const [method, request] of Object.entries(refusals)) {
      const as = { basic: [clerk.id, clerk.defaultSecret] as [string, string] };
      const outcome = await door.call(plane.world, method as keyof typeof refusals, request, as);
      expect({ method, kind: refused(outcome).kind }).toEqual({ method, kind: "denied" });
    }
    expect(await only(id)).toMatchObject({ name: "Default", revision: 1 });
  });

  it("tells when it was used last", async () => {
    const { id, defaultSecret } = await plane.application();
    expect((await only(id))["lastUseTime"]).toBeUndefined();
    await opens(door, id, defaultSecret);
    await expect.poll(async () => (await only(id))["lastUseTime"]).toBeDefined();
  });
});
