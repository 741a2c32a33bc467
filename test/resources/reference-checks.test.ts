// References: what is written has to lead somewhere in this tenant, and what led somewhere once is not shown any more.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApplicationSchema, ApplicationType } from "../../src/gen/tessera/admin/v1/application_pb.ts";
import { GroupSchema } from "../../src/gen/tessera/admin/v1/group_pb.ts";
import { resource } from "../../src/resources/policy/api-resource.ts";
import { application } from "../../src/resources/applications/application.ts";
import { group, groupMember } from "../../src/resources/policy/group.ts";
import { operating } from "../../src/resources/index.ts";
import { pageOf } from "../../src/resources/listing.ts";
import { createResource, deleteResource, getResource, updateResource } from "../../src/resources/resource.ts";
import type { Acting } from "../../src/resources/resource-type.ts";
import { role } from "../../src/resources/policy/role.ts";
import { scope } from "../../src/resources/policy/scope.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const nobody = "0".repeat(21);
let instance: Instance;
let [here, there]: [Acting, Acting] = [undefined as never, undefined as never];
let made = 0;
const fresh = (word: string) => `${word} ${(made += 1)}`;

beforeAll(async () => {
  instance = await openInstance(afterAll);
  for (const name of ["north", "south"]) {
    await instance.apply({ tenant: { name }, projects: [{ name: "Main", isDefault: true }] });
  }
  const now = 1_800_000_000_000;
  const actingIn = async (name: string) =>
    operating({ tenantId: await instance.tenantId(name), now, requestId: nobody });
  [here, there] = [await actingIn("north"), await actingIn("south")];
});

const makeRole = async (acting = here) =>
  (await createResource(instance.parts, role, acting, { name: fresh("Role") })).id;
const makeGroup = (roleIds: string[]) => createResource(instance.parts, group, here, { name: fresh("Group"), roleIds });

describe("what is written", () => {
  it("N6-11: names its field and place where it leads nowhere, another tenant's like a random one", async () => {
    const [own, theirs] = [await makeRole(), await makeRole(there)];
    const refusals = await Promise.all([theirs, nobody].map((id) => refusalOf(makeGroup([own, id]))));
    expect(refusals[0]).toEqual(refusals[1]);
    expect(refusals[0]).toMatchObject({ kind: "invalid", violations: [{ field: "role_ids[1]" }] });
    expect(JSON.stringify(refusals)).not.toMatch(new RegExp(`${theirs}|${nobody}`));
  });

  it("names all that lead nowhere at once", async () => {
    const own = await makeRole();
    const { violations } = await refusalOf(makeGroup([nobody, own, "1".repeat(21)]));
    expect(violations.map(({ field }) => field)).toEqual(["role_ids[0]", "role_ids[2]"]);
  });

  it("N6-11: is not found where its owner is not, another tenant's like a random one", async () => {
    const { id: theirs } = await createResource(instance.parts, group, there, { name: fresh("Group") });
    const ask = (groupId: string) =>
      refusalOf(createResource(instance.parts, groupMember, here, { groupId, userId: nobody }));
    expect(await ask(theirs)).toEqual(await ask(nobody));
    expect(await ask(nobody)).toMatchObject({ kind: "notFound", violations: [] });
  });

  it("is checked in an update too, which then changes nothing", async () => {
    const { id } = await makeGroup([await makeRole()]);
    const change = create(GroupSchema, { roleIds: [nobody] });
    const refused = await refusalOf(updateResource(instance.parts, group, here, { id, change }));
    expect(refused).toMatchObject({ kind: "invalid", violations: [{ field: "role_ids[0]" }] });
    expect(await getResource(instance.parts, group, here, id)).toMatchObject({ revision: 1 });
  });
});

describe("what led to something that was deleted", () => {
  async function dangling() {
    const { parts } = instance;
    const [gone, stays] = [await makeRole(), await makeRole()];
    const { id } = await makeGroup([gone, stays]);
    await deleteResource(parts, role, here, gone);
    return { id, gone, stays };
  }

  it("is not shown, neither alone nor in a list", async () => {
    const { id, gone, stays } = await dangling();
    expect((await getResource(instance.parts, group, here, id)).roleIds).toEqual([stays]);
    const { items } = await pageOf(instance.parts, group, here, { pageSize: 100 });
    expect(items.find((item) => item.id === id)?.roleIds).toEqual([stays]);
    expect(items.flatMap(({ roleIds }) => roleIds)).not.toContain(gone);
  });

  it("stands in the way of no update, which takes it out of the row for good", async () => {
    const { id, stays } = await dangling();
    const change = create(GroupSchema, { description: "new" });
    const updated = await updateResource(instance.parts, group, here, { id, change });
    expect(updated).toMatchObject({ description: "new", roleIds: [stays], revision: 2 });
    const row = await instance.parts.store.tenant(here.tenantId).row("group", id);
    expect(row).toMatchObject({ roleIds: [stays] });
  });

  it("cannot be written again", async () => {
    const { id, gone } = await dangling();
    const change = create(GroupSchema, { roleIds: [gone] });
    expect(await refusalOf(updateResource(instance.parts, group, here, { id, change }))).toMatchObject({
      kind: "invalid",
    });
  });

  it("in a field of its own is shown as empty, and an update still works", async () => {
    const { parts } = instance;
    const indicator = `https://${(made += 1)}.test`;
    const { id: resourceId } = await createResource(parts, resource, here, { name: fresh("API"), indicator });
    const init = {
      name: fresh("Web"),
      type: ApplicationType.SPA,
      defaultResourceId: resourceId,
      resourceIds: [resourceId],
    };
    const { id } = await createResource(parts, application, here, init);
    await parts.store.write("deleteRow", { ...deletion(resourceId), type: "resource" });
    expect(await getResource(parts, application, here, id)).toMatchObject({ defaultResourceId: "", resourceIds: [] });
    const change = create(ApplicationSchema, { description: "new" });
    expect(await updateResource(parts, application, here, { id, change })).toMatchObject({ description: "new" });
  });

  it("goes with its owner where it belongs to it", async () => {
    const { parts } = instance;
    const indicator = `https://${(made += 1)}.test`;
    const { id: resourceId } = await createResource(parts, resource, here, { name: fresh("API"), indicator });
    const { id } = await createResource(parts, scope, here, { resourceId, name: "read" });
    const { id: holder } = await createResource(parts, role, here, { name: fresh("Role"), scopeIds: [id] });
    await parts.store.write("deleteRow", { ...deletion(resourceId), type: "resource" });
    expect(await refusalOf(getResource(parts, scope, here, id))).toMatchObject({ kind: "notFound" });
    expect((await getResource(parts, role, here, holder)).scopeIds).toEqual([]);
  });
});

const deletion = (id: string) => ({
  tenantId: here.tenantId,
  id,
  audit: here.event({ event: "resource.deleted", subject: id }),
});
