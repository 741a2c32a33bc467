// Applications through both doors: their custom data, their end, and what is said of one that administers.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, refused } from "../support/administered.ts";
import { doors } from "../support/door.ts";

let plane: Administered;
beforeAll(async () => {
  plane = await createAdministered();
});
afterAll(() => plane.close());

describe.each(doors)("over $name, UpdateApplicationCustomData", (door) => {
  const merge = (id: string, customData: JsonObject) => ({ id, customData });

  it("merges top-level keys, removes those that are null, and leaves the inside of the others alone", async () => {
    const { id } = await plane.application({ customData: { a: { x: 1 }, b: 2, c: 3 } });
    const change = merge(id, { a: { y: 1 }, b: null, d: { z: null } });
    const merged = await plane.ok(door, "application.updateApplicationCustomData", change);
    expect(merged).toMatchObject({ revision: 2 });
    expect(merged["customData"]).toEqual({ a: { y: 1 }, c: 3, d: { z: null } });
  });

  it("refuses what would grow beyond 16 KiB, and an unknown application", async () => {
    const { id } = await plane.application({ customData: { a: "x".repeat(10_000) } });
    const change = merge(id, { b: "x".repeat(10_000) });
    const refusal = await plane.refusal(door, "application.updateApplicationCustomData", change);
    expect(refusal).toMatchObject({ kind: "invalid", fields: ["custom_data"] });
    const unknown = await plane.refusal(door, "application.updateApplicationCustomData", merge(nobody, {}));
    expect(unknown.kind).toBe("notFound");
  });

  it("loses none of three merges at a time", async () => {
    const { id } = await plane.application();
    const merges = ["a", "b", "c"].map((key) => merge(id, { [key]: 1 }));
    await Promise.all(merges.map((each) => plane.ok(door, "application.updateApplicationCustomData", each)));
    const { customData } = await plane.ok(door, "application.getApplication", { id });
    expect(customData).toEqual({ a: 1, b: 1, c: 1 });
  });
});

describe.each(doors)("over $name, GetApplication and DeleteApplication", (door) => {
  it("say what is there no more, or never was, the same way", async () => {
    const { id } = await plane.application();
    await plane.ok(door, "application.deleteApplication", { id });
    for (const gone of [id, nobody, plane.world.blue.ids.get("application backend") ?? ""]) {
      expect((await plane.refusal(door, "application.getApplication", { id: gone })).kind).toBe("notFound");
      expect((await plane.refusal(door, "application.deleteApplication", { id: gone })).kind).toBe("notFound");
    }
  });

  it("end the application's access at once", async () => {
    const { id, defaultSecret } = await plane.application();
    const basic: [string, string] = [id, defaultSecret];
    const exchange = async () =>
      refused(await door.call(plane.world, "exchange", { access_token: "x" }, { basic })).kind;
    expect(await exchange()).toBe("badToken");
    await plane.ok(door, "application.deleteApplication", { id });
    expect(await exchange()).toBe("unauthenticated");
  });

  it("tell an application that holds a management permission, while it does", async () => {
    const shown = async (id: string) => (await plane.ok(door, "application.getApplication", { id }))["isAdmin"];
    const { id } = await plane.application();
    const inspector = plane.world.red.ids.get("role inspector") ?? "";
    expect(await shown(id)).toBe(false);
    await plane.ok(door, "applicationRole.assignApplicationRoles", {
      applicationId: id,
      roleIds: [await plane.role()],
    });
    expect(await shown(id)).toBe(false);
    await plane.ok(door, "applicationRole.assignApplicationRoles", { applicationId: id, roleIds: [inspector] });
    expect(await shown(id)).toBe(true);
    await plane.ok(door, "applicationRole.removeApplicationRole", { applicationId: id, roleId: inspector });
    expect(await shown(id)).toBe(false);
  });
});
