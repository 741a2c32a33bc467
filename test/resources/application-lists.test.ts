// Lists of applications through both doors: filters, exclusions, and the organizations of one.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody } from "../support/administered.ts";
import { doors, grpcDoor } from "../support/door.ts";

let plane: Administered;
let machines: string[] = [];
let pages: string[] = [];
let projectId = "";
let [roleId, organizationId, ownerId] = ["", "", ""];

beforeAll(async () => {
  plane = await createAdministered();
  const { ids } = plane.world.red;
  organizationId = ids.get("organization north") ?? "";
  projectId = String((await plane.ok(grpcDoor, "project.createProject", { project: { name: "List" } }))["id"]);
  machines = await several({}, {}, {});
  pages = await several({ type: "APPLICATION_TYPE_SPA", thirdParty: true }, { type: "APPLICATION_TYPE_SPA" });
  roleId = await plane.role();
  const [first = "", second = ""] = machines;
  await plane.ok(grpcDoor, "applicationRole.assignApplicationRoles", { applicationId: first, roleIds: [roleId] });
  const organizationRole = { name: "Reader", type: "ROLE_TYPE_MACHINE" };
  const role = await plane.ok(grpcDoor, "organizationRole.createOrganizationRole", { organizationRole });
  ownerId = String(role["id"]);
  const organizationApplication = { organizationId, applicationId: second, organizationRoleIds: [ownerId] };
  await plane.ok(grpcDoor, "organization.createOrganizationApplication", { organizationApplication });
});
afterAll(() => plane.close());

const several = async (...facts: JsonObject[]) => {
  const made: string[] = [];
  for (const each of facts) made.push((await plane.application({ ...each, projectId })).id);
  return made;
};
const idsIn = (answer: JsonObject) => (answer["applications"] as { id: string }[]).map(({ id }) => id);

describe.each(doors)("over $name, ListApplications", (door) => {
  const list = async (request: JsonObject) =>
    idsIn(await plane.ok(door, "application.listApplications", { projectId, ...request }));

  it("lists those of one project in order of birth", async () => {
    expect(await list({})).toEqual([...machines, ...pages]);
  });

  it("filters by types, and by whose they are", async () => {
    expect(await list({ types: ["APPLICATION_TYPE_SPA"] })).toEqual(pages);
    const both = ["APPLICATION_TYPE_SPA", "APPLICATION_TYPE_MACHINE_TO_MACHINE"];
    expect(await list({ types: both })).toEqual([...machines, ...pages]);
    expect(await list({ types: ["APPLICATION_TYPE_NATIVE"] })).toEqual([]);
    expect(await list({ thirdParty: true })).toEqual(pages.slice(0, 1));
    expect(await list({ thirdParty: false })).toEqual([...machines, ...pages.slice(1)]);
    expect(await list({ thirdParty: false, types: ["APPLICATION_TYPE_SPA"] })).toEqual(pages.slice(1));
  });

  it("counts what it filters", async () => {
    const total = async (request: JsonObject) =>
      (await plane.ok(door, "application.listApplications", { projectId, count: true, pageSize: 1, ...request }))[
        "totalSize"
      ];
    expect(await total({})).toBe(5);
    expect(await total({ types: ["APPLICATION_TYPE_SPA"] })).toBe(2);
    expect(await total({ excludeRoleId: roleId })).toBe(4);
  });

  it("leaves out those that hold a role, or belong to an organization", async () => {
    const [first, second, third] = machines;
    expect(await list({ excludeRoleId: roleId })).toEqual([second, third, ...pages]);
    expect(await list({ excludeOrganizationId: organizationId })).toEqual([first, third, ...pages]);
  });

  it("goes through filtered pages without loss or repetition", async () => {
    const found: string[] = [];
    let pageToken = "";
    do {
      const request = { projectId, excludeRoleId: roleId, pageSize: 1, pageToken };
      const page = await plane.ok(door, "application.listApplications", request);
      found.push(...idsIn(page));
      pageToken = String(page["nextPageToken"]);
    } while (pageToken !== "");
    expect(found).toEqual([...machines.slice(1), ...pages]);
  });

  it("refuses two exclusions at once, and the token of another query", async () => {
    const both = { excludeRoleId: roleId, excludeOrganizationId: organizationId };
    expect(await plane.refusal(door, "application.listApplications", both)).toMatchObject({ kind: "invalid" });
    const { nextPageToken } = await plane.ok(door, "application.listApplications", { projectId, pageSize: 1 });
    const other = { pageSize: 1, pageToken: String(nextPageToken), projectId, thirdParty: true };
    expect(await plane.refusal(door, "application.listApplications", other)).toMatchObject({
      kind: "invalid",
      fields: ["page_token"],
    });
  });

  it.each([0, 101])("refuses a page of %i", async (pageSize) => {
    const refusal = await plane.refusal(door, "application.listApplications", { pageSize });
    expect(refusal).toMatchObject({ kind: "invalid", fields: ["page_size"] });
  });

  it.each(["projectId", "excludeRoleId", "excludeOrganizationId"])("knows no %s of another tenant", async (field) => {
    const { blue } = plane.world;
    const foreign = {
      projectId: "project main",
      excludeRoleId: "role reader",
      excludeOrganizationId: "organization north",
    };
    const label = foreign[field as keyof typeof foreign];
    for (const id of [nobody, blue.ids.get(label) ?? ""]) {
      const refusal = await plane.refusal(door, "application.listApplications", { [field]: id });
      expect(refusal).toMatchObject({ kind: "notFound" });
    }
  });
});

describe.each(doors)("over $name, ListApplicationOrganizations", (door) => {
  const list = (applicationId: string, page: JsonObject = {}) =>
    plane.ok(door, "application.listApplicationOrganizations", { applicationId, ...page });

  it("answers the organizations with the roles there", async () => {
    const { organizations } = await list(machines[1] ?? "");
    expect(organizations).toMatchObject([
      { organization: { id: organizationId, name: "north" }, organizationRoles: [{ id: ownerId, name: "Reader" }] },
    ]);
  });

  it("answers nothing for one that belongs to none, and pages for one that belongs to several", async () => {
    expect((await list(machines[0] ?? ""))["organizations"]).toEqual([]);
    const south = plane.world.red.ids.get("organization south") ?? "";
    const { id: applicationId } = await plane.application();
    for (const each of [south, organizationId]) {
      const organizationApplication = { organizationId: each, applicationId };
      await plane.ok(door, "organization.createOrganizationApplication", { organizationApplication });
    }
    const first = await list(applicationId, { pageSize: 1 });
    expect(first["organizations"]).toMatchObject([{ organization: { name: "south" }, organizationRoles: [] }]);
    const second = await list(applicationId, { pageSize: 1, pageToken: String(first["nextPageToken"]) });
    expect(second["organizations"]).toMatchObject([{ organization: { name: "north" } }]);
    expect(second["nextPageToken"]).toBe("");
  });

  it("knows no application of another tenant", async () => {
    for (const applicationId of [nobody, plane.world.blue.ids.get("application other") ?? ""]) {
      const refusal = await plane.refusal(door, "application.listApplicationOrganizations", { applicationId });
      expect(refusal.kind).toBe("notFound");
    }
  });
});
